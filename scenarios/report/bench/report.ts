/** The report of a benchmark as a page. */

import { type Html, html, note, page, plot, section, verdictHeader, when } from '../html/html.ts';
import { scenesGrid } from '../html/images.ts';
import { reproduceSection } from '../html/reproduce.ts';
import { count } from '../numbers.ts';
import { BOOTSTRAP } from '../resamples.ts';
import { capital, counted } from '../words.ts';
import { costSection } from './cost.ts';
import type { BenchReport, BenchTarget } from './data.ts';
import { type ArmStyle, armStyles, benchCurvesSpec, profileSpec, ratiosSpec } from './plots.ts';
import { sequentialSection } from './sequential.ts';
import { armsTable, comparisonsTable, differencesTable, glossary, matrixSection } from './tables.ts';
import { benchVerdict } from './verdict.ts';

/**
 * A benchmark as one HTML file that loads nothing else: verdict computed from the intervals, transfer matrix, learning curves,
 * tables and scenes of each target, performance profiles, cost, and how to run it again.
 */
export async function benchReportHtml(report: BenchReport): Promise<string> {
  const { verdict, claims } = benchVerdict(report);
  const styles = armStyles(report.targets.flatMap(({ arms }) => arms));
  const title = `graft benchmark: ${report.preset}`;
  return page(
    title,
    html`${verdictHeader(title, verdict, claims, contextOf(report))}
${gapsSection(report)}
${glossary(report)}
${matrixSection(report)}
${await ratiosSection(report)}
${await Promise.all(report.targets.map((target) => targetSection(report, target, styles)))}
${await profilesSection(report, styles)}
${costSection(report)}${sequentialSection(report)}
${methodSection()}
${reproduceSection(report, [
  ['preset', report.preset],
  ['training seeds', seedsOf(report)],
  ...(report.watch === undefined ? [] : [['down to single grasps', report.watch] as const]),
])}`,
  );
}

const seedsOf = ({ targets }: BenchReport): string =>
  [...new Set(targets.flatMap(({ arms }) => arms.flatMap(({ seeds }) => seeds)))].sort((a, b) => a - b).join(', ');

function contextOf({ targets }: BenchReport): string {
  const families = [...new Set(targets.flatMap((target) => target.families))];
  const trials = targets.flatMap(({ arms, finalTrials }) => arms.map(({ seeds }) => seeds.length * finalTrials));
  const most = Math.max(...trials, 0);
  return (
    `${counted(targets.length, 'target')}, up to ${count(most)} evaluation grasps an arm and target with the last weights` +
    `${families.length > 0 ? `, on ${families.join(', ')}` : ''}. Brackets are 95\u00a0% intervals; "no difference is shown" is not "no difference".`
  );
}

function gapsSection({ missing, units, leftOut }: BenchReport): Html {
  const named = missing.slice(0, 12).join(', ');
  return when(missing.length + leftOut.length > 0, () =>
    section(
      'What is not in it',
      html`<ul class="gaps">${leftOut.map(({ arm, why }) => html`<li>${arm}, left out: ${why}</li>`)}${
        missing.length > 0
          ? html`<li>${missing.length} of ${units} units are still to be measured: ${named}${missing.length > 12 ? ' and more' : ''}</li>`
          : ''
      }</ul>`,
    ),
  );
}

/** Arms whose bands are drawn: more than these would hide one another. */
const banded = ({ headline: { frozen, scratch } }: BenchReport): string[] =>
  [frozen, scratch].filter((name) => name !== null);

async function ratiosSection({ targets, headline: { frozen, scratch } }: BenchReport): Promise<Html> {
  const ratios = targets.flatMap(({ name, title, comparisons, level }) => {
    const ratio = comparisons.find((c) => c.a === frozen && c.b === scratch)?.ratios?.trials;
    return ratio ? [{ target: `${title}, ${Math.round(100 * level)} %`, short: name, ratio }] : [];
  });
  if (ratios.length < 2) return html``;
  const label = `Trials of ${scratch} over trials of ${frozen}`;
  return section(
    'Trials to the same success',
    note(
      `${label}, with 95\u00a0% intervals: right of the line the frozen arm needs fewer. A triangle is a bound: one of them did not get there, or was there at the first budget. The level stands beside each target: 80\u00a0%, or 90\u00a0% of the oracle\u2019s success where that is lower.`,
    ),
    await plot(label, { width: 640, height: 26 * ratios.length }, (size) => ratiosSpec(ratios, label, size)),
  );
}

async function targetSection(report: BenchReport, target: BenchTarget, styles: readonly ArmStyle[]): Promise<Html> {
  const bands = banded(report);
  const { title, description, arms, trials, finalTrials, name, budgets } = target;
  const each = `${finalTrials} evaluation grasps for each seed after ${count(budgets[budgets.length - 1])} trials`;
  return section(
    capital(title),
    note(
      `Target ${name}: ${description}. ${each}${budgets.length > 1 && trials !== finalTrials ? `, ${trials} before` : ''}.`,
    ),
    await plot(`Learning curves on ${title}`, { width: 880, height: 340 }, (size) =>
      benchCurvesSpec(arms, styles, bands, size),
    ),
    html`<div class="target">${armsTable(target)}
${pairsPart(target)}
${when(
  target.examples.length > 0,
  () =>
    html`<h3>The same scenes, every arm</h3>${note(
      'The first scenes of seed 0, not chosen; with the last weights. Maps seen from above (x right, y up), coloured by the predicted chance of holding; the line joins the two fingers.',
    )}`,
)}${scenesGrid(target.examples)}</div>`,
  );
}

/** Open on main targets: of the others there are many. */
function pairsPart(target: BenchTarget): Html {
  const tables = html`${comparisonsTable(target)}${differencesTable(target)}`;
  if (target.comparisons.length === 0) return html``;
  return target.main
    ? html`<h3>Pairs of arms</h3>${tables}`
    : html`<details><summary>Pairs of arms</summary>${tables}</details>`;
}

async function profilesSection(report: BenchReport, styles: readonly ArmStyle[]): Promise<Html> {
  const drawn = report.profiles.filter(({ arms }) => arms.length > 0);
  if (drawn.length === 0) return html``;
  const plots = await Promise.all(
    drawn.map(
      async ({ title, arms }) =>
        html`<div><h3>${title}</h3>${await plot(`Performance profile ${title}`, { width: 390, height: 260 }, (size) =>
          profileSpec(arms, styles, banded(report), size),
        )}</div>`,
    ),
  );
  return section(
    'Performance profiles',
    note(
      'Share of runs (a seed on a target each) that hold at least so many grasps; of arms measured on every target. Higher is better.',
    ),
    html`<div class="columns">${plots}</div>`,
  );
}

const methodSection = (): Html =>
  section(
    'How to read it',
    html`<ul class="gaps">
<li>Curves are interquartile means over training seeds; intervals resample seeds and, within them, evaluation scenes or whole rounds (stratified bootstrap, ${BOOTSTRAP.resamples.toLocaleString('en')} resamples; R. Agarwal et al., 2021). All arms of a seed met the same scenes, and comparisons resample them together.</li>
<li>Trials to a level are read off that curve, interpolated on the logarithm of the trials. Below the first budget and beyond the last one only a bound is known. Ratios keep such bounds, and their intervals cover all that the bounds allow: \u201cat least 1.2x\u201d has no upper end.</li>
<li>Arms are compared at 80\u00a0% of grasps held, or at 90\u00a0% of the oracle\u2019s success where that is lower. Differences of success are means over seeds.</li>
<li>The frozen arm of the verdict was named before the measurement. Each interval misses the truth one time in twenty, so among many of them expect some that do.</li>
<li>Chosen with a look at the evaluation families, before this measurement: how firmly a pretrained head is held to its start (<code>headAnchor</code>), and what every arm\u2019s heightmap does about the noise of packed clutter and piles (<code>tableCorrection</code>, <code>objectPeak</code>).</li>
<li><code>npm start</code> evaluates on the scenes that seeds 0 to 4 meet here on unseen families. A change that was tried out on it has seen them.</li>
</ul>`,
  );
