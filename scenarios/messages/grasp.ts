/** Grasps in messages: an action of the scenario's action space, or a pose and an opening. */
import { z } from 'zod';
import { type ActionSettings, graspOf, graspShapes } from '../../agent/policy/action-space.ts';
import type { Proposal } from '../../agent/policy/proposal.ts';
import type { Heightmap } from '../../sim/camera/heightmap.ts';
import { approachAxis, topDownGrasp } from '../../sim/grasp.ts';
import type { Quat, Vec3 } from '../../sim/math/pose.ts';
import { InputError } from '../parse/parse.ts';
import { checked, shown } from './check.ts';

const FINITE = 'expected a finite number';
const number = z.number({ error: FINITE });
const index = z.number().int({ error: 'expected an integer' }).min(0, { error: 'expected an integer >= 0' });
const probability = number.min(0, { error: 'expected 0 to 1' }).max(1, { error: 'expected 0 to 1' }).optional();

/** A grasp among the scenario's own. */
const discrete = z.strictObject({ action: z.strictObject({ cell: index, angle: index, shape: index }), probability });

/** T_world_tcp at the end of the descent; with a yaw instead of a quaternion straight down. Metres, radians. */
const free = z.strictObject({
  position: z.tuple([number, number, number]),
  yaw: number.optional(),
  quaternion: z.tuple([number, number, number, number]).optional(),
  opening: number.optional(),
  probability,
});

/** What a grasp is read for: a scenario's action space, and how far its hand opens, metres. */
export interface GraspSpace {
  readonly action: ActionSettings;
  readonly stroke: number;
}

/** Farthest from the world's origin that a grasp may be, each axis, metres. */
const REACH = 1;

/** How far the norm of a quaternion may be from 1. */
const NORM_ERROR = 1e-3;

/** What is wrong with a grasp, as it is counted. */
export type GraspFault = 'malformed' | 'not-finite' | 'out-of-range';

/** A message that is no grasp. */
export class GraspError extends InputError {
  readonly fault: GraspFault;

  constructor(message: string, fault: GraspFault = 'malformed') {
    super(message);
    this.fault = fault;
  }
}

function within(what: string, value: number, low: number, high: number): void {
  if (!(value >= low && value <= high)) throw outside(`${what}: expected ${low} to ${high}, got ${value}`);
}

const outside = (message: string): GraspError => new GraspError(message, 'out-of-range');

/** A value of a schema. @throws GraspError if it is none. */
function read<T>(schema: z.ZodType<T>, message: unknown): T {
  try {
    return checked(schema, message, 'grasp');
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new GraspError(error.message, error.message.includes(FINITE) ? 'not-finite' : 'malformed');
  }
}

/**
 * The grasp that a message means.
 * @param message what somebody sent.
 * @param map     what the camera saw: an action's height follows from it.
 * @throws GraspError saying what was expected, if it is no grasp of the scenario's.
 */
export function graspFrom(message: unknown, map: Heightmap, space: GraspSpace): Proposal {
  const isAction = typeof message === 'object' && message !== null && 'action' in message;
  return isAction ? actionGrasp(message, map, space) : freeGrasp(message, space);
}

function actionGrasp(message: unknown, map: Heightmap, { action: settings, stroke }: GraspSpace): Proposal {
  const { action, probability = null } = read(discrete, message);
  within('grasp.action.cell', action.cell, 0, map.size ** 2 - 1);
  within('grasp.action.angle', action.angle, 0, settings.angles - 1);
  within('grasp.action.shape', action.shape, 0, graspShapes(settings).length - 1);
  return { grasp: graspOf(map, action, stroke, settings), probability, action, qMap: null };
}

function freeGrasp(message: unknown, { stroke }: GraspSpace): Proposal {
  const { position, yaw, quaternion, opening = stroke, probability = null } = read(free, message);
  position.forEach((x, axis) => {
    within(`grasp.position.${axis}`, x, axis === 2 ? 0 : -REACH, REACH);
  });
  within('grasp.opening', opening, 0, stroke);
  if ((yaw === undefined) === (quaternion === undefined))
    throw new GraspError(`grasp: expected either yaw or quaternion, got ${yaw === undefined ? 'neither' : 'both'}`);
  const grasp = quaternion ? posed(position, quaternion, opening) : topDownGrasp(position, yaw!, opening);
  return { grasp, probability, action: null, qMap: null };
}

function posed(position: Vec3, quaternion: Quat, opening: number): Proposal['grasp'] {
  const norm = Math.sqrt(quaternion.reduce((sum, q) => sum + q * q, 0));
  if (!(Math.abs(norm - 1) <= NORM_ERROR))
    throw outside(`grasp.quaternion: expected a unit quaternion [x, y, z, w], got ${shown(quaternion)}`);
  // bits of what is a unit quaternion already stay as they are
  const unit = Math.abs(norm - 1) < 1e-9 ? quaternion : (quaternion.map((q) => q / norm) as unknown as Quat);
  const grasp = { pose: { position, quaternion: unit }, opening };
  if (approachAxis(grasp)[2] > NORM_ERROR)
    throw outside('grasp.quaternion: expected an approach (+Z of the tcp) that does not point up, got one that does');
  return grasp;
}

/** A proposal as messages have it: what {@link graspFrom} takes for the same grasp. */
export const graspMessage = ({
  grasp: { pose, opening },
  probability,
}: Proposal): Readonly<Record<string, unknown>> => ({
  position: pose.position,
  quaternion: pose.quaternion,
  opening,
  ...(probability !== null && { probability }),
});
