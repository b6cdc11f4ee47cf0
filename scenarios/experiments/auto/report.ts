/** Report of a search: the reasons for its choice in plain words, and the page. */
import {
  figure,
  type Html,
  html,
  note,
  page,
  rateCell,
  section,
  table,
  verdictHeader,
} from '../../report/html/html.ts';
import type { RunFacts } from '../../report/html/reproduce.ts';
import { reproduceSection } from '../../report/html/reproduce.ts';
import { decimal, percent } from '../../report/numbers.ts';
import { wilson } from '../../report/statistics.ts';
import { type Candidate, candidateName, type Ranked } from './candidates.ts';
import type { AutoPlan } from './plan.ts';
import type { RungResult } from './state.ts';

/** How a budget was spent, trials. */
interface AutoSpent {
  /** Random grasps that all candidates learned from. */
  readonly shared: number;
  /** Of each rung. */
  readonly rungs: readonly number[];
  /** The winner's own, at the end. */
  readonly winner: number;
}

/** What a search did and why. */
export interface AutoStory {
  readonly chosen: Candidate;
  readonly plan: AutoPlan;
  readonly ranking: readonly Ranked[];
  readonly rungs: readonly RungResult[];
  readonly spent: AutoSpent;
}

const trials = (n: number): string => `${n} ${n === 1 ? 'trial' : 'trials'}`;

/** Why the winner was chosen, in plain words, a sentence an entry. */
export function reasons({ chosen, ranking, rungs, spent }: AutoStory): string[] {
  const place = ranking.findIndex((r) => r.backbone === chosen.backbone && r.taps.join() === chosen.taps.join());
  const scored = ranking[place]?.scores != null;
  const last = rungs.at(-1);
  const [first, second] = last?.standings ?? [];
  return [
    scored
      ? `On ${trials(spent.shared)} of random grasps, its features came ${ordinal(place + 1)} of ${ranking.length} sets of features (LogME, H-score and linear probe).`
      : `The ${trials(spent.shared)} of random grasps ended too much alike to rank features by; the layers that each backbone's card names were preferred.`,
    ...(rungs.length > 0
      ? [
          `${rungs[0].standings.length} candidates explored in turn, all learned from every grasp, and the half that predicted the outcomes of new grasps worse was dropped, ${rungs.length === 1 ? 'once' : `${rungs.length} times`}.`,
        ]
      : ['It was the only candidate.']),
    ...(first && second
      ? [
          `At the end its predictions lost ${decimal(first.loss, 3)} nats a grasp, those of ${candidateName(second.candidate)} ${decimal(second.loss, 3)} (coin tosses lose ${decimal(Math.LN2, 3)}).`,
        ]
      : []),
    `Choosing took ${trials(spent.shared + sum(spent.rungs))}, none of them lost to the winner; it explored the other ${spent.winner} by itself.`,
    ...(chosen.technique === 'none'
      ? [
          'Learning did not make it predict better: its head stays as it was pretrained, and its predictions follow what its trials held.',
        ]
      : []),
  ];
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

function ordinal(n: number): string {
  const suffix = n % 100 >= 11 && n % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return n === 1 ? 'first' : `${n}${suffix}`;
}

/** The search as one HTML file that loads nothing else. @param success of the trained policy on the evaluation scenes. */
export function autoReportHtml(
  story: AutoStory,
  facts: RunFacts,
  success: { readonly rate: number; readonly low: number; readonly high: number; readonly trials: number },
): string {
  const { chosen } = story;
  const verdict = `Chosen: ${candidateName(chosen)}. After ${trials(total(story.spent))} in all it holds ${percent(success.rate)} [${percent(success.low)}, ${percent(success.high)}] of ${success.trials} evaluation grasps.`;
  return page(
    `graft: automated transfer on ${facts.scenario}`,
    html`${verdictHeader('graft: automated transfer', verdict, reasons(story), `Scenario ${facts.scenario}, seed ${facts.seed}. Brackets are 95\u00a0% intervals. The policy's own report is report.html beside this file.`)}
${spentSection(story)}
${rungSections(story)}
${rankingSection(story)}
${reproduceSection(facts, [])}`,
  );
}

const total = ({ shared, rungs, winner }: AutoSpent): number => shared + sum(rungs) + winner;

function spentSection({ spent, rungs }: AutoStory): Html {
  const rows = [
    ['random grasps that all candidates share', spent.shared],
    ...spent.rungs.map((n, i) => [`rung ${i + 1}: ${rungs[i].standings.length} candidates`, n] as const),
    ['the winner alone', spent.winner],
  ] as const;
  return section(
    'Budget',
    table(
      [{ content: 'part' }, figure('trials')],
      rows.map(([part, n]) => [{ content: part }, figure(n)]),
    ),
  );
}

function rungSections({ rungs }: AutoStory): Html {
  const tables = rungs.map(({ standings, kept, predicted, trials: at }, i) => {
    const rows = standings.map(({ candidate, loss, rawLoss, tried, held }, k) => [
      { content: candidateName(candidate) },
      figure(decimal(loss, 4)),
      figure(decimal(rawLoss, 4)),
      figure(tried > 0 ? rateCell(wilson(held, tried)) : '\u2013'),
      { content: k < kept ? 'went on' : 'dropped' },
    ]);
    const head = [
      { content: `rung ${i + 1}, after ${at} trials, ${predicted} predicted` },
      figure('loss, nats'),
      figure('uncalibrated'),
      figure('own grasps held'),
      { content: '' },
    ];
    return table(head, rows);
  });
  return section(
    'Rungs',
    note(
      'Every candidate predicted every new grasp, whoever chose it, before it learned from it. The mean loss of these predictions, calibrated by a line through their logits, decides; smaller is better. ' +
        'How often the grasps held that a candidate chose itself while exploring is shown, but decides nothing: it is too few grasps to tell candidates apart.',
    ),
    tables,
  );
}

function rankingSection({ ranking }: AutoStory): Html {
  const rows = ranking.map(({ backbone, taps, features, scores, place }) => [
    { content: `${backbone} (${taps.join('+')})` },
    figure(features),
    ...(scores
      ? [
          figure(decimal(scores.logMe, 4)),
          figure(decimal(scores.hScore, 4)),
          figure(decimal(scores.probeLoss, 4)),
          figure(percent(scores.probeAccuracy)),
          figure(scores.normEntropy === undefined ? '\u2013' : decimal(scores.normEntropy, 4)),
        ]
      : [figure('\u2013', 5)]),
    figure(decimal(place, 1)),
  ]);
  const head = [
    { content: 'backbone (taps)' },
    figure('features'),
    figure('LogME'),
    figure('H-score'),
    figure('probe loss, nats'),
    figure('probe right'),
    figure('entropy of norms'),
    figure('mean place'),
  ];
  return section(
    'Ranking of the features',
    note(
      'What the features say of the random grasps, before any learning. LogME and H-score: larger is better; probe loss: smaller is better. The mean of the three places orders the table. The entropy of the feature norms needs no outcomes, and decides nothing: 1 if all grasps look alike to the trunk, less if a few stand out.',
    ),
    table(head, rows, 'dense'),
  );
}
