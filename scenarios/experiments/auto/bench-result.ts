import { z } from 'zod';
import { rngStream } from '../../../sim/math/rng.ts';
import { scoreOverSeeds } from '../../report/bootstrap-intervals.ts';

/** The name of what the search chose, among the fixed choices. */
export const AUTO = 'auto';

/** Form of a stored result. */
export const autoBenchRun = z.strictObject({
  key: z.string(),
  choice: z.string(),
  seed: z.number().int().min(0),
  /** What the search chose. */
  chosen: z.string().optional(),
  /** Null: the simulation diverged. */
  held: z.array(z.boolean().nullable()),
  trainSeconds: z.number().min(0),
});

/** What one choice reached with one seed; a file each, so that a benchmark goes on where it stopped. */
export type AutoBenchRun = Readonly<z.infer<typeof autoBenchRun>>;

/** A mean and its 95 % interval. */
interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The machine-readable result of `graft bench auto`. Rates 0..1; `lead` is automated minus this, on the same scenes. */
export interface AutoBenchJson {
  readonly scenario: string;
  readonly budget: number;
  readonly seeds: number;
  readonly evaluation: number;
  readonly auto: { readonly rate: Estimate; readonly chosen: readonly string[]; readonly trainSeconds: number };
  /** Every backbone as its card reads it, with every technique; best first. */
  readonly fixed: readonly {
    readonly choice: string;
    readonly rate: Estimate;
    readonly lead: Estimate;
    readonly trainSeconds: number;
  }[];
  /** The best of them, which only hindsight knows. */
  readonly leadOverBest: Estimate;
  /** The mean of them: somebody who picks at random. */
  readonly leadOverAverage: Estimate;
  readonly out: string;
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/**
 * Sums up a finished benchmark.
 * @param asked   what was measured, and where.
 * @param choices the fixed ones.
 * @param runs    of these and of the search, each with every seed, in the order of the seeds.
 */
export function summariseAutoBench(
  asked: Pick<AutoBenchJson, 'scenario' | 'budget' | 'seeds' | 'evaluation' | 'out'>,
  choices: readonly string[],
  runs: readonly AutoBenchRun[],
): AutoBenchJson {
  const of = (choice: string): AutoBenchRun[] => runs.filter((r) => r.choice === choice);
  const estimate = (perSeed: readonly number[][], purpose: string): Estimate =>
    scoreOverSeeds(
      perSeed.filter((s) => s.length > 0),
      mean,
      rngStream(0, `bench-auto/${purpose}`),
    );
  const valid = ({ held }: AutoBenchRun): number[] => held.flatMap((h) => (h === null ? [] : Number(h)));
  // scenes on which some run diverged are left out of the comparisons
  const auto = of(AUTO);
  const whole = auto.map(({ held, seed }) => {
    const all = [held, ...choices.map((c) => of(c)[seed].held)];
    return held.flatMap((_, i) => (all.every((h) => h[i] !== null) ? i : []));
  });
  const lead = (theirs: (seed: number, scene: number) => number, purpose: string): Estimate =>
    estimate(
      auto.map(({ held }, seed) => whole[seed].map((i) => Number(held[i]) - theirs(seed, i))),
      purpose,
    );
  const fixed = choices
    .map((choice) => ({
      choice,
      rate: estimate(of(choice).map(valid), choice),
      lead: lead((seed, i) => Number(of(choice)[seed].held[i]), `lead/${choice}`),
      trainSeconds: mean(of(choice).map((r) => r.trainSeconds)),
    }))
    .sort((a, b) => b.rate.value - a.rate.value);
  return {
    ...{ scenario: asked.scenario, budget: asked.budget, seeds: asked.seeds, evaluation: asked.evaluation },
    auto: {
      rate: estimate(auto.map(valid), AUTO),
      chosen: auto.map((r) => r.chosen!),
      trainSeconds: mean(auto.map((r) => r.trainSeconds)),
    },
    fixed,
    leadOverBest: fixed[0].lead,
    leadOverAverage: lead((seed, i) => mean(choices.map((c) => Number(of(c)[seed].held[i]))), 'average'),
    out: asked.out,
  };
}
