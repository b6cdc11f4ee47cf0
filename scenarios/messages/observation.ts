/** Observations and spaces in messages: what the camera saw, and what a grasp may be. */
import { type ActionSettings, graspShapes, objectCells, yawOf } from '../../agent/policy/action-space.ts';
import type { Observation } from '../../sim/camera/observation.ts';
import { kindOf } from '../../sim/hand/settings.ts';
import { IDENTITY_POSE } from '../../sim/math/pose.ts';
import type { Scenario } from '../schema/schema.ts';
import { type EncodedArray, encodeArray } from './arrays.ts';

/** Version of the messages: a change that a client must know of is a new one. */
export const MESSAGES_VERSION = 1;

/** What of an observation can be sent. */
export const OBSERVATION_PARTS = ['colour', 'depth', 'heightmap', 'heightmapColour', 'objects'] as const;
export type ObservationPart = (typeof OBSERVATION_PARTS)[number];

/** Sent unless a client asks for others. */
export const DEFAULT_PARTS: readonly ObservationPart[] = ['colour', 'depth', 'heightmap'];

/** Encoders of the parts. `objects` is 1 where a cell shows something to grasp: where graft's own policies look. */
const ENCODERS: Readonly<Record<ObservationPart, (seen: Observation, action: ActionSettings) => EncodedArray>> = {
  colour: ({ frame: { colour, camera } }) =>
    encodeArray(colour, [camera.intrinsics.heightPx, camera.intrinsics.widthPx, 3]),
  depth: ({ frame: { depth, camera } }) => encodeArray(depth, [camera.intrinsics.heightPx, camera.intrinsics.widthPx]),
  heightmap: ({ heightmap: { height, size } }) => encodeArray(height, [size, size]),
  heightmapColour: ({ heightmap: { colour, size } }) => encodeArray(toBytes(colour), [size, size, 3]),
  objects: ({ heightmap }, action) => {
    const mask = new Uint8Array(heightmap.size ** 2);
    for (const cell of objectCells(heightmap, action)) mask[cell] = 1;
    return encodeArray(mask, [heightmap.size, heightmap.size]);
  },
};

/** Colours of 0..1 as bytes: those of the picture again. */
function toBytes(colour: Float32Array): Uint8Array {
  const bytes = new Uint8Array(colour.length);
  // a callback for each number would take as long as the picture
  for (let i = 0; i < colour.length; i++) bytes[i] = Math.round(colour[i] * 255);
  return bytes;
}

/** An observation as messages have it: the camera, and the parts that were asked for. */
export function observationMessage(
  observation: Observation,
  parts: readonly ObservationPart[],
  action: ActionSettings,
): Readonly<Record<string, unknown>> {
  const { intrinsics, pose } = observation.frame.camera;
  return {
    camera: { ...intrinsics, T_world_camera: pose },
    ...Object.fromEntries(parts.map((part) => [part, ENCODERS[part](observation, action)])),
  };
}

/** The spaces of a scenario: what is seen, what may be answered, and with which hand. Metres, radians, newtons. */
export function spacesOf({ sensor, action, gripper, scene }: Scenario): Readonly<Record<string, unknown>> {
  const { size, cell } = sensor.heightmap;
  return {
    // cell (row, col) has its centre at ((col + 0.5) * cell - size * cell / 2, same of row, height)
    heightmap: { size, cell, T_world_heightmap: IDENTITY_POSE },
    camera: { widthPx: sensor.widthPx, heightPx: sensor.heightPx, fovDeg: sensor.fovDeg },
    action: {
      cells: size * size,
      angles: action.angles,
      yaws: Array.from({ length: action.angles }, (_, angle) => yawOf(angle, action)),
      shapes: graspShapes(action),
      tableClearance: action.tableClearance,
      objectHeight: action.objectHeight,
    },
    hand: { ...gripper, kind: kindOf(gripper) },
    objectCount: scene.objectCount,
  };
}
