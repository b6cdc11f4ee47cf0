/** Figures of automated transfer, from the stored result of its benchmark. */

import type { Interval } from '../statistics.ts';
import type { Figure, FigureGroup, FigureRow } from './page.ts';

/**
 * How well scores order backbones, read as their cards say with technique `head`: Kendall's tau-b with what each then held, a mean over the
 * searches. Positive: the better score held more.
 */
export interface ScoreAgreement {
  readonly searches: number;
  readonly choices: number;
  /** Null where a score was the same for all. */
  readonly tauB: Readonly<Record<string, number | null>>;
}

/** The part of `graft bench auto`'s result that is published. Rates 0..1; `lead` is automated minus this, on the same scenes. */
export interface AutoResult {
  readonly scenario: string;
  readonly budget: number;
  readonly seeds: number;
  readonly evaluation: number;
  readonly auto: { readonly rate: Interval; readonly chosen: readonly string[]; readonly trainSeconds: number };
  /** Every backbone as its card reads it, with every technique; best first. */
  readonly fixed: readonly {
    readonly choice: string;
    readonly rate: Interval;
    readonly lead: Interval;
    readonly trainSeconds: number;
  }[];
  /** The mean of them: somebody who picks at random. */
  readonly leadOverAverage: Interval;
  /** What the scenario does where nothing is chosen, if it is one of the fixed choices. */
  readonly default?: string;
  readonly leadOverDefault?: Interval;
  /** The choices that LogME alone takes, seed by seed. Left out, as is the next, where no search kept its scores. */
  readonly leadOverLogMe?: Interval;
  readonly agreement?: ScoreAgreement;
}

const percent = ({ value, low, high }: Interval): Figure => ({ value: 100 * value, low: 100 * low, high: 100 * high });

/** A benchmark of one target. */
export interface AutoTarget {
  /** As a sentence puts it. */
  readonly title: string;
  /** Its folder, from the page. */
  readonly folder: string;
  readonly result: AutoResult;
}

/** Titles of the scores that order backbones, in the order of the table. */
const SCORES = {
  logMe: 'LogME',
  hScore: 'H-score',
  probeLoss: 'log loss of a linear probe',
  probeAccuracy: 'accuracy of a linear probe',
  normEntropy: 'entropy of feature norms (no labels)',
} as const;

const optional = (interval: Interval | undefined): Figure | null => (interval ? percent(interval) : null);

/** @param targets the first is the one that the settings of the command are of. */
export function autoGroup(targets: readonly AutoTarget[]): FigureGroup {
  const [{ result: first }] = targets;
  const links = targets.map(({ title, folder }) => `[${title}](${folder}/result.json)`).join(', ');
  const seeds = `${first.seeds} training seed${first.seeds === 1 ? '' : 's'}`;
  const command = `npx graft bench auto ${first.scenario} --budget ${first.budget} --seeds ${first.seeds} --evaluation ${first.evaluation}`;
  return {
    title: 'Automated transfer',
    about: `What \`graft auto\` chooses beside every fixed choice of backbone and technique but \`none\`, which is younger. Results, with raw outcomes beside them: ${links}.`,
    tables: [
      {
        title: 'Automated against fixed choices',
        about:
          `${first.budget} trials, ${seeds}, ${first.evaluation} unseen scenes, ${first.fixed.length} fixed choices. Points are automated minus this, ` +
          'on the same scenes; the spread between training seeds is not in intervals of one. The default is what the scenario does by itself. The best of so many is known only afterwards, and its luck is in it. Where the first trials tell LogME nothing, as with the cup, it calls all choices equal, and the first is taken.',
        command,
        columns: [
          { name: 'automated held, %', digits: 1 },
          { name: 'minus default', digits: 1 },
          { name: 'minus best by LogME', digits: 1 },
          { name: 'minus a random choice', digits: 1 },
          { name: 'minus best afterwards', digits: 1 },
        ],
        rows: targets.map(({ title, result: { auto, leadOverDefault, leadOverLogMe, leadOverAverage, fixed } }) => ({
          what: title,
          figures: [
            percent(auto.rate),
            ...[optional(leadOverDefault), optional(leadOverLogMe), percent(leadOverAverage), percent(fixed[0].lead)],
          ],
        })),
      },
      {
        title: 'What was chosen',
        about: 'Backbone, layers that the head reads, technique.',
        columns: [{ name: 'automated' }, { name: 'best afterwards' }, { name: 'it held, %', digits: 1 }],
        rows: targets.map(
          ({ title, result: { auto, fixed } }): FigureRow => ({
            what: title,
            figures: [[...new Set(auto.chosen)].join('; '), fixed[0].choice, percent(fixed[0].rate)],
          }),
        ),
      },
      {
        title: 'Which scores order backbones',
        about:
          "Kendall's tau-b between a score of the first trials and what technique `head` on that backbone then held: 1 is the right order, 0 is none. " +
          'A mean over seeds.',
        columns: targets.map(({ title }) => ({ name: title, digits: 2 })),
        rows: Object.entries(SCORES).map(([score, title]) => ({
          what: title,
          figures: targets.map(({ result }) => result.agreement?.tauB[score] ?? null),
        })),
      },
    ],
  };
}
