/** Simulated seeds of two arms: what a paired benchmark could see of a true difference. */
import { mean } from 'simple-statistics';
import { type SeedDifference, seedDifference } from '../../scenarios/report/sequential.ts';
import type { Rng } from '../../sim/math/rng.ts';

/** Draws the seeds of one benchmark. @param truth the true difference. */
export type SeedSource = (rng: Rng, seeds: number, truth: number) => SeedDifference[];

/** Standard deviation of a seed's difference: of training runs, and of the scenes that one is judged on. As published ones have. */
const [RUNS, SCENES] = [0.03, 0.04];

/** Seeds that are drawn one by one. @param deviation of a training run from the truth. */
const independent =
  (deviation: (rng: Rng) => number, scenes = SCENES): SeedSource =>
  (rng, seeds, truth) =>
    Array.from({ length: seeds }, () => ({
      difference: truth + deviation(rng) + scenes * rng.normal(),
      variance: scenes ** 2,
    }));

/** Student's t with three degrees of freedom. */
const heavy = (rng: Rng): number =>
  rng.normal() / Math.sqrt((rng.normal() ** 2 + rng.normal() ** 2 + rng.normal() ** 2) / 3);

/** One arm loses some points in one seed of seven, and makes up for it in the others. */
const collapsing =
  (loss: number) =>
  (rng: Rng): number =>
    loss * (1 / 7 - Number(rng.next() < 1 / 7));

/**
 * Scenes of which some are easy and some are hard, the same for both arms, each arm with an ability of its own for each training
 * seed: binary outcomes, so the numbers are coarse.
 */
const onScenes =
  ({ scenes, rate, spread }: { scenes: number; rate: number; spread: number }): SeedSource =>
  (rng, seeds, truth) => {
    const ability = (of: number): number => Math.min(Math.max(of + spread * rng.normal(), 0), 1);
    return Array.from({ length: seeds }, () => {
      const [a, b] = [ability(rate), ability(rate - truth)];
      const held: [number[], number[]] = [[], []];
      for (let scene = 0; scene < scenes; scene++) {
        // half of the luck is the scene's
        const hardness = rng.next();
        const luck = (): number => (rng.next() < 0.5 ? hardness : rng.next());
        held[0].push(Number(luck() < a));
        held[1].push(Number(luck() < b));
      }
      const tried = held[0].map(() => 1);
      return seedDifference({ held: held[0], tried }, { held: held[1], tried });
    });
  };

/** Kinds of benchmarks whose true difference is known. */
export const SOURCES: Readonly<Record<string, SeedSource>> = {
  'normal, scenes without number': independent((rng) => (RUNS + SCENES) * rng.normal(), 0),
  normal: independent((rng) => RUNS * rng.normal()),
  'heavy tails': independent((rng) => RUNS * heavy(rng)),
  uniform: independent((rng) => 2 * RUNS * rng.range(-1, 1)),
  'one seed of seven loses 15 points': independent(collapsing(0.15)),
  '50 scenes, 97 % held, no seed effect': onScenes({ scenes: 50, rate: 0.97, spread: 0 }),
  '60 scenes, 85 % held': onScenes({ scenes: 60, rate: 0.85, spread: 0.03 }),
  '100 scenes, 85 % held': onScenes({ scenes: 100, rate: 0.85, spread: 0.03 }),
  '150 scenes, 50 % held, much seed effect': onScenes({ scenes: 150, rate: 0.5, spread: 0.08 }),
};

/**
 * Seeds as some comparison had them: each benchmark draws a comparison, and then its seeds, with replacement, around their mean,
 * stretched by what a mean of so few takes away.
 */
export const resampled =
  (comparisons: readonly (readonly SeedDifference[])[]): SeedSource =>
  (rng, seeds, truth) => {
    const some = rng.pick(comparisons);
    const centre = mean(some.map((s) => s.difference));
    const stretch = Math.sqrt(some.length / (some.length - 1));
    return Array.from({ length: seeds }, () => {
      const { difference, variance } = rng.pick(some);
      return { difference: truth + stretch * (difference - centre), variance };
    });
  };

/** What the test does not promise: seeds that are hardly ever, and then badly, away from the others. */
export const DISASTER = independent(collapsing(0.3));
