/** Verification of a recording: every trial repeated, and what came out otherwise. */
import { loadPhysics } from '../../sim/physics.ts';
import type { StoredMetadata } from '../../sim/recording/metadata.ts';
import type { Recording } from '../../sim/recording/read/reader.ts';
import { type TrialFields, trialOf } from '../../sim/recording/read/trial-fields.ts';
import { InputError } from '../load.ts';
import { libraryOf } from '../objects/read.ts';
import { describeEnding, recordedScenario } from '../recordings/open.ts';
import { physicsName } from '../recordings/record.ts';
import { Interrupted } from '../terminal/interrupted.ts';
import { type HandLine, handCounts } from '../training/by-hand.ts';
import { graftVersion } from '../versions.ts';
import { handOf, type Repeated, repeater } from './repeat.ts';

/** Something of a trial that came out otherwise. */
interface Mismatch {
  readonly trial: number;
  readonly split: string;
  readonly what: string;
  readonly recorded: string;
  readonly replayed: string;
}

/** What `graft verify` found. */
export interface Verification {
  readonly path: string;
  readonly trials: number;
  readonly same: number;
  /** Grasps of rounds whose earlier grasps are missing: what they met cannot be told. */
  readonly skipped: number;
  /** The first ones. */
  readonly mismatches: readonly Mismatch[];
  /** How the file ended: whole, cut or damaged. */
  readonly ending: string;
  /** Versions that differ from the recording's, and how the file ended. */
  readonly notes: readonly string[];
}

/** Mismatches that are listed. */
const LISTED = 20;

/**
 * `graft verify`: replays every trial of a recording from (version, seed) and compares bit for bit: what the camera and the
 * heightmap showed, how the trial ended and where everything was. Grasps of fixed policies are chosen anew, those of a learner
 * (whose weights changed from trial to trial) are taken from the recording. A round of clutter removal is replayed from its
 * first grasp on.
 * @throws InputError if the recording cannot be replayed here; Interrupted if the signal fires.
 */
export async function verify(
  source: Recording,
  options: { readonly onTrial?: (done: number) => void; readonly signal?: AbortSignal; note(text: string): void },
): Promise<Verification> {
  const scenario = recordedScenario(source);
  await loadPhysics();
  const notes = versionNotes(source.metadata);
  const library = await libraryOf(scenario, options.note);
  const recorded = source.metadata.objectsHash ?? 'none';
  if (recorded !== (library?.hash ?? 'none'))
    throw new InputError(`${source.name}: expected objects with hash ${recorded}, got ${library?.hash ?? 'none'}`);
  const repeat = await repeater(scenario, library);
  const mismatches: Mismatch[] = [];
  let [trials, same, skipped] = [0, 0, 0];
  const training: HandLine[] = [];
  const all = source.trials();
  for (let next = await all.next(); ; next = await all.next()) {
    if (next.done) {
      const ending = describeEnding(next.value);
      if (ending) notes.push(ending);
      notes.push(...handNotes(training));
      if (skipped > 0) notes.push(`${skipped} trials not replayed: an earlier grasp of their round was not recorded`);
      return { path: source.name, trials, same, skipped, mismatches, ending: next.value.kind, notes };
    }
    if (options.signal?.aborted) throw new Interrupted(`verify interrupted after ${trials} trials`);
    const fields = trialOf(next.value);
    const repeated = await repeat(fields);
    const found = repeated && compare(fields, repeated);
    trials++;
    if (fields.split === 'training') training.push(handOf(fields));
    if (!found) skipped++;
    else if (found.length === 0) same++;
    mismatches.push(...(found ?? []).slice(0, LISTED - mismatches.length));
    options.onTrial?.(trials);
    // lets an interrupt in
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** What a person did to the trials that were recorded. */
function handNotes(training: readonly HandLine[]): string[] {
  const { changes, grasps } = handCounts(training);
  if (changes + grasps === 0) return [];
  return [
    `a person changed settings ${changes} times and tried ${grasps} grasps: the log says where, the seed does not`,
  ];
}

function versionNotes(metadata: StoredMetadata): string[] {
  const now: readonly (readonly [string, string | undefined, string])[] = [
    ['graft', metadata.graft, graftVersion()],
    ['physics', metadata.physics, physicsName()],
  ];
  return now
    .filter(([, then, here]) => then !== here)
    .map(
      ([what, then, here]) => `recorded with ${what} ${then ?? 'unknown'}, replayed with ${here}: results may differ`,
    );
}

function compare(fields: TrialFields, repeated: Repeated): Mismatch[] {
  const { result, observationHash } = fields.proof;
  const pairs: readonly (readonly [string, string | number, string | number])[] = [
    ['observation', observationHash, repeated.observation],
    ['outcome', fields.outcome, repeated.outcome],
    ['final state', result.stateHash, repeated.state],
    ['gap', result.gap, repeated.gap],
    ['rise', result.rise, repeated.rise],
    ['log', logOf(fields), repeated.log ?? logOf(fields, repeated)],
  ];
  const { trial, split } = fields;
  return pairs
    .filter(([, recorded, now]) => !Object.is(recorded, now))
    .map(([what, recorded, now]) => ({ trial, split, what, recorded: String(recorded), replayed: String(now) }));
}

/** The recorded log line; with a repetition, that line with what was found. */
function logOf({ log }: TrialFields, repeated?: Repeated): string {
  if (!repeated) return log;
  try {
    const { outcome, state: stateHash, gap, rise } = repeated;
    return JSON.stringify({ ...JSON.parse(log), outcome, gap, rise, stateHash });
  } catch {
    return 'JSON';
  }
}
