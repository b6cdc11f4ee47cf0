import { expect, it } from 'vitest';
import { compose, IDENTITY_QUAT, type Pose } from '../../../../../sim/math/pose.ts';
import { cellAt, mosaicOf } from '../../../../../viewer/grasps/page/views/mosaic.ts';

/** Turned by a quarter about z, and away from the origin. */
const T_frame_workspace: Pose = { position: [1, 2, 3], quaternion: [0, 0, Math.SQRT1_2, Math.SQRT1_2] };

const base64 = (values: readonly number[]): string => Buffer.from(Float32Array.from(values).buffer).toString('base64');

/** A tile of 2 x 2 cells of 10 cm, its middle at x in the workspace. */
function tile(x: number, height: readonly number[], affordance: readonly number[] | null) {
  const { position, quaternion } = compose(T_frame_workspace, { position: [x, 0, 0], quaternion: IDENTITY_QUAT });
  return {
    ...{ size: 2, cell: 0.1, height: base64(height), affordance: affordance && base64(affordance) },
    pose: { position: [...position], quaternion: [...quaternion] } as never,
  };
}
const workspace = T_frame_workspace as never;

it('one heightmap is shown as it is, wherever its frame lies', () => {
  const mosaic = mosaicOf({ maps: [tile(0, [1, 2, 3, 4], [0.1, 0.2, 0.3, 0.4])], T_frame_workspace: workspace })!;
  expect(mosaic).toMatchObject({ size: 2, cell: 0.1 });
  expect([...mosaic.height]).toEqual([1, 2, 3, 4]);
  expect([...mosaic.affordance!]).toEqual([...Float32Array.of(0.1, 0.2, 0.3, 0.4)]);
  expect(mosaicOf({ maps: [], T_frame_workspace: workspace })).toBeUndefined();
});

it('several are put side by side, each cell from the tile whose middle is nearest', () => {
  const maps = [tile(-0.1, [1, 2, 3, 4], null), tile(0.1, [5, 6, 7, 8], null)];
  const mosaic = mosaicOf({ maps, T_frame_workspace: workspace })!;
  expect(mosaic.size).toBe(4);
  expect(mosaic.affordance).toBeNull();
  expect([...mosaic.height.slice(4, 12)]).toEqual([1, 2, 5, 6, 3, 4, 7, 8]);
  expect(mosaic.height[cellAt(mosaic, 0.16, 0.04)]).toBe(8);
  expect(cellAt(mosaic, 0.21, 0)).toBe(-1);
});
