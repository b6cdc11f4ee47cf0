import { loadEngine } from '../agent/engine.ts';
import { loadPhysics } from '../sim/physics.ts';
import type { Quat, Vec3 } from '../sim/pose.ts';
import { runTrial } from '../sim/trial.ts';
import { Interrupted } from './evaluate.ts';
import { FIXED_POLICY_NAMES, type FixedPolicyName, JobRunner, sceneAndView, trialSettings } from './job.ts';
import { InputError } from './load.ts';
import { NODE_HOST } from './node-host.ts';
import { libraryOf } from './object-files.ts';
import type { ObjectLibrary } from './object-library.ts';
import { observationHash, physicsName } from './record.ts';
import {
  describeEnding,
  type RecordingSource,
  recordedScenario,
  type TrialFields,
  trialFields,
} from './recorded-trial.ts';
import type { Scenario } from './schema.ts';
import { graftVersion } from './versions.ts';

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
 * (whose weights changed from trial to trial) are taken from the recording.
 * @throws InputError if the recording cannot be replayed here; Interrupted if the signal fires.
 */
export async function verify(
  source: RecordingSource,
  options: { readonly onTrial?: (done: number) => void; readonly signal?: AbortSignal; note(text: string): void },
): Promise<Verification> {
  const scenario = recordedScenario(source);
  await loadPhysics();
  const notes = versionNotes(source.metadata);
  const library = await libraryOf(scenario, options.note);
  const recorded = source.metadata.objectsHash ?? 'none';
  if (recorded !== (library?.hash ?? 'none'))
    throw new InputError(`${source.path}: expected objects with hash ${recorded}, got ${library?.hash ?? 'none'}`);
  const replay = await replayer(scenario, library);
  const mismatches: Mismatch[] = [];
  let [trials, same] = [0, 0];
  const all = source.trials();
  for (let next = all.next(); ; next = all.next()) {
    if (next.done) {
      const ending = describeEnding(next.value);
      if (ending) notes.push(ending);
      return { path: source.path, trials, same, mismatches, ending: next.value.kind, notes };
    }
    if (options.signal?.aborted) throw new Interrupted(`verify interrupted after ${trials} trials`);
    const fields = trialFields(source.path, next.value);
    const found = replay(fields);
    trials++;
    if (found.length === 0) same++;
    mismatches.push(...found.slice(0, LISTED - mismatches.length));
    options.onTrial?.(trials);
    // lets an interrupt in
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function versionNotes(metadata: Readonly<Record<string, string>>): string[] {
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

const isFixed = (name: string): name is FixedPolicyName => (FIXED_POLICY_NAMES as readonly string[]).includes(name);

/** A function that replays one trial and lists what differs. */
async function replayer(
  scenario: Scenario,
  library: ObjectLibrary | undefined,
): Promise<(fields: TrialFields) => Mismatch[]> {
  const runner = new JobRunner(await loadEngine(), NODE_HOST, library);
  // several grasps are tried on one scene: it is settled and looked at once
  let seen: { key: string; view: ReturnType<typeof sceneAndView> } | undefined;
  return (fields) => {
    const { seed, scene: index, split, policy } = fields;
    if (isFixed(policy) && split === 'evaluation') return compare(fields, rerun(runner, scenario, fields, policy));
    const key = `${seed}/${split}/${index}`;
    if (seen?.key !== key) seen = { key, view: sceneAndView(scenario, seed, split, index, library) };
    const { scene, observation } = seen.view;
    const [position, quaternion] = [
      fields.grasp_position as unknown as Vec3,
      fields.grasp_orientation as unknown as Quat,
    ];
    const grasp = { pose: { position, quaternion }, opening: fields.opening };
    const { outcome, stateHash, gap, rise } = runTrial(scene, grasp, trialSettings(scenario));
    return compare(fields, { observation: observationHash(observation), outcome, state: stateHash, gap, rise });
  };
}

/** What a replay gives, to compare. */
interface Replayed {
  readonly observation: string;
  readonly outcome: string;
  readonly state: string;
  readonly gap: number;
  readonly rise: number;
  /** The whole line of the log, if the grasp was chosen anew. */
  readonly log?: string;
}

/** Chooses and tries the grasp of a fixed policy anew. */
function rerun(runner: JobRunner, scenario: Scenario, fields: TrialFields, name: FixedPolicyName): Replayed {
  const { seed, split, scene: sceneIndex, trial: firstTrial } = fields;
  const place = { scenario, seed, split, sceneIndex, firstTrial, grasps: 1 };
  const film = { every: 1, failuresOnly: false };
  const [output] = runner.run({ ...place, chooser: { kind: 'fixed', name }, record: false, picture: false, film });
  const { outcome, stateHash: state, gap, rise } = output.record;
  const observation = output.film?.observationHash ?? 'nothing to grasp';
  return { observation, outcome, state, gap, rise, log: JSON.stringify(output.record) };
}

function compare(fields: TrialFields, replayed: Replayed): Mismatch[] {
  const pairs: readonly (readonly [string, string | number, string | number])[] = [
    ['observation', fields.observation_hash, replayed.observation],
    ['outcome', fields.outcome, replayed.outcome],
    ['final state', fields.state_hash, replayed.state],
    ['gap', fields.gap, replayed.gap],
    ['rise', fields.rise, replayed.rise],
    ['log', logOf(fields), replayed.log ?? logOf(fields, replayed)],
  ];
  const { trial, split } = fields;
  return pairs
    .filter(([, recorded, now]) => !Object.is(recorded, now))
    .map(([what, recorded, now]) => ({ trial, split, what, recorded: String(recorded), replayed: String(now) }));
}

/** The recorded log line; with a replay, that line with what the replay found. */
function logOf({ log }: TrialFields, replayed?: Replayed): string {
  if (!replayed) return log;
  try {
    const { outcome, state: stateHash, gap, rise } = replayed;
    return JSON.stringify({ ...JSON.parse(log), outcome, gap, rise, stateHash });
  } catch {
    return 'JSON';
  }
}
