/** Sequential benchmark: which units are wanted next, by what the results so far have decided against training from scratch. */
import { InputError } from '../../load.ts';
import type { BenchSequential, BenchStop, BenchTarget } from '../../report/bench/data.ts';
import { stopText } from '../../report/bench/sequential.ts';
import {
  FEWEST_SEEDS,
  lastLook,
  type SeedDifference,
  seedDifference,
  sequentialTest,
} from '../../report/sequential.ts';
import { negated } from '../../report/words.ts';
import type { Results } from '../experiment.ts';
import { learnsHere, type Setting, settingKey, type Unit } from './plan.ts';
import type { RawResult } from './raw.ts';
import { type ArmResults, pairedTallies } from './report/results.ts';
import type { Plan } from './result.ts';
import type { TransferRequest } from './transfer.ts';

/** What every comparison is with. */
const REFERENCE = 'scratch';

/** After how many trials it is decided; undefined: the most. */
export interface SequentialOptions {
  readonly after: number | undefined;
}

/** What is decided of a benchmark, and what is to be measured next. */
export interface Decided {
  readonly stops: readonly BenchStop[];
  /** In the order of the plan: units up to the next look of every open comparison; those that were played, too. */
  readonly wanted: readonly Unit[];
}

/** The part of a plan that decisions need. */
type Planned = Pick<Plan, 'units' | 'settings'>;
type Found = Pick<Results<Unit, RawResult>, 'of'>;

/**
 * What a command line asks for; undefined if it is no sequential benchmark.
 * @throws InputError if its arms cannot be compared, or others measure what decides.
 */
export function sequentialOf(
  { sequential, part }: Pick<TransferRequest, 'sequential' | 'part'>,
  { units, settings }: Planned,
): SequentialOptions | undefined {
  if (sequential === undefined) return undefined;
  if (part)
    throw new InputError(
      '--sequential: expected no --part beside it, for a part cannot know what the others decide, got both; several machines can share it by --queue',
    );
  const after = sequential === true ? undefined : sequential;
  for (const [key, { size }] of settings) {
    if (after !== undefined && !size.budgets.includes(after))
      throw new InputError(
        `--sequential: expected one of ${size.budgets.join(', ')} trials, which ${key} is evaluated after, got ${after}`,
      );
  }
  const pairs = pairsOf({ units, settings });
  if (pairs.some(({ planned }) => planned >= FEWEST_SEEDS)) return { after };
  throw new InputError(
    `--sequential: expected ${REFERENCE}, another arm that learns and at least ${FEWEST_SEEDS} seeds of both on some target, got none`,
  );
}

/** An arm that is compared with scratch on a target, and the seeds that both are to have. */
interface Pair {
  readonly target: Unit['target'];
  readonly arm: string;
  readonly planned: number;
}

const seedsOf = (units: readonly Unit[], target: string, arm: string): number =>
  units.filter((unit) => unit.target === target && unit.arm === arm).length;

/** What learns, or is what learning begins with: heuristics and oracles are cheap, and no rival of scratch. */
const isCompared = ({ entry }: Setting): boolean => learnsHere(entry) || entry.kind === 'untrained';

function pairsOf({ units, settings }: Planned): Pair[] {
  const arms = new Map(units.map((unit) => [settingKey(unit.target, unit.arm), unit]));
  return [...arms].flatMap(([key, { target, arm }]) => {
    const planned = Math.min(seedsOf(units, target, arm), seedsOf(units, target, REFERENCE));
    return arm !== REFERENCE && planned > 0 && isCompared(settings.get(key)!) ? [{ target, arm, planned }] : [];
  });
}

/** The state of every comparison, and what that leaves to be played. Depends on the results alone, not on who measured them when. */
export function decidedBy(plan: Planned, results: Found, { after }: SequentialOptions): Decided {
  const stops: BenchStop[] = [];
  /** Seeds that are wanted, by target and arm. */
  const wanted = new Map<string, number>();
  const want = (target: string, arm: string, seeds: number): void => {
    const key = settingKey(target, arm);
    wanted.set(key, Math.max(wanted.get(key) ?? 0, seeds));
  };
  for (const { target, arm, planned, trials, observed } of observedPairs(plan, results, { after })) {
    const { looks } = planned < FEWEST_SEEDS ? { looks: [planned] } : sequentialTest(planned);
    const look = planned < FEWEST_SEEDS ? undefined : lastLook(observed, planned);
    const next = look?.stop ? look.seeds : looks.find((n) => n > (look?.seeds ?? 0))!;
    want(target, arm, next);
    want(target, REFERENCE, next);
    if (look) stops.push({ target, a: arm, b: REFERENCE, planned, trials, ...look });
  }
  return {
    stops,
    wanted: plan.units.filter(({ target, arm, seed }) => {
      const own = wanted.get(settingKey(target, arm));
      // what is compared with nothing goes along with scratch
      return seed < (own ?? wanted.get(settingKey(target, REFERENCE)) ?? Number.POSITIVE_INFINITY);
    }),
  };
}

/** A comparison with scratch, and what was seen of it. */
interface ObservedPair extends Pair {
  readonly trials: number;
  /** In the order of the seeds. */
  readonly observed: readonly SeedDifference[];
}

/** Every comparison with scratch, as far as it was measured. */
export const observedPairs = (plan: Planned, results: Found, options: SequentialOptions): ObservedPair[] =>
  pairsOf(plan).map((pair) => ({ ...pair, ...observedSeeds(plan, results, { ...pair, ...options }) }));

/** A pair's seeds from the first one on, as far as both arms have all of them. */
function observedSeeds(
  { units, settings }: Planned,
  results: Found,
  { target, arm, after }: Pick<Pair, 'target' | 'arm'> & SequentialOptions,
): { observed: SeedDifference[]; trials: number } {
  const of = (name: string): RawResult[] => {
    const found = units.filter((u) => u.target === target && u.arm === name).map((u) => results.of(u));
    const gap = found.indexOf(undefined);
    return (gap < 0 ? found : found.slice(0, gap)) as RawResult[];
  };
  const [a, b] = [of(arm), of(REFERENCE)];
  const shared = Math.min(a.length, b.length);
  const side = (name: string, all: readonly RawResult[]): ArmResults => ({
    arm: name,
    setting: settings.get(settingKey(target, name))!,
    results: all.slice(0, shared),
  });
  const { trials, arms } = pairedTallies(side(arm, a), side(REFERENCE, b));
  const at = after === undefined ? trials.length - 1 : trials.indexOf(after);
  const [x, y] = arms;
  return { observed: x.map((points, s) => seedDifference(points[at], y[s][at])), trials: trials[at] };
}

/** What the report says of it. */
export function sequentialReport(plan: Plan, results: Found): BenchSequential | undefined {
  if (!plan.sequential) return undefined;
  const { stops, wanted } = decidedBy(plan, results, plan.sequential);
  return { comparisons: stops, planned: plan.units.length, spared: plan.units.length - wanted.length };
}

/** A target whose differences from scratch, where one stopped by them, have the intervals that know of the looks. */
export function withStops(target: BenchTarget, sequential: BenchSequential | undefined): BenchTarget {
  if (!sequential) return target;
  const stops = sequential.comparisons.filter((stop) => stop.target === target.name);
  const comparisons = target.comparisons.map((comparison) => {
    const { a, b, seeds, differences } = comparison;
    const own = stops.find((stop) => stop.a === a && stop.b === b && stop.seeds === seeds);
    const other = stops.find((stop) => stop.a === b && stop.b === a && stop.seeds === seeds);
    const look = own ?? (other && { ...other, ...negated(other) });
    if (!look) return comparison;
    const { trials, difference, low, high } = look;
    return {
      ...comparison,
      differences: differences.map((d) => (d.trials === trials ? { trials, difference, low, high } : d)),
    };
  });
  return { ...target, comparisons };
}

/** Tells each decision once. @returns what takes the decisions so far. */
export function tellingStops(tell: (text: string) => void): (stops: readonly BenchStop[]) => void {
  const told = new Set<string>();
  return (stops) => {
    for (const stop of stops) {
      const key = settingKey(stop.target, stop.a);
      if (stop.stop && !told.has(key)) tell(`${stop.target}: ${stopText(stop)}`);
      if (stop.stop) told.add(key);
    }
  };
}
