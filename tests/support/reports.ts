import type { BenchArm, BenchReport, BenchTarget } from '../../scenarios/report/bench/data.ts';
import type { ReportExample } from '../../scenarios/report/example.ts';
import type { RunFacts } from '../../scenarios/report/html/reproduce.ts';
import { wilson } from '../../scenarios/report/statistics.ts';
import type { TrainReport } from '../../scenarios/report/training/data.ts';
import { rngStream } from '../../sim/math/rng.ts';

export const FACTS = {
  command: 'graft bench transfer --seeds 10 --out report.html',
  scenario: 'tabletop',
  seed: 7,
  engine: 'wasm, 2 threads',
  physics: 'rapier3d-simd-compat 0.20.0',
  versions: { graft: '0.1.0', node: '20.20.2' },
  seconds: 5025,
} satisfies RunFacts;

/** A box on a table, seen by a made-up camera. */
export function exampleScene(title: string, outcomes: ReportExample['outcomes']): ReportExample {
  const size = 96;
  const height = new Float32Array(size * size);
  const affordance = new Float32Array(size * size);
  for (let row = 55; row < 75; row++) {
    for (let col = 20; col < 60; col++) {
      height[row * size + col] = 0.04 + 0.0004 * col;
      affordance[row * size + col] = Math.exp(-((col - 40) ** 2 + (row - 65) ** 2) / 150);
    }
  }
  const rgb = new Uint8Array(3 * 160 * 120).map((_, i) => 90 + ((i % 480) >> 2) - ((i / 480) >> 1));
  return {
    title,
    image: { width: 160, height: 120, rgb },
    heightmap: { size, height },
    affordance,
    grasp: { row: 65, col: 40, yaw: Math.PI / 3, openingCells: 22 },
    outcomes,
    probability: 0.87,
  };
}

/** A plausible training run. */
export function trainFixture(): TrainReport {
  const rng = rngStream(11, 'fixture');
  const training = Array.from({ length: 400 }, (_, trial) => ({
    trial,
    outcome: rng.next() < 0.3 + 0.5 * (1 - Math.exp(-trial / 90)) ? 'held' : 'slipped',
    probability: trial < 20 ? null : rng.next(),
  }));
  const calibration = Array.from({ length: 300 }, () => {
    const probability = Math.sqrt(rng.next());
    return { probability, held: rng.next() < 0.9 * probability };
  });
  const baseline = (policy: string, held: number, difference: number, half: number) => ({
    policy,
    trials: 300,
    ...wilson(held, 300),
    reasons: { missed: 10, slipped: 290 - held },
    difference: { difference, low: difference - half, high: difference + half },
  });
  return {
    ...FACTS,
    command: 'graft train tabletop --seed 7',
    arm: 'pretrained',
    backbone: { name: 'mobilenet-v2-0.5', hash: '9f3c1e07aa52', card: 'ImageNet, Apache-2.0, first 6 blocks' },
    training,
    final: {
      trials: 300,
      ...wilson(247, 300),
      invalid: 2,
      reasons: { missed: 11, slipped: 24, collided: 9, 'too-wide': 6, unstable: 3 },
      families: {
        bottle: { held: 90, trials: 100 },
        mug: { held: 72, trials: 100 },
        bracket: { held: 85, trials: 100 },
      },
      calibration,
    },
    baselines: [
      baseline('depth-centroid', 211, 0.12, 0.07),
      baseline('antipodal', 244, 0.01, 0.05),
      baseline('oracle', 285, -0.127, 0.06),
    ],
    examples: [
      exampleScene('Evaluation scene 12: bottle', [
        { policy: 'pretrained', outcome: 'held' },
        { policy: 'depth-centroid', outcome: 'slipped' },
      ]),
      { ...exampleScene('Evaluation scene 40: mug', [{ policy: 'pretrained', outcome: 'missed' }]), affordance: null },
    ],
    hashes: { checkpoint: 'c0ffee12ab34', recording: '5eed00ff1122' },
  };
}

/** The rows that a plot, or a layer of it, draws. */
export function valuesOf(spec: object | undefined): Record<string, unknown>[] {
  const { data } = spec as { data?: { values?: Record<string, unknown>[] } };
  return data?.values ?? [];
}

/** A benchmark in which nothing was measured. */
export const emptyBench = (): BenchReport => ({
  ...FACTS,
  preset: 'smoke',
  headline: { frozen: null, scratch: null },
  targets: [],
  overall: null,
  profiles: [],
  missing: [],
  units: 0,
  leftOut: [],
});

/** An arm with a curve of [trials, rate], intervals of 10 points on either side, and nothing else. */
export const benchArm = (
  name: string,
  kind: BenchArm['kind'],
  points: readonly (readonly [number, number])[],
): BenchArm => ({
  ...{ name, kind, role: 'frozen', description: '', seeds: [0], area: null, trialsTo: [] },
  ...{ clutter: null, lost: null, cost: null },
  curve: points.map(([trials, rate]) => ({ trials, rate, low: rate - 0.1, high: rate + 0.1, perSeed: [rate] })),
});

/** A target on which nothing was measured. */
export const benchTarget = (title: string): BenchTarget => ({
  ...{ name: title, title, description: '', main: false, families: [], familiesSeen: false },
  ...{ budgets: [25, 800], finalTrials: 60, trials: 60, level: 0.8 },
  ...{ arms: [], comparisons: [], start: null, examples: [] },
});

/** Text as a reader sees it, tables as rows of cells. */
export const readable = (markup: string): string =>
  markup
    .replace(/<(style|svg)[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&gt;', '>')
    .replace(/[\s\u00a0]+/g, ' ');
