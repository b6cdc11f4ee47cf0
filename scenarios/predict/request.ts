/** Prediction request: a depth picture from any camera, and what is asked about it. */
import { z } from 'zod';
import type { Intrinsics } from '../../sim/camera/camera.ts';
import type { HandSettings } from '../../sim/hand/settings.ts';
import type { Pose } from '../../sim/math/pose.ts';
import { InputError, misfit } from '../parse/parse.ts';
import { gripper } from '../schema/gripper.ts';

/** Version of the contract: what is asked, and what is answered. */
export const PREDICTION_VERSION = 1;

/** Largest picture, pixels. */
const PIXELS_MAX = 4096 * 3072;
/** Largest side of a workspace, metres. */
const WORKSPACE_MAX = 2;

const finite = z.number();

/** A focal length is so many times the picture's side: fields of view from 0.6 to 169 degrees. */
const FOCAL = { least: 0.05, most: 100 };

/** Pinhole intrinsics, pixels; a pixel's centre lies at +0.5. */
const intrinsics = z
  .strictObject({
    widthPx: z.int().min(8).max(8192),
    heightPx: z.int().min(8).max(8192),
    fx: finite,
    fy: finite,
    cx: finite,
    cy: finite,
  })
  .superRefine(({ widthPx, heightPx, fx, fy, cx, cy }, context) => {
    const within = (key: string, value: number, side: number, low: number, high: number): void => {
      if (value >= low * side && value <= high * side) return;
      const message = `expected ${low * side} to ${high * side} in a picture of ${widthPx} x ${heightPx} pixels`;
      context.addIssue({ code: 'custom', path: [key], message, input: value });
    };
    within('fx', fx, widthPx, FOCAL.least, FOCAL.most);
    within('fy', fy, heightPx, FOCAL.least, FOCAL.most);
    // cropped pictures have their principal point outside
    within('cx', cx, widthPx, -2, 3);
    within('cy', cy, heightPx, -2, 3);
  });

const vector = z.tuple([finite, finite, finite]);

/** T_a_b: a position in metres and a quaternion [x, y, z, w] of length 1. */
const pose = z.strictObject({
  position: vector,
  quaternion: z
    .tuple([finite, finite, finite, finite])
    .refine((q) => Math.abs(Math.hypot(...q) - 1) < 1e-3, 'expected a quaternion [x, y, z, w] of length 1'),
});

/** What an answer may show: a PNG of the grasps over the picture; heightmaps with what the policy expects. */
const SHOWN = ['overlay', 'maps'] as const;

/** More grasps that failed than this are not told. */
const FAILED_MAX = 32;

const questionSchema = z.strictObject({
  version: z.literal(PREDICTION_VERSION).optional().describe('of this contract'),
  intrinsics: intrinsics.describe("pixels; a pixel's centre lies at +0.5"),
  depthScale: z.number().positive().max(1).default(0.001).describe('metres a unit, for depth in whole numbers'),
  T_world_camera: pose
    .optional()
    .describe('OpenCV axes (+Z forward, +Y down), world +Z up; left out: grasps are in the camera frame'),
  workspace: z
    .strictObject({
      centre: z.tuple([finite, finite]).optional().describe('x and y in the world; default: where the camera looks'),
      size: z
        .tuple([finite.min(0.02).max(WORKSPACE_MAX), finite.min(0.02).max(WORKSPACE_MAX)])
        .optional()
        .describe('along x and y, m; default: one heightmap'),
      table: finite.optional().describe('height of the table in the world, m; default: found in the picture'),
    })
    .default({})
    .describe('where to grasp'),
  hand: gripper.optional().describe("a preset, or dimensions; default: the policy's own hand"),
  count: z.int().min(1).max(100).default(1).describe('grasps to propose at most'),
  clean: z
    .boolean()
    .default(true)
    .describe('takes flying pixels out and fills small holes; a simulated picture needs neither'),
  show: z.array(z.enum(SHOWN)).max(2).default([]).describe('what the answer shows besides grasps'),
  clear: z
    .boolean()
    .default(true)
    .describe('prefers grasps whose hand misses what the depth shows, and keeps out of what it hides'),
  minProbability: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('declines grasps that are less likely to hold; policies that predict nothing are not asked for it'),
  failed: z
    .array(pose)
    .max(FAILED_MAX)
    .default([])
    .describe("grasps that have failed here, as they were answered, in the answer's frame: others come first"),
});

/** JSON Schema of what accompanies the pictures. */
export const questionJsonSchema = (): unknown =>
  z.toJSONSchema(
    questionSchema.partial({ intrinsics: true }).extend({
      camera: z
        .looseObject({})
        .optional()
        .describe('in place of intrinsics and T_world_camera: a camera as RealSense, OpenCV, ROS or graft write it'),
    }),
    { io: 'input' },
  );

/** What accompanies the pictures, every default filled in. */
export interface Question {
  readonly intrinsics: Intrinsics;
  /** Metres a unit, for depth in whole numbers. */
  readonly depthScale: number;
  /** OpenCV axes; grasps are in the camera frame if it is left out. */
  readonly T_world_camera?: Pose | undefined;
  readonly workspace: {
    readonly centre?: readonly [number, number] | undefined;
    readonly size?: readonly [number, number] | undefined;
    readonly table?: number | undefined;
  };
  readonly hand?: HandSettings | undefined;
  readonly count: number;
  readonly clean: boolean;
  readonly clear: boolean;
  /** Grasps less likely to hold are declined, 0..1. */
  readonly minProbability: number;
  readonly failed: readonly Pose[];
  readonly show: readonly (typeof SHOWN)[number][];
}

/** A depth picture and what is asked about it. */
export interface PredictionRequest extends Question {
  /** [height, width] metres along the optical axis; 0, NaN or negative = no return. */
  readonly depth: Float32Array;
  /** [height, width, 3] sRGB, 0..255. */
  readonly colour?: Uint8Array | undefined;
  /** [height, width]: grasps lie only where it is not 0. */
  readonly mask?: Uint8Array | undefined;
}

/**
 * Checks what accompanies the pictures.
 * @throws InputError saying which key, what was expected and what was got.
 */
export function parseQuestion(value: unknown, where: string): Question {
  const { success, data, error } = questionSchema.safeParse(value);
  if (!success) {
    const [issue] = error.issues;
    const key = issue.path.join('.');
    throw new InputError(`${where}${key && `: ${key}`}: ${complaint(issue, value)}`);
  }
  const { T_world_camera, workspace } = data;
  const told = (['centre', 'table'] as const).find((key) => workspace[key] !== undefined);
  if (!T_world_camera && told)
    throw new InputError(`${where}: expected T_world_camera beside workspace.${told}, which is in the world, got none`);
  const { widthPx, heightPx } = data.intrinsics;
  if (widthPx * heightPx > PIXELS_MAX)
    throw new InputError(`${where}: expected a picture of at most ${PIXELS_MAX} pixels, got ${widthPx} x ${heightPx}`);
  return data;
}

/** What is wrong with a question, briefly: a client may have sent anything. */
function complaint(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === 'unrecognized_keys') {
    const known = issue.path.length === 0 ? Object.keys(questionSchema.shape) : ['a known key'];
    return `expected one of ${known.join(', ')}, got ${issue.keys[0].slice(0, 40)}`;
  }
  const text = misfit(issue, value);
  return text.length > 300 ? `${text.slice(0, 300)}...` : text;
}

/** Makes sure that the pictures fit what accompanies them. @throws InputError if they do not. */
export function checkPictures({ intrinsics: { widthPx, heightPx }, depth, colour, mask }: PredictionRequest): void {
  const pixels = widthPx * heightPx;
  const sized = (name: string, got: number | undefined, channels: number): void => {
    if (got !== undefined && got !== pixels * channels)
      throw new InputError(
        `${name}: expected ${pixels * channels} values (${widthPx} x ${heightPx}${channels > 1 ? ` x ${channels}` : ''}), got ${got}`,
      );
  };
  sized('depth', depth.length, 1);
  sized('colour', colour?.length, 3);
  sized('mask', mask?.length, 1);
}
