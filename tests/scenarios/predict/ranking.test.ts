import { beforeAll, describe, expect, it } from 'vitest';
import type { Proposal } from '../../../agent/policy/proposal.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import type { PredictedGrasp } from '../../../scenarios/predict/predict.ts';
import { type Candidate, candidatesOf, choose, type Ranked } from '../../../scenarios/predict/ranking.ts';
import { type PredictionRequest, parseQuestion } from '../../../scenarios/predict/request.ts';
import type { Scenario } from '../../../scenarios/schema/schema.ts';
import { topDownGrasp } from '../../../sim/grasp.ts';
import { IDENTITY_POSE, type Pose } from '../../../sim/math/pose.ts';
import { rngStream } from '../../../sim/math/rng.ts';

const [SIZE, CELL] = [96, 0.004];
const [COLUMN_A, COLUMN_B, ROW] = [30, 66, 48];
const A = ROW * SIZE + COLUMN_A;
const B = ROW * SIZE + COLUMN_B;
let scenario: Scenario;

beforeAll(() => {
  const { scenario: tabletop } = loadScenario('tabletop');
  scenario = { ...tabletop, action: { ...tabletop.action, depths: [0.035] } };
});

/** Two narrow boxes, 50 mm tall; where the fingers of the one at A come down nothing was seen behind a wall. */
function heightmap() {
  const height = new Float32Array(SIZE * SIZE);
  const observed = new Uint8Array(SIZE * SIZE).fill(1);
  for (let r = ROW - 3; r <= ROW + 3; r++)
    for (const middle of [COLUMN_A, COLUMN_B]) height.fill(0.05, r * SIZE + middle - 3, r * SIZE + middle + 4);
  return { size: SIZE, cell: CELL, height, observed, colour: new Float32Array(3 * SIZE * SIZE) };
}

function shadowed() {
  const map = heightmap();
  for (let r = ROW - 8; r <= ROW + 8; r++) map.observed.fill(0, r * SIZE, r * SIZE + COLUMN_A - 3);
  return map;
}

const question = (more: object): PredictionRequest => ({
  ...parseQuestion({ intrinsics: { widthPx: 64, heightPx: 48, fx: 60, fy: 60, cx: 32, cy: 24 }, ...more }, 'q'),
  depth: new Float32Array(64 * 48),
});

// closing along x at both boxes, the one at A a little better
const scored = (map: Ranked['tile']['heightmap'], logitA: number, logitB: number): Proposal => {
  const { angles } = scenario.action;
  const logits = new Float32Array(angles * 2).fill(-9);
  [logits[0], logits[1]] = [logitA, logitB];
  const qMap = { cells: [A, B], logits };
  return { grasp: topDownGrasp([0, 0, map.cell], 0, 0.08), probability: 0.5, action: null, qMap };
};

function ask(
  map: ReturnType<typeof heightmap>,
  proposal: Proposal,
  more: object,
  eye: Pose['position'] = [0.9, 0, 0.6],
) {
  const request = question(more);
  const about: Ranked = {
    tile: { heightmap: map, pose: IDENTITY_POSE },
    index: 0,
    scenario,
    hand: scenario.gripper,
    request,
    camera: { ...IDENTITY_POSE, position: eye },
  };
  return choose(candidatesOf(proposal, about), request);
}

const columnOf = ({ cell }: { cell: { col: number } | null }) => cell?.col;

describe('a ranking', () => {
  it('goes by the scores where all is seen', () => {
    const map = heightmap();
    expect(ask(map, scored(map, 2, 1.5), { count: 2 }).map(columnOf)).toEqual([COLUMN_A, COLUMN_B]);
  });

  it('puts a grasp into the shadow behind one that is a little less promising', () => {
    const map = shadowed();
    expect(columnOf(ask(map, scored(map, 2, 1.9), {})[0])).toBe(COLUMN_B);
    expect(columnOf(ask(map, scored(map, 2, 1.9), { clear: false })[0])).toBe(COLUMN_A);
    // much better is better, hidden or not: nobody knows that something is there
    expect(columnOf(ask(map, scored(map, 9, 1.5), {})[0])).toBe(COLUMN_A);
  });

  it('has no shadow under a camera straight above', () => {
    const map = shadowed();
    expect(columnOf(ask(map, scored(map, 2, 1.5), {}, [0, 0, 0.8])[0])).toBe(COLUMN_A);
  });

  it('tries another grasp than the one that failed', () => {
    const map = heightmap();
    const [first] = ask(map, scored(map, 2, 1.5), {});
    const failed = [{ position: first.position, quaternion: first.quaternion }];
    expect(columnOf(ask(map, scored(map, 2, 1.5), { failed })[0])).toBe(COLUMN_B);
    // turned by a right angle it is another grasp
    const turned = [
      { position: first.position, quaternion: topDownGrasp([0, 0, 0], Math.PI / 2, 0.08).pose.quaternion },
    ];
    expect(columnOf(ask(map, scored(map, 2, 1.5), { failed: turned })[0])).toBe(COLUMN_A);
  });

  it('takes the very grasps of the whole list in order, and looks at few', () => {
    const rng = rngStream(0, 'test/ranking');
    let looks = 0;
    const told = Array.from({ length: 400 }, (_, place) => {
      const bound = rng.int(40) / 4;
      const rank = bound - (rng.next() < 0.5 ? rng.int(8) / 4 : 0);
      return { bound, rank, grasp: { position: [place, 0, 0], overlap: place } as unknown as PredictedGrasp };
    });
    const candidates = told.map(({ bound, rank, grasp }): Candidate => {
      const one = { rank, position: grasp.position, reach: () => ({ seen: 0, hidden: 0 }), told: () => grasp };
      return {
        bound,
        look: () => {
          looks++;
          return one;
        },
      };
    });
    const inOrder = told.toSorted((a, b) => b.rank - a.rank).map(({ grasp }) => grasp);
    expect(choose(candidates, question({ count: 5 }))).toEqual(inOrder.slice(0, 5));
    expect(looks).toBeLessThan(100);
    expect(choose(candidates, question({ count: 100 }))).toEqual(inOrder.slice(0, 100));
  });

  it('takes the next of a policy without scores where the first is blocked or has failed', () => {
    const map = heightmap();
    const across = topDownGrasp([(COLUMN_A + 4 - 48) * CELL + 0.04, 0, 0.01], 0, 0.08);
    const free = topDownGrasp([(COLUMN_B + 0.5 - 48) * CELL, 0, 0.015], 0, 0.08);
    const proposal = { grasp: across, probability: null, action: null, qMap: null, others: [free] };
    expect(ask(map, proposal, { clear: false })[0].position).toEqual(across.pose.position);
    expect(ask(map, proposal, {})[0].position).toEqual(free.pose.position);
    expect(ask(map, proposal, { clear: false, failed: [across.pose] })[0].position).toEqual(free.pose.position);
  });
});
