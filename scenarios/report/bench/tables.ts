/** Tables of a benchmark: transfer matrix, arms of a target, pairs of arms. */

import { type Cell, figure, type Html, html, note, rateCell, section, table, when } from '../html/html.ts';
import { bounds, count, decimal, percent } from '../numbers.ts';
import { counted } from '../words.ts';
import { DASH, shown, trialsCell, unclearNote } from './cells.ts';
import type { BenchArm, BenchComparison, BenchReport, BenchTarget } from './data.ts';
import { differencesText } from './differences.ts';
import { LEVELS, levelText } from './levels.ts';

/** A shade between nothing and full, on light and dark pages alike. */
const heat = (share: number): string =>
  `background: color-mix(in srgb, #0072b2 ${Math.round(70 * Math.min(Math.max(share, 0), 1))}%, transparent)`;

/** The last name of each arm over all targets, in the order of their first appearance. */
const armNames = (targets: readonly BenchTarget[]): string[] => [
  ...new Set(targets.flatMap(({ arms }) => arms.map(({ name }) => name))),
];

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
  const starts = targets.flatMap(({ start }) => start ?? []);
  const startRow: Cell[] = [
    { content: html`${scratch ?? ''} to equal ${starts[0]?.arm ?? ''}<small>trials</small>` },
    ...targets.map(({ start }): Cell => ({ content: start ? trialsCell(start.equals) : DASH })),
  ];
  const budgets = targets.map(({ title, budgets: b, level }) => ({
    content: html`${title}<small>${count(b[0])} \u2192 ${count(b[b.length - 1])}; ${percent(level)}</small>`,
  }));
  return when(targets.length > 1, () =>
    section(
      'Transfer matrix',
      note(
        'Rows: what the arm brings along. Columns: what it learns for, with its least and most training trials. Cells: grasps held with the least ' +
          'trials \u2192 with the most, shaded by the latter. Below them: trials after which scratch equals the pretrained policy before any, and ' +
          'trials to the same success, the column\u2019s last figure (80\u00a0%, or 90\u00a0% of the oracle\u2019s success where that is lower).',
      ),
      table(
        [{ content: 'arm' }, ...budgets],
        [...rows, ...(starts.length > 0 ? [startRow] : []), ...(ratios.some(Boolean) ? [ratioRow] : [])],
        'heat',
      ),
      unclearNote(ratios),
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

/** A column of the table of arms, or several side by side. */
interface ArmColumns {
  readonly head: readonly Cell[];
  readonly cells: (arm: BenchArm) => readonly Cell[];
}

/** Every arm of a target at every budget, with its area under the curve and its trials to 70, 80 and 90 %. */
export function armsTable(target: BenchTarget): Html {
  const { arms } = target;
  const levels = arms.find(({ kind }) => kind === 'learner')?.trialsTo.map(({ level }) => level) ?? [];
  const columns = [
    NAME,
    ...(arms.some(({ clutter }) => clutter) ? [ROUNDS] : []),
    curveColumns(target),
    AREA,
    ...levels.map(levelColumn),
    ...failedColumns(arms),
    ...(arms.some(({ lost }) => lost) ? [LOST] : []),
  ];
  return table(
    columns.flatMap(({ head }) => head),
    arms.map((arm) => columns.flatMap(({ cells }) => cells(arm))),
    'dense',
  );
}

const NAME: ArmColumns = {
  head: [{ content: 'arm' }],
  cells: ({ name, seeds }) => [{ content: html`${name}<small>${counted(seeds.length, 'seed')}</small>` }],
};

const ROUNDS: ArmColumns = {
  head: [figure('rounds: GSR'), figure('DR')],
  cells: ({ clutter }) =>
    clutter ? [figure(rateCell(clutter.gsr, 0)), figure(rateCell(clutter.dr, 0))] : [figure(DASH), figure(DASH)],
};

/** Success at each budget; what does not learn has one success for all. */
function curveColumns({ budgets, start }: BenchTarget): ArmColumns {
  const fixed = ({ name, curve: [point] }: BenchArm): Cell => ({
    content: html`${rateCell(point, 0)}<small>${name === start?.arm ? 'before any trial' : 'does not learn'}</small>`,
    span: budgets.length,
  });
  return {
    head: budgets.map((trials) => figure(`${count(trials)} ${trials === 1 ? 'trial' : 'trials'}`)),
    cells: (arm) => {
      if (arm.kind === 'fixed') return [fixed(arm)];
      const at = (trials: number) => arm.curve.find((point) => point.trials === trials);
      return budgets.map(at).map((point) => figure(point ? rateCell(point, 0) : DASH));
    },
  };
}

const AREA: ArmColumns = {
  head: [figure('mean over log trials')],
  cells: ({ area }) => [figure(area ? html`${percent(area.value)} <small>${bounds(area)}</small>` : '')],
};

const levelColumn = (level: number): ArmColumns => ({
  head: [figure(`trials to ${LEVELS.includes(level) ? percent(level) : levelText(level)}`)],
  cells: ({ trialsTo }) => {
    const reached = trialsTo.find((each) => each.level === level);
    return [figure(reached ? trialsCell(reached.trials) : '')];
  },
});

/** Failed grasps of the first training trials, where they were kept. */
function failedColumns(arms: readonly BenchArm[]): ArmColumns[] {
  const first = arms.flatMap(({ failedFirst }) => failedFirst ?? []);
  if (first.length === 0) return [];
  const cells = ({ failedFirst }: BenchArm): Cell[] => {
    if (!failedFirst) return [figure(DASH)];
    const { value, low, high } = failedFirst.failed;
    const ends = html`<small>[${decimal(low, 0)},\u00a0${decimal(high, 0)}]</small>`;
    return [figure(html`${decimal(value, 0)} ${ends}`)];
  };
  return [{ head: [figure(`failed grasps in the first ${count(first[0].trials)} trials`)], cells }];
}

const LOST: ArmColumns = {
  head: [figure('points lost to the shift')],
  cells: ({ lost }) => [
    figure(lost ? html`${decimal(100 * lost.difference, 1)} <small>${bounds(lost, 1)}</small>` : DASH),
  ],
};

/** Pairs of arms on the same scenes. */
export function comparisonsTable({ comparisons, level }: BenchTarget): Html {
  const rows = comparisons.map((c): Cell[] => [
    { content: html`${c.a} against ${c.b}<small>${counted(c.seeds, 'seed')}</small>` },
    figure(c.ratios ? shown(c.ratios.trials) : DASH),
    figure(
      html`${decimal(c.improvement.value, 2)} <small>[${decimal(c.improvement.low, 2)},\u00a0${decimal(c.improvement.high, 2)}]</small>`,
    ),
    { content: html`<div class="prose">${differencesText(c)}</div>` },
  ]);
  const head = [
    { content: 'arms' },
    figure(`trials to ${levelText(level)}, second over first`),
    figure('chance that the first ends better'),
    { content: 'grasps held, the same scenes' },
  ];
  return when(
    rows.length > 0,
    () => html`${table(head, rows, 'dense')}${unclearNote(comparisons.map(({ ratios }) => ratios?.trials))}`,
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
