/** The report of a training run as a page. */

import { brierScore, calibrationBins } from '../calibration.ts';
import {
  figure,
  type Html,
  html,
  note,
  page,
  plot,
  rateCell,
  section,
  table,
  verdictHeader,
  when,
} from '../html/html.ts';
import { examplesSection } from '../html/images.ts';
import { reproduceSection } from '../html/reproduce.ts';
import { bounds, decimal, duration } from '../numbers.ts';
import { wilson } from '../statistics.ts';
import type { TrainReport } from './data.ts';
import { calibrationSpec, outcomeBarsSpec, successCurveSpec } from './plots.ts';
import { trainVerdict } from './verdict.ts';

/**
 * A training run as one HTML file that loads nothing else: result in words, training curve, evaluation against the fixed
 * policies, outcomes, families, calibration, scenes, and how to run it again.
 */
export async function trainReportHtml(report: TrainReport): Promise<string> {
  const { verdict, claims } = trainVerdict(report);
  const context = `Scenario ${report.scenario}, seed ${report.seed}, ${duration(report.seconds)} in all. Brackets are 95\u00a0% intervals.`;
  return page(
    `graft: ${report.arm} on ${report.scenario}`,
    html`${verdictHeader(`graft training report: ${report.arm}`, verdict, claims, context)}
${await trainingSection(report)}
${evaluationSection(report)}
${await outcomesSection(report)}
<div class="columns">${familiesSection(report)}${await calibrationSection(report)}</div>
${examplesSection('Scenes', 'Camera frame and heightmap seen from above (x right, y up). The line joins the two fingers.', report.examples)}
${reproduceSection(report, [
  ['backbone', `${report.backbone.name}: ${report.backbone.card}`],
  ['backbone hash', report.backbone.hash],
  ...Object.entries(report.hashes).map(([name, hash]) => [`hash of ${name}`, hash] as const),
])}`,
  );
}

async function trainingSection({ training, byHand }: TrainReport): Promise<Html> {
  const valid = training.filter(({ outcome }) => outcome !== 'invalid').length;
  if (valid === 0) return section('Training', note('There was no training trial.'));
  const window = Math.min(Math.max(Math.round(valid / 10), 10), 50, valid);
  return section(
    'Training',
    note(
      `Share of the last ${window} training grasps that held. The learner explores while it trains, so this is not the ` +
        'result; the evaluation below is.',
    ),
    when(byHand !== undefined, () => note(handSentence(byHand!))),
    await plot('Success while training', { width: 900, height: 240 }, (size) =>
      successCurveSpec(training, { ...size, window }),
    ),
  );
}

/** What a person had a hand in. */
const handSentence = ({ changes, grasps }: NonNullable<TrainReport['byHand']>): string =>
  `A person changed settings ${changes} time${changes === 1 ? '' : 's'} while it trained, and tried ${grasps} ` +
  `grasp${grasps === 1 ? '' : 's'} of their own. The run does not follow from its seed alone: trials.jsonl says what was ` +
  'done before which trial. The evaluation is that of the scenario as it was started.';

function evaluationSection({ arm, final, baselines }: TrainReport): Html {
  const row = (name: string, { rate, trials }: { rate: number; trials: number }) => [
    { content: name },
    figure(`${Math.round(rate * trials)} of ${trials}`),
  ];
  return section(
    'Evaluation',
    table(
      [{ content: 'policy' }, figure('held'), figure('success'), figure(`${arm} minus this, points`)],
      [
        [...row(arm, final), figure(rateCell(final)), figure('')],
        ...baselines.map((baseline) => [
          ...row(baseline.policy, baseline),
          figure(rateCell(baseline)),
          figure(
            html`${decimal(100 * baseline.difference.difference, 1)} <small>${bounds(baseline.difference, 1)}</small>`,
          ),
        ]),
      ],
    ),
    note(
      'All policies were given the same scenes. Differences are paired by scene; one whose interval includes 0 may be chance.' +
        (final.invalid > 0 ? ` ${final.invalid} trials diverged in simulation and are not counted.` : ''),
    ),
  );
}

/** Room for the policies' names beside the bars, pixels. */
const OUTCOME_LABELS = 85;

async function outcomesSection({ arm, final, baselines }: TrainReport): Promise<Html> {
  const counted = [{ policy: arm, ...final }, ...baselines].filter(({ trials }) => trials > 0);
  if (counted.length === 0) return html``;
  const policies = counted.map(({ policy, rate, trials, reasons }) => ({
    policy,
    counts: { ...reasons, held: Math.round(rate * trials) },
  }));
  return section(
    'How grasps ended',
    await plot('Outcomes by policy', { width: 850, height: 0 }, ({ width }) =>
      outcomeBarsSpec(policies, { width: width - OUTCOME_LABELS }),
    ),
  );
}

function familiesSection({ final: { families } }: TrainReport): Html {
  const rows = Object.entries(families).map(([family, { held, trials }]) => [
    { content: family },
    figure(`${held} of ${trials}`),
    figure(trials > 0 ? rateCell(wilson(held, trials)) : '\u2013'),
  ]);
  return when(rows.length > 0, () =>
    section('By object family', table([{ content: 'family' }, figure('held'), figure('success')], rows)),
  );
}

async function calibrationSection({ final: { calibration } }: TrainReport): Promise<Html> {
  if (calibration.length === 0) return html``;
  const bins = calibrationBins(calibration);
  return section(
    'Are the predictions true?',
    note(
      'Evaluation grasps sorted by the predicted chance of holding, against how often they held. On the dashed line the ' +
        `two agree. Mean squared error of the predictions (Brier score): ${decimal(brierScore(calibration), 3)}; 0 is perfect.`,
    ),
    await plot('Predicted chance against observed success', { width: 420, height: 300 }, (size) =>
      calibrationSpec(bins, size),
    ),
  );
}
