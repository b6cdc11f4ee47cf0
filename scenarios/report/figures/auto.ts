/** Figures of automated transfer, from the stored result of its benchmark. */

import type { Interval } from '../statistics.ts';
import type { Figure, FigureGroup, FigureRow } from './page.ts';

/** The part of `graft bench auto`'s result that is published. Rates 0..1; `lead` is automated minus this, on the same scenes. */
export interface AutoResult {
  readonly scenario: string;
  readonly budget: number;
  readonly seeds: number;
  readonly evaluation: number;
  readonly auto: { readonly rate: Interval; readonly trainSeconds: number };
  /** Every backbone as its card reads it, with every technique; best first. */
  readonly fixed: readonly {
    readonly choice: string;
    readonly rate: Interval;
    readonly lead: Interval;
    readonly trainSeconds: number;
  }[];
  /** The mean of them: somebody who picks at random. */
  readonly leadOverAverage: Interval;
}

const percent = ({ value, low, high }: Interval): Figure => ({ value: 100 * value, low: 100 * low, high: 100 * high });

/** Fixed choices that are named: the first of the ranking, and the last. */
const [BEST, WORST] = [4, 3];

/** @param folder of the benchmark, from the page. */
export function autoGroup(
  { scenario, budget, seeds, evaluation, auto, fixed, leadOverAverage }: AutoResult,
  folder: string,
): FigureGroup {
  const choice = ({ choice: name, rate, lead, trainSeconds }: AutoResult['fixed'][number]): FigureRow => ({
    what: name,
    figures: [percent(rate), percent(lead), trainSeconds],
  });
  return {
    title: 'Automated transfer',
    about: `[Result](${folder}/result.json). What \`graft auto\` chooses beside every fixed choice of backbone and technique; only hindsight knows the best of them.`,
    tables: [
      {
        title: 'Automated against fixed choices',
        about: `${budget} trials, ${seeds} seeds of ${evaluation} unseen scenes, ${fixed.length} fixed choices: the best ${BEST} and the worst ${WORST}. Two seeds are few, and intervals can be too narrow.`,
        command: `npx graft bench auto ${scenario} --budget ${budget} --seeds ${seeds} --evaluation ${evaluation}`,
        columns: [
          { name: 'held, %', digits: 1 },
          { name: 'automated minus this, points', digits: 1 },
          { name: 'seconds of training', digits: 0 },
        ],
        rows: [
          { what: '**automated**', figures: [percent(auto.rate), null, auto.trainSeconds] },
          { what: 'mean of the fixed choices', figures: [null, percent(leadOverAverage), null] },
          ...fixed.slice(0, BEST).map(choice),
          ...fixed.slice(-WORST).map(choice),
        ],
      },
    ],
  };
}
