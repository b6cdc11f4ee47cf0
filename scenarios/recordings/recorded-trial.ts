import { z } from 'zod';
import { OUTCOMES } from '../../sim/outcome.ts';
import { InputError } from '../load.ts';
import { type Scenario, scenarioSchema } from '../schema/schema.ts';

/** How a file ended. */
type Ending =
  | { readonly kind: 'whole' }
  | { readonly kind: 'cut'; readonly offset: number }
  | { readonly kind: 'damaged'; readonly offset: number; readonly message: string };

/** What is read of a trial. */
type ReadTopic =
  | '/trial'
  | '/camera/colour'
  | '/camera/depth'
  | '/camera/calibration'
  | '/tf_static'
  | '/heightmap'
  | '/affordance'
  | '/affordance/angle';

/** One trial of a recording, its messages not yet decoded. */
export interface TrialMessages {
  /** Fields in the spelling of the schema; byte arrays may be views. */
  messages(topic: ReadTopic): Readonly<Record<string, unknown>>[];
}

/** A recording that was opened, whoever reads it. */
export interface RecordingSource {
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  trials(): Generator<TrialMessages, Ending>;
}

// A hostile grasp must not send the gripper on a way of a million steps.
const metres = z.number().min(-2).max(2);

/** What a recording says of one trial. Frames and units as in `graft.proto`. */
const trialSchema = z
  .object({
    trial: z.number().int().min(0),
    scene: z.number().int().min(0),
    seed: z.number().int().min(0),
    split: z.enum(['training', 'evaluation']),
    policy: z.string(),
    families: z.array(z.string()),
    outcome: z.enum(OUTCOMES),
    held: z.boolean(),
    probability: z.number().optional(),
    grasp_position: z.array(metres).length(3),
    grasp_orientation: z.array(z.number().min(-1.01).max(1.01)).length(4),
    yaw: z.number(),
    opening: metres,
    gap: z.number(),
    target: z.number().int(),
    force_left: z.number(),
    force_right: z.number(),
    rise: z.number(),
    steps: z.number().int(),
    duration: z.number(),
    state_hash: z.string(),
    observation_hash: z.string(),
    log: z.string(),
    round: z.number().int().min(0).optional(),
    attempt: z.number().int().min(0).optional(),
  })
  .refine(({ round, attempt }) => (round === undefined) === (attempt === undefined), {
    path: ['attempt'],
    message: 'expected round and attempt, or neither',
  });
export type TrialFields = Readonly<z.infer<typeof trialSchema>>;

/** Reads a trial's fields. @throws InputError naming what is wrong. */
export function trialFields(path: string, trial: TrialMessages): TrialFields {
  const checked = trialSchema.safeParse(trial.messages('/trial')[0]);
  if (checked.success) return checked.data;
  const [{ path: key, message }] = checked.error.issues;
  throw new InputError(`${path}: expected a sound trial, got a damaged one: ${key.join('.')}: ${message}`);
}

/** The scenario that a recording was made with. @throws InputError if there is none, or it does not fit this version's schema. */
export function recordedScenario({ path, metadata }: RecordingSource): Scenario {
  let json: unknown;
  try {
    json = JSON.parse(metadata.scenario ?? '');
  } catch {
    throw new InputError(`${path}: expected a scenario in the metadata, got none that can be read`);
  }
  const checked = scenarioSchema.safeParse(json);
  if (checked.success) return checked.data;
  const [{ path: key, message }] = checked.error.issues;
  throw new InputError(`${path}: expected a scenario that this version knows, got ${key.join('.')}: ${message}`);
}

/** One line on a file that does not end as it should; undefined for a whole one. */
export function describeEnding(ending: Ending): string | undefined {
  if (ending.kind === 'whole') return undefined;
  if (ending.kind === 'cut') return `cut off at byte ${ending.offset}: read up to the last whole chunk`;
  return `damaged at byte ${ending.offset}: ${ending.message}; read up to there`;
}
export type { Ending };
