/**
 * What each part of the learner is worth: `npx tsx tests/bench/ablations.ts [folder]`. One setting at a time is changed and the
 * learner trained and judged as `graft tune` does it, on its validation families: three seeds, 192 trials, 300 executed grasps
 * each, the same scenes for all. Prints the table of docs/figures.md; finished runs are kept in the folder
 * (runs/ablations) and not repeated.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Regime } from '../../agent/learner/regimes.ts';
import { pairedDifferenceOf, type TuneJson } from '../../scenarios/experiments/tune/report.ts';
import type { TuneRun } from '../../scenarios/experiments/tune/run.ts';
import { runTune } from '../../scenarios/experiments/tune/tune.ts';
import { parseOverride } from '../../scenarios/overrides.ts';

const SEEDS = 3;
const TRIALS = 192;
const EVALUATION = 300;
const FRESH = 'learner.head=fresh';

interface Ablation {
  readonly name: string;
  readonly arm?: Regime;
  readonly set: readonly string[];
}

/** Each group begins with what the others of it are compared with. */
const GROUPS: readonly { readonly title: string; readonly rows: readonly Ablation[] }[] = [
  {
    title: 'The default learner: trunk `grasp-passive`, head initialised',
    rows: [
      { name: 'default', set: [] },
      { name: 'head fresh', set: [FRESH] },
      { name: 'trunk and head from grasps alone', set: ['learner.backbone=grasp'] },
      { name: 'head held to its start less (anchor 10)', set: ['learner.headAnchor=10'] },
      { name: 'head not held (anchor 0)', set: ['learner.headAnchor=0'] },
      { name: 'balanced replay', set: ['learner.replay=balanced'] },
      { name: 'failure-heavy replay', set: ['learner.replay=failures'] },
      { name: 'scores smoothed over neighbours', set: ['action.smoothing=0.5'] },
      { name: '18 angles', set: ['action.angles=18'] },
      { name: 'depth predicted (20, 30, 40 mm)', set: ['action.depths=[0.02,0.03,0.04]'] },
      { name: 'opening predicted (60 %, 100 %)', set: ['action.openings=[0.6,1]'] },
    ],
  },
  {
    title: 'Features alone: trunk `grasp-passive`, head fresh',
    rows: [
      { name: 'fresh', set: [FRESH] },
      { name: 'trunk `grasp`', set: [FRESH, 'learner.backbone=grasp'] },
      { name: 'trunk `passive`', set: [FRESH, 'learner.backbone=passive'] },
      { name: 'random trunk', arm: 'random', set: [] },
      { name: 'last layer only', set: [FRESH, 'learner.taps=[conv6]'] },
      { name: 'balanced replay', set: [FRESH, 'learner.replay=balanced'] },
      { name: 'failure-heavy replay', set: [FRESH, 'learner.replay=failures'] },
      { name: 'half the exploring grasps antipodal', set: [FRESH, 'training.heuristicShare=0.5'] },
      { name: 'one grasp a scene', set: [FRESH, 'training.graspsPerScene=1', 'training.scenesPerRound=16'] },
      { name: 'other angles at the same cell', set: [FRESH, 'training.sameCell=true'] },
      { name: 'greedier exploring (temperature 0.2)', set: [FRESH, 'training.temperature=0.2'] },
      { name: 'depth predicted (20, 30, 40 mm)', set: [FRESH, 'action.depths=[0.02,0.03,0.04]'] },
    ],
  },
  {
    title: 'From scratch',
    rows: [
      { name: 'scratch', arm: 'scratch', set: [] },
      { name: 'rotation-equivariant, depth only', arm: 'equivariant', set: [] },
    ],
  },
];

const folder = process.argv[2] ?? join('runs', 'ablations');
const controller = new AbortController();
process.on('SIGINT', () => controller.abort());
const percent = (rate: number): string => (100 * rate).toFixed(1);
const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function measure(
  group: number,
  row: number,
  { arm = 'pretrained', set }: Ablation,
): Promise<{
  readonly result: TuneJson;
  readonly runs: readonly TuneRun[];
}> {
  const out = join(folder, `${group}-${row}`);
  const result = await runTune({
    ...{ arm, out, scenario: 'tabletop', set: set.map(parseOverride), trials: TRIALS, evaluation: EVALUATION },
    ...{ configs: 1, seeds: SEEDS, search: 'random', seed: 0, workers: 1, quiet: true, command: '' },
    signal: controller.signal,
  });
  const raw = join(out, 'raw');
  const runs = readdirSync(raw).map((name) => JSON.parse(readFileSync(join(raw, name), 'utf8')) as TuneRun);
  return { result, runs };
}

for (const [group, { title, rows }] of GROUPS.entries()) {
  say(`\n### ${title}\n\n| | setting | held, % | difference, points | training, s |\n|---|---|---|---|---|`);
  let first: readonly TuneRun[] = [];
  for (const [row, ablation] of rows.entries()) {
    const { result, runs } = await measure(group, row, ablation);
    if (row === 0) first = runs;
    const [{ rate, low, high }] = result.configs;
    const against = row === 0 ? null : pairedDifferenceOf(row, runs, first);
    const difference = against
      ? `${percent(against.difference)} [${percent(against.low)}, ${percent(against.high)}]`
      : '';
    const settings = [...(ablation.arm ? [`arm ${ablation.arm}`] : []), ...ablation.set].map((s) => `\`${s}\``);
    say(
      `| ${ablation.name} | ${settings.join(' ')} | ${percent(rate)} [${percent(low)}, ${percent(high)}] | ${difference} | ${(result.effort.trainSeconds / SEEDS).toFixed(0)} |`,
    );
  }
}
process.exit(0);
