import { learningCurveSpec } from './plots.ts';
import type { BenchArm, BenchReport } from './report.ts';
import {
  bounds,
  type Cell,
  decimal,
  duration,
  figure,
  type Html,
  html,
  note,
  page,
  percent,
  plot,
  rateCell,
  reproduceSection,
  section,
  table,
  verdictHeader,
  when,
} from './report-html.ts';
import { examplesSection } from './report-images.ts';
import { benchVerdict, reading } from './report-verdict.ts';

/**
 * A benchmark as one HTML file that loads nothing else: verdict computed from the intervals, learning curves, table of the
 * arms, paired comparisons, scenes where the arms differ, and how to run it again.
 */
export async function benchReportHtml(report: BenchReport): Promise<string> {
  const { verdict, claims } = benchVerdict(report);
  const { seeds, evaluationTrials, families } = report;
  const context =
    `${count(seeds.length, 'training seed')}, ${evaluationTrials} evaluation grasps per seed and budget` +
    `${families.length > 0 ? `, on ${families.join(', ')}` : ''}. Brackets are 95\u00a0% intervals.`;
  return page(
    `graft benchmark: ${report.preset}`,
    html`${verdictHeader(`graft benchmark: ${report.preset}, scenario ${report.scenario}`, verdict, claims, context)}
${await curvesSection(report)}
${armsSection(report)}
${comparisonsSection(report)}
${examplesSection(
  'Scenes where the arms differ',
  'Camera frame and heightmap seen from above (x right, y up). The line joins the two fingers. Chosen because the arms ' +
    'differ here, so they say how the arms differ, not how often.',
  report.examples,
)}
${reproduceSection(report, [
  ['preset', report.preset],
  ['training seeds', seeds.join(', ')],
])}`,
  );
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

async function curvesSection({ arms }: BenchReport): Promise<Html> {
  const drawn = arms.filter(({ curve }) => curve.length > 0);
  if (drawn.length === 0) return html``;
  const dashed = drawn.some(({ kind }) => kind === 'fixed') ? ' Dashed: policies that do not learn.' : '';
  return section(
    'Learning curves',
    note(`Success after training on so many trials, with 95\u00a0% intervals.${dashed}`),
    await plot('Learning curves', { width: 900, height: 380 }, (size) =>
      learningCurveSpec(drawn, { ...size, scale: 'log2' }),
    ),
  );
}

function armsSection({ arms }: BenchReport): Html {
  const learners = arms.filter(({ kind }) => kind === 'learner');
  const budgets = [...new Set(learners.flatMap(({ curve }) => curve.map(({ trials }) => trials)))].sort(
    (a, b) => a - b,
  );
  const columns = Math.max(budgets.length, 1);
  const head = [
    { content: 'arm' },
    ...(budgets.length > 0 ? budgets.map((trials) => figure(count(trials, 'trial'))) : [figure('success')]),
    figure('trials to 80\u00a0%'),
    figure('training'),
    figure('per update'),
  ];
  const rates = ({ kind, curve }: BenchArm): Cell[] => {
    if (kind === 'fixed' || budgets.length === 0) {
      const content = curve.slice(0, 1).map((point) => html`${rateCell(point)}<small>at any number of trials</small>`);
      return [{ content, span: columns }];
    }
    return budgets.map((trials) => {
      const point = curve.find((each) => each.trials === trials);
      return figure(point ? rateCell(point) : '\u2013');
    });
  };
  const rows = arms.map((arm) => [
    { content: html`${arm.name}<small>${arm.description}</small>` },
    ...rates(arm),
    figure(arm.kind === 'fixed' ? '' : arm.trialsTo80 === null ? 'not reached' : `${Math.round(arm.trialsTo80)}`),
    figure(arm.trainSeconds === null ? '' : duration(arm.trainSeconds)),
    figure(arm.updateMs === null ? '' : `${decimal(arm.updateMs, 1)} ms`),
  ]);
  return when(rows.length > 0, () =>
    section(
      'The arms',
      table(head, rows, 'dense'),
      note('Two arms whose intervals overlap may still differ: the paired comparisons below are sharper.'),
      perSeed(learners),
    ),
  );
}

function perSeed(learners: readonly BenchArm[]): Html {
  const rows = learners.flatMap(({ name, curve }) =>
    curve
      .filter((point) => point.perSeed.length > 1)
      .map((point) => [
        { content: name },
        figure(point.trials),
        figure(point.perSeed.map((rate) => percent(rate)).join('  ')),
      ]),
  );
  return when(
    rows.length > 0,
    () =>
      html`<details><summary>Every seed</summary>${table([{ content: 'arm' }, figure('trials'), figure('success by seed')], rows)}</details>`,
  );
}

function comparisonsSection({ comparisons }: BenchReport): Html {
  const extent = comparisons.reduce((most, { low, high }) => Math.max(most, Math.abs(low), Math.abs(high)), 0.01);
  const rows = comparisons.map((comparison) => {
    const { a, b, trials, difference } = comparison;
    const said = { more: `${a} better`, less: `${b} better`, unclear: 'no difference shown' }[reading(comparison)];
    return [
      { content: `${a} minus ${b}` },
      figure(trials),
      figure(html`${decimal(100 * difference, 1)} <small>${bounds(comparison, 1)}</small>`),
      { content: said },
      { content: intervalMark(comparison, extent) },
    ];
  });
  return when(rows.length > 0, () =>
    section(
      'Paired comparisons',
      table(
        [{ content: 'arms' }, figure('trials'), figure('difference, points'), { content: 'reading' }, { content: '' }],
        rows,
      ),
      note(
        'Both arms were given the same scenes. "No difference shown" is not "no difference": a small one may need more trials. ' +
          'Each interval misses the truth one time in twenty, so among many of them expect some that do.',
      ),
    ),
  );
}

/** The interval as a bar around a dot, with a line at 0. */
function intervalMark({ difference, low, high }: BenchReport['comparisons'][number], extent: number): Html {
  const x = (value: number): string => (75 + (70 * value) / extent).toFixed(1);
  return html`<svg class="interval" viewBox="0 0 150 14" aria-hidden="true"><path d="M75 0V14" stroke="currentColor" opacity="0.35"/>
<path d="M${x(low)} 7H${x(high)}" stroke="#0072B2" stroke-width="3" stroke-linecap="round"/><circle cx="${x(difference)}" cy="7" r="4" fill="#0072B2"/></svg>`;
}
