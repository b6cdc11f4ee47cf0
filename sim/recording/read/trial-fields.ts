/** Trial fields: a message on `/trial`, checked field by field. */
import type { Quat, Vec3 } from '../../math/pose.ts';
import { OUTCOMES } from '../../outcome.ts';
import type { PlannedGrasp, RecordedEpisode } from '../episode.ts';
import { outcomeOf, splitOf, type TrialMark, type TrialSummary } from '../marks.ts';
import type { Fields } from './decode.ts';
import { RecordingError } from './error.ts';
import type { StoredTrial } from './stored-trial.ts';

/** What a recording says of one trial on `/trial`; frames and units as in `graft.proto`. */
export interface TrialFields extends TrialSummary {
  readonly policy: string;
  readonly grasp: PlannedGrasp;
  readonly proof: RecordedEpisode['proof'];
  /** Simulated seconds. */
  readonly duration: number;
  /** The trial as the run logs it, one line of JSON. */
  readonly log: string;
}

/** Reads a message on `/trial` as a line of a list, of a live run, too. @throws Error saying which field is wrong. */
export function trialSummary(fields: Fields): TrialSummary {
  const { probability, round, attempt } = fields;
  return {
    trial: count(fields, 'trial'),
    split: splitOf(fields.split),
    families: texts(fields, 'families'),
    outcome: outcomeOf(fields.outcome),
    probability: probability === undefined ? null : number(fields, 'probability'),
    ...((round !== undefined || attempt !== undefined) && { inRound: roundPlace(fields) }),
  };
}

/** Reads a message on `/trial` as a line of a recording's list. @throws Error saying which field is wrong. */
export const trialMark = (fields: Fields): Omit<TrialMark, 'start' | 'end'> => ({
  ...trialSummary(fields),
  scene: count(fields, 'scene'),
});

/** What is said of a trial. @throws RecordingError saying what is wrong or missing. */
export function trialOf(stored: StoredTrial): TrialFields {
  const fields = stored.last('/trial', trialFields);
  if (fields) return fields;
  throw new RecordingError(`${stored.name}: expected a message on /trial, got none`);
}

/** Reads a message on `/trial`. @throws Error saying which field is wrong. */
function trialFields(fields: Fields): TrialFields {
  const summary = trialSummary(fields);
  oneOf(fields, 'split', ['training', 'evaluation']);
  oneOf(fields, 'outcome', OUTCOMES);
  const position = numbers(fields, 'graspPosition', 3, METRES) as unknown as Vec3;
  const quaternion = numbers(fields, 'graspOrientation', 4, 1.01) as unknown as Quat;
  const opening = number(fields, 'opening', METRES);
  return {
    ...summary,
    policy: text(fields, 'policy'),
    grasp: { position, yaw: number(fields, 'yaw'), opening, probability: summary.probability },
    proof: {
      seed: count(fields, 'seed'),
      scene: count(fields, 'scene'),
      grasp: { pose: { position, quaternion }, opening },
      result: {
        target: count(fields, 'target'),
        gap: number(fields, 'gap'),
        forces: [number(fields, 'forceLeft'), number(fields, 'forceRight')],
        rise: number(fields, 'rise'),
        steps: count(fields, 'steps'),
        stateHash: text(fields, 'stateHash'),
      },
      observationHash: text(fields, 'observationHash'),
    },
    duration: number(fields, 'duration'),
    log: text(fields, 'log'),
  };
}

/** A hostile grasp must not send the gripper on a way of a million steps, metres. */
const METRES = 2;

const wrong = (key: string, expected: string, got: unknown): Error =>
  new Error(`${key}: expected ${expected}, got ${typeof got === 'string' ? `'${got.slice(0, 40)}'` : String(got)}`);

function text(fields: Fields, key: string): string {
  const value = fields[key];
  if (typeof value === 'string') return value;
  throw wrong(key, 'a text', value);
}

function texts(fields: Fields, key: string): readonly string[] {
  const value = fields[key];
  if (Array.isArray(value) && value.every((v): v is string => typeof v === 'string')) return value;
  throw wrong(key, 'texts', value);
}

function oneOf(fields: Fields, key: string, names: readonly string[]): void {
  if (!names.includes(text(fields, key))) throw wrong(key, `one of ${names.join(', ')}`, fields[key]);
}

function within(key: string, value: unknown, most: number): number {
  if (typeof value === 'number' && Number.isFinite(value) && Math.abs(value) <= most) return value;
  throw wrong(key, most === Number.MAX_VALUE ? 'a finite number' : `a number from ${-most} to ${most}`, value);
}

const number = (fields: Fields, key: string, most = Number.MAX_VALUE): number => within(key, fields[key], most);

function numbers(fields: Fields, key: string, length: number, most: number): readonly number[] {
  const value = fields[key];
  if (!Array.isArray(value) || value.length !== length) throw wrong(key, `${length} numbers`, value);
  return value.map((v: unknown) => within(key, v, most));
}

/** A whole number, which may have 64 bits in a message. */
function count(fields: Fields, key: string): number {
  const value = Number(fields[key]);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw wrong(key, 'a whole number', fields[key]);
}

function roundPlace(fields: Fields): { readonly round: number; readonly attempt: number } {
  if (fields.round === undefined || fields.attempt === undefined)
    throw new Error('attempt: expected round and attempt, or neither');
  return { round: count(fields, 'round'), attempt: count(fields, 'attempt') };
}
