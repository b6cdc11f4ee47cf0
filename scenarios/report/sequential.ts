/**
 * Sequential comparison of two arms: looks after some of the training seeds, and a stop once the comparison is decided. What is
 * independent are seeds, not the scenes within one, so an observation is one number a seed: the paired difference of success over
 * its scenes. A repeated Student test whose looks share one error of 5 % (error spending: K. Lan and D. DeMets, 1983) decides that the
 * arms differ; its boundary at a look also gives an interval that is valid whenever one stops (repeated confidence interval: C.
 * Jennison and B. Turnbull, 1989). Stopping for any other reason only lowers that error. Exact for normal seeds; what is not normal
 * about binary scenes the least standard error covers. It does not know of rare disasters: an arm that loses 30 points in one seed
 * of seven and is even without them will be called ahead too often, as by any test of a mean of ten. `tests/bench/sequential.ts`
 * measures all of this.
 */
import { errorFunction, mean, sampleVariance, sum } from 'simple-statistics';
import { type Tally, tallyRate } from './bootstrap-intervals.ts';
import { type StudentTest, studentTest } from './student-boundaries.ts';

/** One training seed of two arms. */
export interface SeedDifference {
  /** Success of one minus that of the other over the seed's scenes, -1..1. */
  readonly difference: number;
  /** Sampling variance of that number for these scenes, the training runs as they are. */
  readonly variance: number;
}

/**
 * One training seed of two arms on the same scenes. The variance is that of matched pairs with half a scene added to each of the four
 * outcomes (A. Agresti and Y. Min, 2005): never 0, however alike a few scenes are.
 * @param a one scene an item, as `b`.
 */
export function seedDifference(a: Tally, b: Tally): SeedDifference {
  const each = a.held.flatMap((held, i) => (a.tried[i] > 0 && b.tried[i] > 0 ? [held - b.held[i]] : []));
  const smoothed = each.length + 2;
  const squares = sum(each.map((e) => e * e)) + 1;
  return {
    difference: tallyRate(a) - tallyRate(b),
    variance: (squares - sum(each) ** 2 / smoothed) / smoothed ** 2,
  };
}

/** Why a comparison ends: the arms differ; by no more than the margin; no more to be learned; all seeds were played. */
type Stop = 'different' | 'equal' | 'hopeless' | 'end';

/** A comparison as it is seen at a look. */
export interface Look {
  /** Seeds of each arm. */
  readonly seeds: number;
  readonly difference: number;
  /** Covers the true difference at all looks of 95 % of comparisons. */
  readonly low: number;
  readonly high: number;
  /** Undefined while further seeds are to be played. */
  readonly stop?: Stop;
}

/** Over all looks, two-sided. */
export const ERROR = 0.05;
/** Error spent up to a share t of the seeds: ERROR t^2 (K. Kim and D. DeMets, 1987), little while the spread is hardly known. */
const spent = (share: number): number => ERROR * share ** 2;
/** Looks after these shares of the seeds, rounded up. */
const SHARES = [0.3, 0.5, 0.7, 1];
/** With fewer seeds no variance can be told. */
export const FEWEST_SEEDS = 3;
/** A difference that is worth no further seeds: about what ten seeds of 100 scenes can show. */
export const MARGIN = 0.05;
/** Chance of a decision below which there is no hope. */
const HOPE = 0.05;

/** Looks of a comparison of so many seeds, at least {@link FEWEST_SEEDS}. */
export const looksOf = (seeds: number): number[] => [
  ...new Set(SHARES.map((share) => Math.min(seeds, Math.max(FEWEST_SEEDS, Math.ceil(share * seeds))))),
];

const designs = new Map<number, StudentTest>();

/** The test of a comparison that has so many seeds at most. @throws RangeError with fewer than {@link FEWEST_SEEDS}. */
export function sequentialTest(seeds: number): StudentTest {
  if (!(seeds >= FEWEST_SEEDS))
    throw new RangeError(`sequentialTest: expected at least ${FEWEST_SEEDS} seeds, got ${seeds}`);
  const known = designs.get(seeds);
  if (known) return known;
  const looks = looksOf(seeds);
  const test = studentTest(
    looks,
    looks.map((look) => spent(look / seeds)),
  );
  designs.set(seeds, test);
  return test;
}

/**
 * The last look that there is: the one that stopped the comparison, or the latest so far.
 * @param observed in the order of the seeds; those behind the look that stops are not looked at.
 * @param planned  seeds at most.
 * @returns undefined before the first look.
 */
export function lastLook(observed: readonly SeedDifference[], planned: number): Look | undefined {
  const test = sequentialTest(planned);
  let latest: Look | undefined;
  for (const [k, seeds] of test.looks.entries()) {
    if (seeds > observed.length || latest?.stop) break;
    latest = lookAt(test, k, observed.slice(0, seeds));
  }
  return latest;
}

function lookAt({ looks, bounds }: StudentTest, k: number, observed: readonly SeedDifference[]): Look {
  const seeds = observed.length;
  const planned = looks[looks.length - 1];
  const difference = mean(observed.map((each) => each.difference));
  const error = standardError(observed);
  const look = { seeds, difference, low: difference - bounds[k] * error, high: difference + bounds[k] * error };
  // nothing differed anywhere: no reason to believe in an interval of no width
  const known = error > 0;
  if (known && (look.low > 0 || look.high < 0)) return { ...look, stop: 'different' };
  if (known && look.low > -MARGIN && look.high < MARGIN) return { ...look, stop: 'equal' };
  if (seeds === planned) return { ...look, stop: 'end' };
  // few seeds hardly know their spread: it counts as hopeless only if it were with a small one, too
  const spread = Math.sqrt(seeds) * standardError(observed, spreadShare(seeds));
  const chance = (future: number): number => chanceToDecide({ seeds, planned, difference, spread, future }, bounds);
  return Math.max(...[-MARGIN, difference, MARGIN].map(chance)) < HOPE ? { ...look, stop: 'hopeless' } : look;
}

/**
 * Standard error of the mean difference. Seeds that happen to agree do not know more than their scenes do, so that is the least:
 * a few coarse numbers can be all the same.
 * @param share of the variance between the seeds that counts.
 */
function standardError(observed: readonly SeedDifference[], share = 1): number {
  const [between, within] = [sampleVariance(observed.map((d) => d.difference)), mean(observed.map((d) => d.variance))];
  return Math.sqrt(Math.max(share * between, within) / observed.length);
}

/** Share of a sample variance that the true one is above nine times in ten: chi-squared, by E. Wilson and M. Hilferty, 1931. */
function spreadShare(seeds: number): number {
  const part = 2 / (9 * (seeds - 1));
  return (1 - part + 1.2816 * Math.sqrt(part)) ** -3;
}

/**
 * Conditional power (K. Lan, R. Simon and M. Halperin, 1982): the chance that the last look shows a difference if every further
 * seed's is `future` on average, as of a normal limit.
 */
function chanceToDecide(
  {
    seeds,
    planned,
    difference,
    spread,
    future,
  }: Record<'seeds' | 'planned' | 'difference' | 'spread' | 'future', number>,
  bounds: readonly number[],
): number {
  if (spread === 0) return 1;
  const left = planned - seeds;
  const needed = bounds[bounds.length - 1] * spread * Math.sqrt(planned);
  const [expected, deviation] = [seeds * difference + left * future, spread * Math.sqrt(left)];
  const below = (value: number): number => (1 + errorFunction((value - expected) / deviation / Math.SQRT2)) / 2;
  return 1 - below(needed) + below(-needed);
}
