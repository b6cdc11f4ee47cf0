/** Results of the benchmark of automated transfer: stored runs, and their summary. */
import { z } from 'zod';
import { rngStream } from '../../../sim/math/rng.ts';
import { scoreOverSeeds } from '../../report/bootstrap-intervals.ts';
import type { AutoResult, ScoreAgreement } from '../../report/figures/auto.ts';
import { type Interval, kendallTauB } from '../../report/statistics.ts';

/** The name of what the search chose, among the fixed choices. */
export const AUTO = 'auto';

/** Form of a stored result. */
export const autoBenchRun = z.strictObject({
  key: z.string(),
  choice: z.string(),
  seed: z.number().int().min(0),
  /** What the search chose. */
  chosen: z.string().optional(),
  /** What each score said of the choices before anything was learned; of a search. Versions before did not keep it. */
  scores: z.record(z.string(), z.record(z.string(), z.number())).optional(),
  /** Null: the simulation diverged. */
  held: z.array(z.boolean().nullable()),
  trainSeconds: z.number().min(0),
  /** What it was measured with; not part of the key. */
  versions: z.record(z.string(), z.string()).optional(),
});

/** What one choice reached with one seed; a file each, so that a benchmark goes on where it stopped. */
export type AutoBenchRun = Readonly<z.infer<typeof autoBenchRun>>;

/** The machine-readable result of `graft bench auto`. */
export interface AutoBenchJson extends AutoResult {
  /** The best of the fixed choices, which only hindsight knows. */
  readonly leadOverBest: Interval;
  readonly out: string;
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Scores of which less is better. */
const LESS_IS_BETTER = new Set(['probeLoss']);

/** Rank correlation of each score with the outcome, seed by seed; undefined if no search kept its scores. */
function agreementOf(
  searches: readonly AutoBenchRun[],
  rateOf: (choice: string, seed: number) => number | undefined,
): ScoreAgreement | undefined {
  const scored = searches.flatMap(({ scores, seed }) => {
    const choices = Object.entries(scores ?? {}).flatMap(([choice, by]) => {
      const rate = rateOf(choice, seed);
      return rate === undefined ? [] : [{ by, rate }];
    });
    return choices.length > 1 ? [choices] : [];
  });
  if (scored.length === 0) return undefined;
  const names = Object.keys(scored[0][0].by);
  const tauB = (name: string): number | null => {
    const sign = LESS_IS_BETTER.has(name) ? -1 : 1;
    const each = scored.flatMap((choices) => {
      const known = choices.filter(({ by }) => by[name] !== undefined);
      return (
        kendallTauB(
          known.map(({ by }) => sign * by[name]),
          known.map(({ rate }) => rate),
        ) ?? []
      );
    });
    return each.length > 0 ? mean(each) : null;
  };
  return {
    searches: scored.length,
    choices: scored[0].length,
    tauB: Object.fromEntries(names.map((name) => [name, tauB(name)])),
  };
}

/** The choice, of some, that LogME alone would take; undefined if the search kept no scores of them. */
function bestByLogMe({ scores = {} }: AutoBenchRun, choices: readonly string[]): string | undefined {
  const of = (choice: string): number => scores[choice]?.logMe ?? Number.NEGATIVE_INFINITY;
  const [best] = choices.filter((choice) => scores[choice]).sort((a, b) => of(b) - of(a));
  return best;
}

/**
 * Sums up a finished benchmark.
 * @param asked   what was measured, and where.
 * @param preset  the default: what the scenario does where nothing is chosen.
 * @param choices the fixed ones.
 * @param runs    of these and of the search, each with every seed, in the order of the seeds.
 */
export function summariseAutoBench(
  asked: Pick<AutoBenchJson, 'scenario' | 'budget' | 'seeds' | 'evaluation' | 'out'>,
  preset: string,
  choices: readonly string[],
  runs: readonly AutoBenchRun[],
): AutoBenchJson {
  const of = (choice: string): AutoBenchRun[] => runs.filter((r) => r.choice === choice);
  const estimate = (perSeed: readonly number[][], purpose: string): Interval =>
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
  const lead = (theirs: (seed: number, scene: number) => number, purpose: string): Interval =>
    estimate(
      auto.map(({ held }, seed) => whole[seed].map((i) => Number(held[i]) - theirs(seed, i))),
      purpose,
    );
  const over = (choiceOf: (seed: number) => string, purpose: string): Interval =>
    lead((seed, i) => Number(of(choiceOf(seed))[seed].held[i]), purpose);
  const fixed = choices
    .map((choice) => ({
      choice,
      rate: estimate(of(choice).map(valid), choice),
      lead: over(() => choice, `lead/${choice}`),
      trainSeconds: mean(of(choice).map((r) => r.trainSeconds)),
    }))
    .sort((a, b) => b.rate.value - a.rate.value);
  const agreement = agreementOf(auto, (choice, seed) => {
    const run = of(choice).find((r) => r.seed === seed);
    return run && mean(valid(run));
  });
  const byDefault = fixed.find(({ choice }) => choice === preset);
  const byLogMe = auto.map((run) => bestByLogMe(run, choices));
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
    ...(byDefault && { default: preset, leadOverDefault: byDefault.lead }),
    ...(byLogMe.every((choice) => choice !== undefined) && {
      leadOverLogMe: over((seed) => byLogMe[seed]!, 'log-me'),
    }),
    ...(agreement && { agreement }),
    out: asked.out,
  };
}
