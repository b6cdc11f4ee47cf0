/** Metadata of an exported network: all that a program needs besides the weights, as texts and JSON. */
import { windowMultiple } from '../../../agent/network/trunk.ts';
import { CROP, type Layer, tapsOf } from '../../../agent/network/trunk-layers.ts';
import { HEIGHT_UNIT } from '../../../agent/network/window.ts';
import { graspShapes } from '../../../agent/policy/action-space.ts';
import { MAX_CELLS, marginOf } from '../../../agent/policy/scorer.ts';
import type { LoadedScenario } from '../../load.ts';
import { graftVersion } from '../../versions.ts';

/** Of graft, and of the weights that it ships. */
export const LICENCE = 'MIT';

/** Channels of a window, and how each was normalised. */
export const CHANNELS = [
  ['height', `metres above the table / ${HEIGHT_UNIT}`],
  ['normal x', "component of the surface's unit normal along the window's columns (the closing axis)"],
  ['normal y', "component of the surface's unit normal along the window's rows"],
  ['red', 'sRGB, 0 to 1, - 0.5; 128 / 255 where the colour is not known'],
  ['green', 'as red'],
  ['blue', 'as red'],
  ['observed', '1 where some depth fell, else 0; - 0.5'],
] as const;

/** Metadata by key. Lengths in metres. */
export function metadataOf(
  { name, scenario: { action, gripper, sensor } }: LoadedScenario,
  told: {
    readonly policy: string;
    readonly trainedOn: string;
    readonly weights: string;
    readonly layers: readonly Layer[];
  },
): Record<string, string> {
  const {
    angles,
    tableClearance,
    objectHeight,
    objectPeak,
    regionHalfWidth,
    pessimism,
    smoothing,
    leverCost = 0,
  } = action;
  const { size, cell } = sensor.heightmap;
  const shapes = graspShapes(action).map(({ depth, opening }) => [depth, opening * gripper.stroke]);
  // nothing is grasped in the outermost cells
  const reach = Math.min(regionHalfWidth ?? Number.POSITIVE_INFINITY, (size * cell) / 2 - cell);
  const window = { multiple: windowMultiple(tapsOf(told.layers)), margin: marginOf(CROP), mostCells: MAX_CELLS };
  const json = {
    action: {
      ...{ angles, shapes, tableClearance, objectHeight, ...(objectPeak !== undefined && { objectPeak }) },
      ...{ regionHalfWidth: reach, pessimism, smoothing, leverCost },
    },
    heightmap: { size, cell },
    window: { ...window, heightUnit: HEIGHT_UNIT, grey: 128 / 255, channels: CHANNELS.map(([channel]) => channel) },
    hand: { kind: gripper.kind, stroke: gripper.stroke },
  };
  return {
    graft: graftVersion(),
    policy: told.policy,
    scenario: name,
    trained_on: told.trainedOn,
    weights: told.weights,
    license: LICENCE,
    ...Object.fromEntries(Object.entries(json).map(([key, value]) => [key, JSON.stringify(value)])),
  };
}
