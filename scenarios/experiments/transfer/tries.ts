/** Tries: what was tried in each trial of an evaluation and how it ended, so that any of them can be watched without weights. */
import { z } from 'zod';
import { fromLog } from '../../../agent/policy/action.ts';
import type { GivenGrasp } from '../../../agent/policy/open-policy.ts';
import { letterOf } from '../../../sim/recording/walk.ts';
import type { TrialOutput } from '../../trials/job.ts';

const number = z.number();

/** Of a learned policy: cell, angle, shape and predicted chance. Of others: position, quaternion [x, y, z, w] and opening. */
const grasp = z.union([
  z.tuple([z.int().min(0), z.int().min(0), z.int().min(0), number.nullable()]),
  z.tuple([number, number, number, number, number, number, number, number]),
]);

/** Hexadecimal digits of a trial's final state that are kept: enough to tell another one. */
const STATE_DIGITS = 8;

/** Beside a point's `held`; versions before did not keep it. */
export const triesSchema = z.strictObject({
  /** How each trial ended, see `endsOf`. */
  ends: z.string().regex(/^[hmscwnux]*$/, { error: 'expected a letter an outcome' }),
  /** Null where the camera showed nothing to grasp. */
  grasps: z.array(grasp.nullable()),
  /** The first {@link STATE_DIGITS} digits of each final state's hash. */
  states: z.string().regex(/^([0-9a-f]{8})*$/, { error: 'expected hexadecimal hashes' }),
});

export type Tries = z.infer<typeof triesSchema>;

/** Keeps the trials of an evaluation. */
export const triesOf = (outputs: readonly Pick<TrialOutput, 'record' | 'grasp'>[]): Tries => ({
  ends: outputs.map(({ record }) => letterOf(record.outcome)).join(''),
  grasps: outputs.map(keptGrasp),
  states: outputs.map(({ record }) => record.stateHash.slice(0, STATE_DIGITS)).join(''),
});

function keptGrasp({ record, grasp: tried }: Pick<TrialOutput, 'record' | 'grasp'>): Tries['grasps'][number] {
  const { action, probability } = record;
  // thousandths: what a page shows of it is a percentage
  const chance = probability === null ? null : Math.round(1000 * probability) / 1000;
  if (action) return [action.cell, action.angle, action.depth, chance];
  if (!tried) return null;
  const { position, quaternion } = tried.pose;
  return [...position, ...quaternion, tried.opening];
}

/** The first digits of a trial's final state. */
export const stateOf = ({ states }: Tries, trial: number): string =>
  states.slice(trial * STATE_DIGITS, (trial + 1) * STATE_DIGITS);

/** What was tried; undefined if there was nothing to grasp. */
export function graspIn({ grasps }: Tries, trial: number): GivenGrasp | undefined {
  const kept = grasps[trial];
  if (!kept) return undefined;
  if (kept.length === 4) {
    const [cell, angle, depth, probability] = kept;
    return { action: fromLog({ cell, angle, depth }), probability };
  }
  const [x, y, z, qx, qy, qz, qw, opening] = kept;
  return { grasp: { pose: { position: [x, y, z], quaternion: [qx, qy, qz, qw] }, opening } };
}
