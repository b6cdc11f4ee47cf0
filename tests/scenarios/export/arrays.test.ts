import { describe, expect, it } from 'vitest';
import { type TrialArray, trialArrays } from '../../../scenarios/export/arrays.ts';
import { exportedTrial, exportedTrials, HEIGHT, SIZE, WIDTH } from '../../support/recordings/exported-trials.ts';

const N = 5;
const trials = exportedTrials(N);
const arrays = trialArrays(trials);

/** Values of one trial. */
function of(name: string, trial: number): unknown[] {
  const array = arrays[name];
  if (array.kind !== 'numbers') return [array.values[trial]];
  const length = array.values.length / N;
  return [...array.values.subarray(trial * length, (trial + 1) * length)];
}
const length = (array: TrialArray): number => (array.kind === 'numbers' ? array.shape[0] : array.values.length);

describe('the arrays of trials', () => {
  it('have a row for every trial, and as many numbers as their shape says', () => {
    for (const [name, array] of Object.entries(arrays)) {
      expect(length(array), name).toBe(N);
      if (array.kind === 'numbers') expect(array.values.length, name).toBe(array.shape.reduce((a, b) => a * b));
    }
    const shapes = Object.entries(arrays).map(([name, a]) => [name, a.kind === 'numbers' ? a.shape : a.kind]);
    expect(Object.fromEntries(shapes)).toMatchObject({
      ...{ colour: [N, HEIGHT, WIDTH, 3], depth: [N, HEIGHT, WIDTH], heightmap: [N, SIZE, SIZE] },
      ...{ affordance: [N, SIZE, SIZE], intrinsics: [N, 3, 3], camera_pose: [N, 7], cell: [N], grasp_position: [N, 3] },
      ...{ grasp_orientation: [N, 4], forces: [N, 2], held: 'booleans', outcome: 'texts', families: 'texts' },
    });
  });

  it('hold what each trial saw, did and got', () => {
    trials.forEach(({ proof, grasp, seen, outcome, trial }, i) => {
      const { gap, forces, rise, stateHash } = proof.result;
      for (const [name, values] of Object.entries({
        ...{ colour: [...seen.colour.rgb], depth: [...seen.depth.depth], heightmap: [...seen.heightmap.values] },
        ...{ intrinsics: [100, 0, 3, 0, 101, 2, 0, 0, 1], camera_pose: [0, -0.2, 0.5, 1, 0, 0, 0], cell: [0.004] },
        ...{ grasp_position: grasp.position, grasp_orientation: [1, 0, 0, 0], yaw: [grasp.yaw], opening: [0.08] },
        ...{ probability: [grasp.probability], held: [outcome === 'held'], outcome: [outcome], gap: [gap], forces },
        ...{ rise: [rise], trial: [BigInt(trial)], scene: [BigInt(10 + trial)], seed: [7n], split: ['training'] },
        ...{ policy: ['antipodal'], families: ['box mug'], state_hash: [stateHash] },
      }))
        expect(of(name, i), `${name} of trial ${i}`).toEqual(values);
    });
  });

  it('say what there is none of: no prediction is NaN, no round is -1', () => {
    expect(of('affordance', 0)).toEqual([...trials[0].seen.affordance!.values]);
    expect(of('affordance', 1).every(Number.isNaN)).toBe(true);
    expect([of('round', 0), of('attempt', 0)]).toEqual([[-1n], [-1n]]);
    const unsure = { ...exportedTrial(0, { inRound: { round: 3, attempt: 1 } }), probability: null };
    const one = trialArrays([unsure]);
    expect(one.probability).toMatchObject({ values: Float64Array.of(Number.NaN) });
    expect([one.round, one.attempt]).toMatchObject([
      { values: BigInt64Array.of(3n) },
      { values: BigInt64Array.of(1n) },
    ]);
  });
});
