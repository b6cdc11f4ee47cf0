/** Answer: a prediction as JSON, and its schema. */
import { z } from 'zod';
import type { Prediction } from './predict.ts';
import type { PredictAnswer } from './predict-job.ts';
import { PREDICTION_VERSION } from './request.ts';
import { WARNINGS } from './workspace.ts';

const vector = z.tuple([z.number(), z.number(), z.number()]);
const quaternion = z.tuple([z.number(), z.number(), z.number(), z.number()]);
const pose = z.object({ position: vector, quaternion }).describe('metres, and [x, y, z, w]');

const grasp = z.object({
  position: vector.describe('midpoint of the finger tips, m'),
  quaternion: quaternion.describe('[x, y, z, w]: +Z is the approach, +X the closing direction'),
  opening: z.number().describe('distance between the pads while approaching, m'),
  probability: z.number().nullable().describe('predicted probability that it holds; null if the policy predicts none'),
  cell: z
    .object({ tile: z.int(), row: z.int(), col: z.int() })
    .nullable()
    .describe('which heightmap, and the cell of it; null if the policy does not choose cells'),
  overlap: z.number().describe('how far the open hand would reach into what the depth shows, m'),
});

const map = z.object({
  size: z.int().describe('cells along a side'),
  cell: z.number().describe('m'),
  pose: pose.describe('T_frame_tile'),
  height: z.string().describe('[size, size] float32, little-endian, base64: m over the table; row 0 at the lowest y'),
  affordance: z.string().nullable().describe('the same: best predicted probability, 0 where nothing was scored'),
});

/** Schema of an answer. */
export const answerSchema = z.object({
  version: z.literal(PREDICTION_VERSION),
  frame: z.enum(['world', 'camera']).describe('of the grasps: world if T_world_camera was given'),
  T_frame_workspace: pose.describe('the frame on the table that was worked in: +Z up, origin in the middle'),
  grasps: z.array(grasp).describe('best first'),
  warnings: z.array(z.object({ code: z.enum(WARNINGS), message: z.string() })),
  timing: z.object({ heightmapMs: z.number(), policyMs: z.number(), totalMs: z.number() }),
  overlay: z.string().optional().describe('PNG, base64'),
  maps: z.array(map).optional(),
}) satisfies z.ZodType<Prediction>;

/** A prediction as JSON. */
export type Answer = z.infer<typeof answerSchema>;

/** What becomes the answer's JSON. */
export function answerOf({ prediction, overlay, maps }: PredictAnswer): Answer {
  return {
    ...(prediction as Answer),
    ...(overlay && { overlay: base64(overlay) }),
    ...(maps && {
      maps: maps.map(({ size, cell, pose: at, height, affordance }) => ({
        size,
        cell,
        pose: at as Answer['T_frame_workspace'],
        height: base64(height),
        affordance: affordance && base64(affordance),
      })),
    }),
  };
}

const base64 = ({ buffer, byteOffset, byteLength }: Uint8Array | Float32Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');
