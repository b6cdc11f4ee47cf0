/** What a sequential benchmark decided, in words and as a table. */

import { type Cell, figure, type Html, html, note, section, table, when } from '../html/html.ts';
import { bounds, count, decimal, percent } from '../numbers.ts';
import { ERROR, MARGIN } from '../sequential.ts';
import { counted, size } from '../words.ts';
import type { BenchReport, BenchSequential, BenchStop } from './data.ts';

const MARGIN_TEXT = `${decimal(100 * MARGIN, 0)} points`;

/** Why a comparison stopped. */
function reason({ a, b, stop, difference }: BenchStop): string {
  if (stop === 'different') return `${difference > 0 ? a : b} is ahead`;
  if (stop === 'equal') return `they differ by less than ${MARGIN_TEXT}`;
  if (stop === 'hopeless') return 'the seeds left would hardly show a difference';
  return stop === 'end' ? 'no difference is shown' : 'not decided yet';
}

/** "grasp-head against scratch stopped after 5 of 10 seeds: grasp-head is ahead (4 points [1, 7])". */
export const stopText = (stop: BenchStop): string =>
  `${stop.a} against ${stop.b} ${stop.stop ? 'stopped' : 'is open'} after ${stop.seeds} of ${counted(stop.planned, 'seed')}, ` +
  `${count(stop.trials)} trials: ${reason(stop)} (${stop.a} minus ${stop.b}: ${size(stop)})`;

/** How many comparisons ended early, and what that spared. */
export function sequentialSentence({ comparisons, planned, spared }: BenchSequential): string {
  const early = comparisons.filter(({ stop, seeds, planned: most }) => stop && seeds < most).length;
  return `Sequential: ${early} of ${counted(comparisons.length, 'comparison')} with scratch stopped before the last seed, and ${spared} of ${counted(planned, 'unit')} are not played.`;
}

/** Each comparison with scratch: when it stopped, why, and with what interval. */
export const sequentialSection = ({ sequential }: BenchReport): Html =>
  when(sequential !== undefined, () =>
    section(
      'Stopped when decided',
      note(
        `Looks after 30, 50, 70 and 100\u00a0% of the seeds, at least three. A comparison with scratch stops where a repeated Student test over ` +
          `seeds decides it (error ${percent(ERROR)} over all looks together), where the arms differ by less than ${MARGIN_TEXT}, or where the last seed ` +
          `would show a difference with a chance below 5\u00a0%, even if the seeds left differed by ${MARGIN_TEXT}. These intervals are valid wherever ` +
          `one stops; those of curves, other pairs and other numbers of trials do not know of the looks.`,
      ),
      table(
        [
          { content: 'target' },
          { content: 'arms' },
          figure('seeds'),
          figure('trials'),
          figure('difference, points'),
          { content: '' },
        ],
        sequential!.comparisons.map((stop): Cell[] => [
          { content: stop.target },
          { content: `${stop.a} minus ${stop.b}` },
          figure(`${stop.seeds} of ${stop.planned}`),
          figure(count(stop.trials)),
          figure(html`${decimal(100 * stop.difference, 1)} <small>${bounds(stop, 1)}</small>`),
          { content: reason(stop) },
        ]),
      ),
    ),
  );
