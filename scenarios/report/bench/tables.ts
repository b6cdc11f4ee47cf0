/** Tables of a benchmark: transfer matrix, arms of a target, pairs of arms, cost of learning. */

import { type Cell, figure, type Html, html, note, rateCell, section, table, when } from '../html/html.ts';
import { bounds, count, decimal, duration, percent } from '../numbers.ts';
import type { SpanEstimate } from '../spans.ts';
import type { BenchArm, BenchComparison, BenchReport, BenchTarget } from './data.ts';
import { differencesText } from './differences.ts';
import { factorBounds, factorShort, trialsText } from './factors.ts';

const DASH = '\u2013';
const INFINITY = Number.POSITIVE_INFINITY;

/** A shade between nothing and full, on light and dark pages alike. */
const heat = (share: number): string =>
  `background: color-mix(in srgb, #0072b2 ${Math.round(70 * Math.min(Math.max(share, 0), 1))}%, transparent)`;

/** The last name of each arm over all targets, in the order of their first appearance. */
const armNames = (targets: readonly BenchTarget[]): string[] => [
  ...new Set(targets.flatMap(({ arms }) => arms.map(({ name }) => name))),
];

const shown = (estimate: SpanEstimate): Html | string =>
  estimate.point.low === 0 && estimate.point.high === INFINITY && estimate.low === 0 && estimate.high === INFINITY
    ? DASH
    : html`${factorShort(estimate.point)} <small>${factorBounds(estimate)}</small>${when(estimate.low <= 1 && estimate.high >= 1, () => html` <small>not shown</small>`)}`;

/** Sources against targets: success with few and with the most trials, shaded by the latter. */
export function matrixSection({ targets, headline: { frozen, scratch } }: BenchReport): Html {
  const rates = targets.flatMap(({ arms }) => arms.map(({ curve }) => curve[curve.length - 1].rate));
  const [least, most] = [Math.min(...rates), Math.max(...rates)];
  const cell = (arm: BenchArm | undefined): Cell => {
    if (!arm) return { content: DASH };
    const [first, last] = [arm.curve[0], arm.curve[arm.curve.length - 1]];
    const start = arm.kind === 'learner' && last !== first ? html`<small>${percent(first.rate)} \u2192</small>` : '';
    return {
      content: html`${start}${percent(last.rate)}`,
      style: heat((last.rate - least) / Math.max(most - least, 0.01)),
    };
  };
  const rows = armNames(targets).map((name) => [
    { content: name },
    ...targets.map(({ arms }) => cell(arms.find((arm) => arm.name === name))),
  ]);
  const ratios = targets.map(
    ({ comparisons }) => comparisons.find((c) => c.a === frozen && c.b === scratch)?.ratios?.trials,
  );
  const ratioRow: Cell[] = [
    { content: html`${scratch ?? ''} over ${frozen ?? ''}<small>trials to the same success</small>` },
    ...ratios.map((ratio): Cell => ({ content: ratio ? shown(ratio) : DASH })),
  ];
  const budgets = targets.map(({ title, budgets: b, level }) => ({
    content: html`${title}<small>${count(b[0])} \u2192 ${count(b[b.length - 1])}; ${percent(level)}</small>`,
  }));
  return when(targets.length > 1, () =>
    section(
      'Transfer matrix',
      note(
        'Rows: what the arm brings along. Columns: what it learns for, with its least and most training trials. Cells: grasps held with the least ' +
          'trials \u2192 with the most, shaded by the latter; the last line compares trials to the same success, the column\u2019s last figure.',
      ),
      table([{ content: 'arm' }, ...budgets], [...rows, ...(ratios.some(Boolean) ? [ratioRow] : [])], 'heat'),
    ),
  );
}

/** What each arm is. */
export function glossary({ targets }: BenchReport): Html {
  const arms = armNames(targets).map((name) => targets.flatMap((t) => t.arms).find((arm) => arm.name === name)!);
  return section(
    'The arms',
    html`<dl class="arms">${arms.map(({ name, role, description }) => html`<div><dt>${name}</dt><dd>${role}: ${description}</dd></div>`)}</dl>`,
  );
}

/** Every arm of a target at every budget, with its area under the curve and its trials to 70, 80 and 90 %. */
export function armsTable({ arms, budgets }: BenchTarget): Html {
  const levels = arms.find(({ kind }) => kind === 'learner')?.trialsTo.map(({ level }) => level) ?? [];
  const head = [
    { content: 'arm' },
    ...budgets.map((trials) => figure(`${count(trials)} trial${trials === 1 ? '' : 's'}`)),
    figure('mean over log trials'),
    ...levels.map((level) => figure(`trials to ${percent(level)}`)),
    ...(arms.some(({ clutter }) => clutter) ? [figure('GSR'), figure('DR')] : []),
    ...(arms.some(({ lost }) => lost) ? [figure('points lost to the shift')] : []),
  ];
  const clutter = arms.some((arm) => arm.clutter);
  const lost = arms.some((arm) => arm.lost);
  const rows = arms.map((arm): Cell[] => [
    {
      content: html`${arm.name}<small>${arm.seeds.length} seed${arm.seeds.length === 1 ? '' : 's'}</small>`,
    },
    ...(arm.kind === 'fixed'
      ? [{ content: html`${rateCell(arm.curve[0])}<small>at any number of trials</small>`, span: budgets.length }]
      : budgets.map((trials) => {
          const point = arm.curve.find((p) => p.trials === trials);
          return figure(point ? rateCell(point) : DASH);
        })),
    figure(arm.area ? html`${percent(arm.area.value, 1)} <small>${bounds(arm.area, 1)}</small>` : ''),
    ...levels.map((level) => {
      const reached = arm.trialsTo.find((each) => each.level === level);
      return figure(reached ? trialsCell(reached.trials) : '');
    }),
    ...(clutter
      ? [figure(arm.clutter ? rateCell(arm.clutter.gsr) : DASH), figure(arm.clutter ? rateCell(arm.clutter.dr) : DASH)]
      : []),
    ...(lost
      ? [figure(arm.lost ? html`${decimal(100 * arm.lost.difference, 1)} <small>${bounds(arm.lost, 1)}</small>` : DASH)]
      : []),
  ]);
  return table(head, rows, 'dense');
}

function trialsCell({ point, low, high }: SpanEstimate): Html {
  const bound = (value: number): string => (value === INFINITY ? '\u221e' : count(value));
  return html`${trialsText(point)} <small>[${bound(low)},\u00a0${bound(high)}]</small>`;
}

/** Pairs of arms on the same scenes. */
export function comparisonsTable({ comparisons, level }: BenchTarget): Html {
  const rows = comparisons.map((c): Cell[] => [
    { content: html`${c.a} against ${c.b}<small>${c.seeds} seed${c.seeds === 1 ? '' : 's'}</small>` },
    figure(c.ratios ? shown(c.ratios.trials) : DASH),
    figure(
      html`${decimal(c.improvement.value, 2)} <small>[${decimal(c.improvement.low, 2)},\u00a0${decimal(c.improvement.high, 2)}]</small>`,
    ),
    { content: html`<div class="prose">${differencesText(c)}</div>` },
  ]);
  return when(rows.length > 0, () =>
    table(
      [
        { content: 'arms' },
        figure(`trials to ${percent(level)}, second over first`),
        figure('chance that the first ends better'),
        { content: 'grasps held, the same scenes' },
      ],
      rows,
      'dense',
    ),
  );
}

/** All differences of a target's pairs, budget by budget. */
export function differencesTable({ comparisons }: BenchTarget): Html {
  const rows = comparisons.flatMap(({ a, b, differences }) =>
    differences.map(({ trials, difference, low, high }): Cell[] => [
      { content: `${a} minus ${b}` },
      figure(trials === 0 ? 'any' : count(trials)),
      figure(html`${decimal(100 * difference, 1)} <small>${bounds({ low, high }, 1)}</small>`),
      { content: intervalMark({ difference, low, high }) },
    ]),
  );
  return when(
    rows.length > 0,
    () =>
      html`<details><summary>Every difference with its interval</summary>${table(
        [{ content: 'arms' }, figure('trials'), figure('difference, points'), { content: '' }],
        rows,
      )}</details>`,
  );
}

/** The interval as a bar around a dot, with a line at 0; the marks end at 40 points. */
function intervalMark({
  difference,
  low,
  high,
}: BenchComparison['differences'][number] | Omit<BenchComparison['differences'][number], 'trials'>): Html {
  const x = (value: number): string => (75 + (70 * Math.min(Math.max(value, -0.4), 0.4)) / 0.4).toFixed(1);
  return html`<svg class="interval" viewBox="0 0 150 14" aria-hidden="true"><path d="M75 0V14" stroke="currentColor" opacity="0.35"/>
<path d="M${x(low)} 7H${x(high)}" stroke="#0072B2" stroke-width="3" stroke-linecap="round"/><circle cx="${x(difference)}" cy="7" r="4" fill="#0072B2"/></svg>`;
}

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
export function computeSection({ targets, headline: { frozen } }: BenchReport): Html {
  const main = targets.filter((target) => target.main);
  const rows = (main.length > 0 ? main : targets.slice(0, 1)).flatMap((target) =>
    target.arms.flatMap((arm) => (arm.cost ? [computeRow(target, arm, arm.cost, frozen)] : [])),
  );
  return when(rows.length > 0, () =>
    section(
      'What learning costs',
      note(
        'For the whole of the training, mean of the seeds. Multiply-adds of learning: features that are cached, and updates (a forward pass and twice as ' +
          'much for the gradients); choosing and simulating grasps is the same for every arm. Pretraining is in none of these figures: it is done once, by whoever makes the weights, ' +
          'costs far more than one training from scratch, and pays over many. Seconds are wall-clock of one thread, so they depend on the machine; ratios less so.',
      ),
      table(
        [
          { content: 'arm' },
          figure('trials'),
          figure('updates'),
          figure('per update'),
          figure('in updates'),
          figure('trials and features'),
          figure('multiply-adds'),
          figure('training to the level'),
          figure(`multiply-adds over ${frozen ?? 'the first'}, at the level`),
        ],
        rows,
        'dense',
      ),
    ),
  );
}

function computeRow(
  { title, level, arms, comparisons }: BenchTarget,
  { name, trialsTo }: BenchArm,
  cost: NonNullable<BenchArm['cost']>,
  frozen: string | null,
): Cell[] {
  const { trials, trainSeconds, updateSeconds, updates, macsPerTrial } = cost;
  const reached = trialsTo.find((each) => each.level === level)?.trials.point;
  const seconds = reached && reached.high < INFINITY ? (trainSeconds * reached.high) / trials : undefined;
  const first = frozen ?? arms[0].name;
  const ratio = comparisons.find((c) => c.a === first && c.b === name)?.ratios?.macs;
  return [
    { content: html`${name}<small>${title}, ${percent(level)}</small>` },
    figure(count(trials)),
    figure(count(updates)),
    figure(`${decimal((1000 * updateSeconds) / Math.max(updates, 1), 1)} ms`),
    figure(duration(updateSeconds)),
    figure(duration(Math.max(trainSeconds - updateSeconds, 0))),
    figure(macsPerTrial === null ? 'not counted' : macsText(macsPerTrial * trials)),
    figure(seconds === undefined ? DASH : `${reached!.low === 0 ? 'at most ' : ''}${duration(seconds)}`),
    figure(ratio ? shown(ratio) : DASH),
  ];
}
