/** What learning costs: time, updates, multiply-adds, and what scratch takes over each arm. */

import { type Cell, figure, type Html, html, note, section, table, when } from '../html/html.ts';
import { count, decimal, duration, percent } from '../numbers.ts';
import { DASH, shown, unclearNote } from './cells.ts';
import type { BenchArm, BenchComparison, BenchReport, BenchTarget } from './data.ts';

const MACS = [
  [1e15, 'P'],
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
] as const;

/** Multiply-adds for people. */
function macsText(macs: number): string {
  const [unit, letter] = MACS.find(([size]) => macs >= size) ?? [1, ''];
  const value = macs / unit;
  return `${decimal(value, value < 10 ? 1 : 0)}\u00a0${letter}`;
}

/** What learning takes on each main target (or the only ones there are). */
export function costSection({ targets, headline: { scratch } }: BenchReport): Html {
  const main = targets.filter((target) => target.main);
  const measured = (main.length > 0 ? main : targets.slice(0, 1)).flatMap((target) =>
    target.arms.flatMap(({ cost, ...arm }) =>
      cost ? [{ target, arm, cost, ratios: ratiosTo(target, arm, scratch) }] : [],
    ),
  );
  const over =
    scratch === null ? [] : [`time to train to the level, ${scratch} over this`, `multiply-adds, ${scratch} over this`];
  const head = [
    'trials',
    'updates',
    'per update',
    'in updates',
    'trials and features',
    'multiply-adds',
    'training to the level',
  ];
  return when(measured.length > 0, () =>
    section(
      'What learning costs',
      note(
        'For the whole of the training, mean of the seeds. Multiply-adds of learning: features that are cached, and updates (a forward pass and twice as ' +
          'much for the gradients); choosing and simulating grasps is the same for every arm. Pretraining is in none of these figures: it is done once, by whoever makes the weights, ' +
          'costs far more than one training from scratch, and pays over many. Seconds are wall-clock of one thread, so they depend on the machine; ratios less so.',
      ),
      table(
        [{ content: 'arm' }, ...[...head, ...over].map((text) => figure(text))],
        measured.map((each) => costRow(each, over.length > 0)),
        'dense',
      ),
      unclearNote(measured.flatMap(({ ratios }) => [ratios?.trainSeconds, ratios?.macs])),
    ),
  );
}

const ratiosTo = ({ comparisons }: BenchTarget, { name }: { name: string }, scratch: string | null) =>
  comparisons.find((c) => c.a === name && c.b === scratch)?.ratios;

interface Costs {
  readonly target: BenchTarget;
  readonly arm: Omit<BenchArm, 'cost'>;
  readonly cost: NonNullable<BenchArm['cost']>;
  readonly ratios: BenchComparison['ratios'] | undefined;
}

function costRow({ target: { title, level }, arm: { name, trialsTo }, cost, ratios }: Costs, over: boolean): Cell[] {
  const { trials, trainSeconds, updateSeconds, updates, macsPerTrial } = cost;
  const reached = trialsTo.find((each) => each.level === level)?.trials.point;
  const seconds =
    reached && reached.high < Number.POSITIVE_INFINITY ? (trainSeconds * reached.high) / trials : undefined;
  return [
    { content: html`${name}<small>${title}, ${percent(level)}</small>` },
    figure(count(trials)),
    figure(count(updates)),
    figure(`${decimal((1000 * updateSeconds) / Math.max(updates, 1), 1)} ms`),
    figure(duration(updateSeconds)),
    figure(duration(Math.max(trainSeconds - updateSeconds, 0))),
    figure(macsPerTrial === null ? 'not counted' : macsText(macsPerTrial * trials)),
    figure(seconds === undefined ? DASH : `${reached!.low === 0 ? 'at most ' : ''}${duration(seconds)}`),
    ...(over ? [ratios?.trainSeconds, ratios?.macs].map((ratio) => figure(ratio ? shown(ratio) : DASH)) : []),
  ];
}
