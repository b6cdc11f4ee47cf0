/** Figures of the transfer benchmark, from its stored result. */

import { EQUAL_LEVEL, levelText } from '../bench/levels.ts';
import type { BenchResult } from '../bench/result.ts';
import { count } from '../numbers.ts';
import type { Interval } from '../statistics.ts';
import { againstTable, armsTables, costTable } from './arms.ts';
import {
  after,
  armOf,
  code,
  costs,
  lastOf,
  MARKED,
  named,
  pairOf,
  points,
  rate,
  ratio,
  row,
  type Target,
  trials,
} from './cells.ts';
import type { FigureGroup, FigureTable } from './page.ts';

/** What the pretrained policy is worth before any trial, target by target. */
function startTable(targets: readonly Target[]): FigureTable {
  const started = targets.flatMap((target) => (target.start ? [{ target, start: target.start }] : []));
  const { arm, scratch } = started[0].start;
  return {
    title: 'Before any trial',
    about:
      `${code(arm)} is the pretrained policy before any trial of its own, ${code(scratch)} the same network trained from random weights. ` +
      'Held: interquartile mean over seeds. The last column is a plain mean, paired by scene; positive: the policy before any trial is ahead.',
    columns: [
      named('seeds'),
      named(`${code(arm)} held, %`, 0),
      named(`${code(scratch)} equals it after, trials`),
      named(`minus ${code(scratch)} with all its trials, points`, 1),
    ],
    rows: started.map(({ target, start }) => {
      const pair = pairOf(target, start.arm, start.scratch);
      const held = rate(armOf(target, start.arm)?.curve[0]);
      return row(target.title, [pair?.seeds ?? null, held, trials(start.equals), points(lastOf(pair?.differences))]);
    }),
  };
}

/** The two arms of the verdict with the fewest and the most trials. */
function successTable({ details, headline: { frozen, scratch } }: BenchResult): FigureTable {
  return {
    title: 'Success by target',
    about: `Grasps held, %, after the fewest trials (25) and the most. The difference with the most is a plain mean over seeds, paired by scene: ${code(frozen!)} minus ${code(scratch!)}.`,
    columns: [
      named('most trials'),
      ...[frozen, scratch].flatMap((name) => [named(`${code(name!)}, 25`, 0), named('most', 0)]),
      named('difference, points', 1),
    ],
    rows: details.map((target) => {
      const both = [frozen, scratch].flatMap((name) => {
        const curve = armOf(target, name)?.curve;
        return [rate(curve?.[0]), rate(lastOf(curve))];
      });
      const difference = lastOf(pairOf(target, frozen, scratch)?.differences);
      return row(target.title, [count(lastOf(target.budgets)!), ...both, points(difference)]);
    }),
  };
}

/** Ratio of trials on each target, and what the same success costs. */
function ratiosTable({ details, headline: { frozen, scratch } }: BenchResult): FigureTable {
  return {
    title: 'Trials to the same success',
    about: `${code(scratch!)} over ${code(frozen!)}, at the level named. ${MARKED}`,
    columns: [
      named('level'),
      named('trials'),
      named('time to train, trials included'),
      named('arithmetic of learning'),
    ],
    rows: details.map((target) => {
      const ratios = pairOf(target, frozen, scratch)?.ratios;
      return row(target.title, [levelText(target.level), ...costs(ratios)]);
    }),
  };
}

/** The median ratio of trials at several levels, and the chance of improvement. */
function overallTable({ overall, headline: { frozen, scratch } }: BenchResult): FigureTable[] {
  if (!overall) return [];
  const { median, atLevels, improvement } = overall;
  const lowest = atLevels.map(({ level, literal }) => row(`median, ${100 * level} % of grasps held`, [ratio(literal)]));
  const ofOracle = atLevels[atLevels.length - 1];
  return [
    {
      title: 'Over all targets',
      about: `Trials of ${code(scratch!)} over trials of ${code(frozen!)}, median of ${overall.targets} targets. ${MARKED}`,
      columns: [named('ratio of trials')],
      rows: [
        row('median, 80 % or 90 % of the oracle\u2019s success where that is lower', [ratio(median)]),
        ...lowest,
        row('median, 90 % of the oracle\u2019s success', [ratio(ofOracle.median)]),
        row(`chance that a run of ${code(frozen!)} ends above one of ${code(scratch!)}`, [chance(improvement)]),
      ],
    },
  ];
}

const chance = ({ value, low, high }: Interval): string =>
  `${value.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;

/** What own trials add to the pretrained policy. */
function ownTrialsTable({ details, headline: { frozen } }: BenchResult): FigureTable {
  const rows = details.flatMap((target) => {
    const pair = target.start && pairOf(target, frozen, target.start.arm);
    const last = lastOf(pair?.differences);
    return last ? [row(target.title, [count(last.trials), points(last)])] : [];
  });
  return {
    title: 'What own trials add',
    about: `${code(frozen!)} with the most trials minus itself before any, paired by scene.`,
    columns: [named('trials'), named('difference, points', 1)],
    rows,
  };
}

/** Rounds of clutter removal. */
function roundsTable({ details }: BenchResult): FigureTable {
  const rows = details.flatMap((target) =>
    target.arms.flatMap(({ name, seeds, clutter }) =>
      clutter && name !== 'depth-pca'
        ? [row(`${target.title}, ${code(name)}`, [seeds.length, rate(clutter.gsr), rate(clutter.dr)])]
        : [],
    ),
  );
  return {
    title: 'Rounds of clutter removal',
    about:
      'Five unseen objects a round, one view with the noise of VGN\u2019s and GIGA\u2019s scenes, after the most trials; 20 rounds a seed in packed clutter, 12 in piles.',
    columns: [named('seeds'), named('grasp success (GSR), %', 0), named('objects cleared (DR), %', 0)],
    rows,
  };
}

/** Features alone, elsewhere than on the first target. */
function featuresTable({ details, headline: { scratch } }: BenchResult): FigureTable {
  const names = ['passive', 'random', scratch!];
  return {
    title: 'Features alone on other targets',
    about:
      'Grasps held, %, after 25 and 800 trials. Frozen trunks have two seeds here, so rows are not to be compared by eye. ' +
      MARKED,
    columns: [
      ...names.flatMap((name) => [named(`${code(name)}, 25`, 0), named('800', 0)]),
      named(`trials to the level, ${code(scratch!)} over ${code(names[0])}`),
    ],
    rows: details
      .slice(1)
      .filter((target) => armOf(target, names[0]))
      .map((target) =>
        row(target.title, [
          ...names.flatMap((name) => [25, 800].map((budget) => after(armOf(target, name), budget))),
          costs(pairOf(target, names[0], scratch)?.ratios)[0],
        ]),
      ),
  };
}

/** All figures of `--preset full`. @param folder of the benchmark, from the page. */
export function transferGroup(result: BenchResult, folder: string): FigureGroup {
  return {
    title: 'Transfer',
    about:
      `[Report](${folder}/report.html), [result](${folder}/result.json), [raw outcomes](${folder}/raw.jsonl.gz). Again: ` +
      `\`npx graft bench transfer --preset full --out docs/${folder} --report-only\`. \`headAnchor\` and both mends of the published noise ` +
      'were chosen with a look at the evaluation families; `npm start` evaluates on the scenes of seeds 0 to 4 on unseen families.',
    tables: [
      startTable(result.details),
      successTable(result),
      ratiosTable(result),
      ...overallTable(result),
      ownTrialsTable(result),
      costTable(result),
      roundsTable(result),
      ...armsTables(result),
      againstTable(result),
      featuresTable(result),
    ],
  };
}

/** All figures of a preset with one target. @param about how it is called, its files and sizes. */
export function oneTargetGroup(
  { details: [target] }: BenchResult,
  { title, preset, about }: { readonly title: string; readonly preset: string; readonly about: string },
): FigureGroup {
  const { budgets, arms } = target;
  const [first] = arms.flatMap(({ failedFirst }) => failedFirst ?? []);
  return {
    title,
    about,
    tables: [
      {
        title: `${title} by budget`,
        about: 'Grasps held, %, by training trials. Seconds of a busy machine; their ratio is what counts.',
        command: `npx graft bench transfer --preset ${preset}`,
        columns: [
          ...budgets.map((budget) => named(count(budget), 0)),
          named('trials to 80 %'),
          ...(first ? [named(`failed grasps in the first ${count(first.trials)} trials`, 0)] : []),
          named('seconds of updates', 1),
        ],
        rows: arms.map((arm) =>
          row(code(arm.name), [
            ...(arm.kind === 'fixed' ? [rate(arm.curve[0]), ...budgets.slice(1).map(() => null)] : arm.curve.map(rate)),
            trials(arm.trialsTo.find(({ level }) => level === EQUAL_LEVEL)?.trials),
            ...(first ? [arm.failedFirst?.failed ?? null] : []),
            arm.cost?.updateSeconds ?? null,
          ]),
        ),
      },
    ],
  };
}

/**
 * What own trials are worth to the policy as it comes, of a preset whose targets it is weak on.
 * @param before the arm that learns nothing.
 * @param about how it is called, its files and sizes.
 */
export function adaptGroup(
  { details }: BenchResult,
  { title, preset, before, about }: { title: string; preset: string; before: string; about: string },
): FigureGroup {
  const budgets = details[0].budgets;
  const rows = details.flatMap((target) =>
    target.arms.flatMap((arm) => {
      const pair = pairOf(target, arm.name, before);
      if (!pair || arm.kind === 'fixed') return [];
      const start = rate(armOf(target, before)?.curve[0]);
      const each = arm.curve.flatMap((point, i) => [rate(point), points(pair.differences[i])]);
      return [row(`${target.title}, ${code(arm.name)}`, [start, ...each])];
    }),
  );
  return {
    title,
    about,
    tables: [
      {
        title: `${title}, before and after`,
        about: `Differences are from ${code(before)}, before any trial, paired by scene.`,
        command: `npx graft bench transfer --preset ${preset}`,
        columns: [
          named('before: held, %', 1),
          ...budgets.flatMap((budget) => [named(`after ${count(budget)}, %`, 1), named('difference, points', 1)]),
        ],
        rows,
      },
    ],
  };
}
