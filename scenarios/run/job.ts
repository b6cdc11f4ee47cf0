import { ownTrunk } from '../../agent/backbones/own.ts';
import { cachedTrunk } from '../../agent/backbones/trunk-cache.ts';
import type { Engine, Tf } from '../../agent/engine/engine.ts';
import { cachedFeatures, paddedCrop } from '../../agent/learner/augmentation.ts';
import { layersOf } from '../../agent/network/architecture.ts';
import { MEMBERS } from '../../agent/network/head.ts';
import type { Model } from '../../agent/network/model.ts';
import type { Trunk } from '../../agent/network/trunk.ts';
import { type Action, type LoggedAction, toLog } from '../../agent/policy/action.ts';
import { type ActionSettings, graspShapes } from '../../agent/policy/action-space.ts';
import { type ExplorationSettings, explore } from '../../agent/policy/explore.ts';
import { antipodalPolicy, depthPcaPolicy, randomPolicy } from '../../agent/policy/heuristics.ts';
import { createScorer, proposalFor, type Scorer } from '../../agent/policy/learned.ts';
import type { FixedPolicyName } from '../../agent/policy/names.ts';
import { oraclePolicy } from '../../agent/policy/oracle.ts';
import type { Policy, PolicyInput, Proposal } from '../../agent/policy/policy.ts';
import { bestAction, type QMap, qMapAt } from '../../agent/policy/q-map.ts';
import type { Heightmap } from '../../sim/camera/heightmap.ts';
import { type Observation, observe } from '../../sim/camera/observation.ts';
import { closingAxis } from '../../sim/grasp.ts';
import { type Rng, rngStream } from '../../sim/math/rng.ts';
import { atan2 } from '../../sim/math/trigonometry.ts';
import type { Family } from '../../sim/objects/families.ts';
import type { Outcome, TrialResult, TrialSettings } from '../../sim/outcome.ts';
import type { Episode, RecordedEpisode, RoundPlace } from '../../sim/recording/episode.ts';
import { RECORDING_HZ } from '../../sim/recording/format.ts';
import { recordedObjects, recordTrial } from '../../sim/recording/trajectory.ts';
import { type Scene, type SceneSettings, type SceneSplit, sampleScene, sceneAfter } from '../../sim/scene.ts';
import { runTrial } from '../../sim/trial.ts';
import { modelsFor, type ObjectLibrary } from '../objects/library.ts';
import type { RecordRule } from '../recordings/rule.ts';
import type { Scenario } from '../schema/schema.ts';

/** Policies that need no training, by name. */
const FIXED_POLICIES = {
  random: randomPolicy,
  'depth-pca': depthPcaPolicy,
  antipodal: antipodalPolicy,
  oracle: oraclePolicy,
} as const satisfies Record<FixedPolicyName, Policy>;

/** Who chooses the grasps of a job. `key` identifies the weights, so that a worker uploads them once. */
export type Chooser =
  | { readonly kind: 'fixed'; readonly name: FixedPolicyName }
  | { readonly kind: 'greedy'; readonly key: string; readonly model: Model }
  | {
      readonly kind: 'explore';
      readonly key: string;
      readonly model: Model;
      /** False during warm-up: grasps are random, the trunk only computes features. */
      readonly scored: boolean;
      readonly exploration: ExplorationSettings;
      /** Whether all grasps of a scene are at the first one's cell. */
      readonly sameCell: boolean;
      /** What to keep of each trial for learning; `map` keeps the heightmap, from which any trunk's features can be made. */
      readonly keep: 'features' | 'crop' | 'map';
    };

/** The grasps to try on one scene. */
export interface SceneJob {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly split: SceneSplit;
  readonly sceneIndex: number;
  /** Number of the first trial; the others follow. */
  readonly firstTrial: number;
  readonly grasps: number;
  readonly chooser: Chooser;
  /**
   * Clutter removal instead of separate grasps on the settled scene, see {@link JobRunner.run}: one round, with its number
   * within the run; or as many as the grasps take, numbered by their first trial.
   */
  readonly clutter?: { readonly round: number } | 'rounds';
  /** Record the trajectory of the job's last grasp, for the viewer. */
  readonly record: boolean;
  /** Which trials to record; in clutter removal which rounds, for a grasp is nothing without those before it. */
  readonly recordRule?: RecordRule | undefined;
  /** Keep the pictures and maps that a report shows. */
  readonly picture: boolean;
}

/** One trial as it is logged. Plain JSON; no wall-clock times, so that logs of equal runs are equal. */
export interface TrialRecord {
  readonly trial: number;
  readonly scene: number;
  readonly families: readonly string[];
  /** Finger tips' midpoint at the end of the descent, world frame, metres; null if there was nothing to grasp. */
  readonly position: readonly number[] | null;
  readonly yaw: number;
  readonly action: LoggedAction | null;
  readonly probability: number | null;
  readonly outcome: Outcome;
  readonly gap: number;
  readonly rise: number;
  readonly stateHash: string;
  readonly inRound?: RoundPlace;
}

/** What a report shows of a trial. */
export interface TrialPicture {
  readonly image: Episode['image'];
  readonly heightmap: Episode['heightmap'];
  readonly affordance: Float32Array | null;
  readonly grasp: Episode['grasp'] | null;
}

export interface TrialOutput {
  readonly record: TrialRecord;
  /** Cached features or padded crop, if the chooser keeps any. */
  readonly data?: Float32Array;
  /** With the first grasp on a scene, if the chooser keeps it. */
  readonly map?: Heightmap;
  /** For the viewer. */
  readonly episode?: Episode;
  /** For a recording. */
  readonly recorded?: RecordedEpisode;
  readonly picture?: TrialPicture;
}

/** The simulator's scene settings of a scenario. */
export const sceneSettings = (scenario: Scenario, families: readonly Family[]): SceneSettings => ({
  families,
  objectCount: scenario.scene.objectCount,
  arrangement: scenario.scene.arrangement,
  ranges: { scale: scenario.scene.scale, density: scenario.scene.density, friction: scenario.scene.friction },
  dropHalfWidth: scenario.scene.dropHalfWidth,
  workspaceHalfWidth: scenario.scene.workspaceHalfWidth,
  tableFriction: scenario.scene.tableFriction,
  ...(scenario.scene.bin && { bin: scenario.scene.bin }),
});

export const trialSettings = ({ physics, gripper, motion }: Scenario): TrialSettings => ({ physics, gripper, motion });

/** A scene, and what the camera sees of it. */
interface SceneView {
  readonly scene: Scene;
  readonly observation: Observation;
}

/**
 * The scene and what the camera sees of it, keyed by (seed, split, index).
 * @param library the objects of a scenario that draws from files; it must be the one that the scenario names.
 */
export function sceneAndView(
  scenario: Scenario,
  seed: number,
  split: SceneSplit,
  index: number,
  library?: ObjectLibrary,
): SceneView {
  const scene = sampleScene(splitSettings(scenario, split, library), scenario.physics, seed, split, index);
  return { scene, observation: observe(scene, scenario.sensor, rngStream(seed, `observe/${split}`, index)) };
}

/** What a trial of a round leaves, and what the camera sees of it before grasp number `attempt`. */
export function nextSceneAndView(
  scenario: Scenario,
  { seed, split, index, attempt }: { seed: number; split: SceneSplit; index: number; attempt: number },
  before: Scene,
  result: TrialResult,
): SceneView {
  const scene = sceneAfter(before, result, scenario.scene.workspaceHalfWidth, scenario.physics);
  return { scene, observation: observe(scene, scenario.sensor, rngStream(seed, `observe/${split}/${attempt}`, index)) };
}

/** Of a round that is recorded. */
const EVERY_GRASP: RecordRule = { every: 1, failuresOnly: false };

/** Failures in a row that end a round of clutter removal. */
const FAILURES_IN_A_ROW = 2;

/** Pose frames of an episode for the viewer, for a simulated second. */
const VIEW_HZ = 60;

/** The scene settings of one side of a scenario: its families, or its objects from files. */
export function splitSettings(
  scenario: Scenario,
  split: SceneSplit,
  library: ObjectLibrary | undefined,
): SceneSettings {
  const families = split === 'training' ? scenario.training.families : scenario.evaluation.families;
  const settings = sceneSettings(scenario, families);
  const { objects } = scenario;
  if (!objects) return settings;
  if (!library) throw new Error(`scene: expected the objects of ${objects.path} to be loaded, got none`);
  const ranges = { ...settings.ranges, friction: objects.friction ?? settings.ranges.friction };
  return { ...settings, ranges, library: modelsFor(library, objects, split) };
}

/** What a runner needs that depends on where it runs: files and hashes are one thing in Node, another in a browser. */
export interface JobHost {
  /**
   * Opens the foreign network of a policy; undefined if it stands on graft's own.
   * @throws Error if it cannot be had, or is not the one that the policy was trained on.
   */
  readonly openForeign: (tf: Tf, model: Model) => Promise<Trunk | undefined>;
  /** Of all that a policy sees, bit for bit; for recordings. */
  readonly observationHash: (observation: Observation) => string;
}

/** Runs jobs one after another on one engine; a worker holds one. */
export class JobRunner {
  readonly #engine: Engine | undefined;
  readonly #host: JobHost;
  readonly #library: ObjectLibrary | undefined;
  #foreign: { readonly key: string; readonly trunk: Trunk } | undefined;
  #scorer: { readonly key: string; readonly scorer: Scorer } | undefined;

  /**
   * @param engine  may be left out where only fixed policies choose.
   * @param library for scenarios that draw from files.
   */
  constructor(engine: Engine | undefined, host: JobHost, library?: ObjectLibrary) {
    this.#engine = engine;
    this.#host = host;
    this.#library = library;
  }

  get #tf(): Tf {
    if (this.#engine) return this.#engine.tf;
    throw new Error('job: expected a tensor engine for a learned policy, got none');
  }

  /** Opens the foreign network that a job's policy stands on; to be awaited before {@link run}. */
  async prepare({ chooser }: SceneJob): Promise<void> {
    const architecture = chooser.kind === 'fixed' ? undefined : chooser.model.architecture;
    const key = architecture?.kind === 'foreign' ? JSON.stringify(architecture) : undefined;
    if (chooser.kind === 'fixed' || this.#foreign?.key === key) return;
    this.dispose();
    const trunk = await this.#host.openForeign(this.#tf, chooser.model);
    this.#foreign = key && trunk ? { key, trunk: cachedTrunk(trunk) } : undefined;
  }

  #prepared({ architecture }: Model): Trunk {
    if (this.#foreign?.key === JSON.stringify(architecture)) return this.#foreign.trunk;
    throw new Error(
      `job: expected the foreign network of its policy to be prepared, got ${this.#foreign?.key ?? 'none'}`,
    );
  }

  #ownTrunk(hash: string, { architecture, trunk: parameters }: Model): Trunk {
    return ownTrunk(this.#tf, { name: 'own', hash, card: '', layers: layersOf(architecture), parameters });
  }

  /** The scorer of a model; the last one is kept, older ones are freed. */
  #scorerFor(key: string, model: Model): Scorer {
    if (this.#scorer?.key !== key) {
      this.#freeScorer();
      const trunk = model.architecture.kind === 'own' ? this.#ownTrunk(key, model) : this.#prepared(model);
      this.#scorer = { key, scorer: createScorer(this.#tf, trunk, model) };
    }
    return this.#scorer.scorer;
  }

  /**
   * @returns one output a grasp, in order. A round of clutter ends when the table is clear, after
   * {@link FAILURES_IN_A_ROW} failures in a row, or when nothing is left to grasp.
   */
  run(job: SceneJob): TrialOutput[] {
    if (job.clutter === 'rounds') return this.#runRounds(job);
    if (job.clutter) return this.#runRound(job, job.clutter.round, Number.POSITIVE_INFINITY);
    const { scenario, seed, split, sceneIndex, chooser } = job;
    const view = sceneAndView(scenario, seed, split, sceneIndex, this.#library);
    const rng = rngStream(seed, `choose/${split}`, sceneIndex);
    const choose = this.chooser(job, view.scene, view.observation, rng);
    return Array.from({ length: job.grasps }, (_, k): TrialOutput => {
      const record = job.record && k === job.grasps - 1;
      const { output } = this.#attempt({ ...job, record }, view, choose(), { trial: job.firstTrial + k }, rng);
      const map = k === 0 && chooser.kind === 'explore' && chooser.keep === 'map' && view.observation.heightmap;
      return { ...output, ...(map && { map }) };
    });
  }

  /** Tries one proposal, and keeps of it what the job asks for. */
  #attempt(
    job: SceneJob,
    { scene, observation }: SceneView,
    { proposal, action }: { readonly proposal: Proposal | undefined; readonly action: Action | null },
    place: Pick<Episode, 'trial' | 'inRound'>,
    rng: Rng,
  ): { readonly output: TrialOutput; readonly result: TrialResult | undefined } {
    const { scenario, sceneIndex, chooser } = job;
    const { result, ...kept } = execute(job, scene, observation, proposal, place, this.#host.observationHash);
    const data =
      action && chooser.kind === 'explore' ? this.#experience(chooser, observation, action, scenario, rng) : undefined;
    const record = toRecord(place.trial, sceneIndex, scene, proposal, action, result);
    const output = {
      record: { ...record, ...(place.inRound && { inRound: place.inRound }) },
      ...(data && { data }),
      ...kept,
      ...(job.picture && { picture: toPicture(observation, proposal) }),
    };
    return { output, result };
  }

  /** Rounds one after another, each a scene of its own, until all grasps are done. */
  #runRounds(job: SceneJob): TrialOutput[] {
    const outputs: TrialOutput[] = [];
    while (outputs.length < job.grasps) {
      const trial = job.firstTrial + outputs.length;
      const record = job.record && outputs.length === 0;
      const round = { ...job, sceneIndex: trial, firstTrial: trial, record };
      outputs.push(...this.#runRound(round, trial, job.grasps - outputs.length));
    }
    return outputs;
  }

  /** Clutter removal (VGN, GIGA): look, grasp, take the held object away, look again. At most `most` grasps. */
  #runRound(job: SceneJob, round: number, most: number): TrialOutput[] {
    const { scenario, seed, split, sceneIndex } = job;
    const recorded = job.recordRule && round % job.recordRule.every === 0;
    let view = sceneAndView(scenario, seed, split, sceneIndex, this.#library);
    const outputs: TrialOutput[] = [];
    for (let failures = 0, attempt = 0; attempt < most && failures < FAILURES_IN_A_ROW; attempt++) {
      const rng = rngStream(seed, `choose/${split}/${attempt}`, sceneIndex);
      const choice = this.chooser(job, view.scene, view.observation, rng)();
      // in training what shows nothing to grasp counts as a miss, as it does outside rounds
      if (!choice.proposal && job.chooser.kind !== 'explore') break;
      const attempted = {
        ...job,
        recordRule: recorded ? EVERY_GRASP : undefined,
        record: job.record && attempt === 0,
      };
      const place = { trial: job.firstTrial + attempt, inRound: { round, attempt } };
      const { output, result } = this.#attempt(attempted, view, choice, place, rng);
      outputs.push(output);
      if (!result) break;
      failures = result.outcome === 'held' ? 0 : failures + 1;
      view = nextSceneAndView(scenario, { seed, split, index: sceneIndex, attempt: attempt + 1 }, view.scene, result);
      if (view.scene.objects.length === 0) break;
    }
    const unrecorded = job.recordRule?.failuresOnly === true && outputs.every((o) => o.record.outcome === 'held');
    return unrecorded ? outputs.map(({ recorded: _, ...output }) => output) : outputs;
  }

  /** A function that proposes the next grasp on this scene; a foreign policy must have been prepared. */
  chooser(
    job: Pick<SceneJob, 'scenario' | 'chooser' | 'record' | 'picture' | 'recordRule'>,
    scene: Scene,
    observation: Observation,
    rng: Rng,
  ): () => { proposal: Proposal | undefined; action: Action | null } {
    const { scenario, chooser } = job;
    const { action: settings, gripper } = scenario;
    const map = observation.heightmap;
    if (chooser.kind === 'fixed') {
      const input: PolicyInput = {
        observation,
        rng,
        action: settings,
        opening: gripper.stroke,
        scene,
        trial: trialSettings(scenario),
      };
      return () => ({ proposal: FIXED_POLICIES[chooser.name](input), action: null });
    }
    const scorer = this.#scorerFor(chooser.key, chooser.model);
    const scored = chooser.kind === 'greedy' || chooser.scored;
    // one member of the head explores a scene; a greedy policy asks them all
    const member = chooser.kind === 'explore' ? rng.int(MEMBERS) : undefined;
    const scores: QMap | undefined = scored ? scorer.score(map, settings, member) : undefined;
    const shapes = graspShapes(settings).length;
    let first: Action | undefined;
    return () => {
      const chosen =
        chooser.kind === 'greedy'
          ? bestAction(scores!, shapes)
          : exploreOn(chooser, map, scores, settings, gripper.stroke, first, rng);
      first ??= chosen?.action;
      if (!chosen) return { proposal: undefined, action: null };
      const shown = job.record || job.picture || job.recordRule ? scores : undefined;
      return { proposal: proposalFor(map, chosen, shown, gripper.stroke, settings), action: chosen.action };
    };
  }

  #experience(
    chooser: Chooser & { kind: 'explore' },
    { heightmap }: Observation,
    action: Action,
    scenario: Scenario,
    rng: Rng,
  ): Float32Array | undefined {
    if (chooser.keep === 'map') return undefined;
    if (chooser.keep === 'crop') return paddedCrop(heightmap, action, scenario.action);
    const { trunk } = this.#scorerFor(chooser.key, chooser.model);
    return cachedFeatures(trunk, heightmap, action, scenario.action, rng);
  }

  #freeScorer(): void {
    this.#scorer?.scorer.dispose();
    if (this.#scorer?.scorer.trunk !== this.#foreign?.trunk) this.#scorer?.scorer.trunk.dispose();
    this.#scorer = undefined;
  }

  dispose(): void {
    this.#freeScorer();
    this.#foreign?.trunk.dispose();
    this.#foreign = undefined;
  }
}

/** An exploring choice, at the cell of the scene's first grasp if the chooser stays there. */
function exploreOn(
  { exploration, sameCell }: Chooser & { kind: 'explore' },
  map: Heightmap,
  scores: QMap | undefined,
  settings: ActionSettings,
  stroke: number,
  first: Action | undefined,
  rng: Rng,
): { action: Action; logit: number | null } | undefined {
  if (!sameCell || !first) return explore(map, scores, settings, exploration, stroke, rng);
  const there = scores?.cells.includes(first.cell)
    ? qMapAt(scores, first.cell, graspShapes(settings).length)
    : undefined;
  // a heuristic's angle belongs to the cell that it was found at
  const chosen = explore(map, there, settings, { ...exploration, heuristicShare: 0 }, stroke, rng);
  return chosen && { ...chosen, action: { ...chosen.action, cell: first.cell } };
}

/** Closing angle in [0, pi), and the tips' position. */
export function planned(proposal: Proposal): Episode['grasp'] {
  const axis = closingAxis(proposal.grasp);
  const yaw = (atan2(axis[1], axis[0]) + Math.PI) % Math.PI;
  return {
    position: proposal.grasp.pose.position,
    yaw,
    opening: proposal.grasp.opening,
    probability: proposal.probability,
  };
}

/** Tries a proposed grasp, and keeps of it what the job asks for. @param hash as in {@link JobHost}. */
export function execute(
  job: Pick<SceneJob, 'scenario' | 'seed' | 'split' | 'sceneIndex' | 'chooser' | 'record' | 'recordRule'>,
  scene: Scene,
  observation: Observation,
  proposal: Proposal | undefined,
  place: Pick<Episode, 'trial' | 'inRound'>,
  hash: JobHost['observationHash'],
): { result: TrialResult | undefined; episode?: Episode; recorded?: RecordedEpisode } {
  if (!proposal) return { result: undefined };
  const { record, recordRule: rule } = job;
  const settings = trialSettings(job.scenario);
  const mayRecord = rule !== undefined && (place.inRound !== undefined || place.trial % rule.every === 0);
  if (!record && !mayRecord) return { result: runTrial(scene, proposal.grasp, settings) };
  const { result, poses, phases, pressed, hz } = recordTrial(
    scene,
    proposal.grasp,
    settings,
    record ? VIEW_HZ : RECORDING_HZ,
  );
  const isRecorded = mayRecord && !(rule.failuresOnly && result.outcome === 'held');
  if (!record && !isRecorded) return { result };
  const { frame, heightmap } = observation;
  const { widthPx: width, heightPx: height } = frame.camera.intrinsics;
  const episode = {
    ...place,
    split: job.split,
    policy: job.chooser.kind === 'fixed' ? job.chooser.name : 'learned',
    objects: recordedObjects(scene),
    gripper: settings.gripper,
    hz,
    poses,
    phases,
    pressed,
    camera: frame.camera,
    image: { width, height, rgb: frame.colour },
    depth: frame.depth,
    heightmap: { size: heightmap.size, cell: heightmap.cell, height: heightmap.height },
    affordance: proposal.affordance,
    affordanceAtAngle: proposal.affordanceAtAngle,
    grasp: planned(proposal),
    outcome: result.outcome,
  };
  if (!isRecorded) return { result, episode };
  const { seed, sceneIndex } = job;
  const proof = { seed, scene: sceneIndex, grasp: proposal.grasp, result, observationHash: hash(observation) };
  const recorded: RecordedEpisode = { ...episode, proof };
  return { result, recorded, ...(record && { episode }) };
}

const toPicture = ({ frame, heightmap }: Observation, proposal: Proposal | undefined): TrialPicture => ({
  image: { width: frame.camera.intrinsics.widthPx, height: frame.camera.intrinsics.heightPx, rgb: frame.colour },
  heightmap: { size: heightmap.size, cell: heightmap.cell, height: heightmap.height },
  affordance: proposal?.affordance ?? null,
  grasp: proposal ? planned(proposal) : null,
});

/** The trial as it is logged. */
function toRecord(
  trial: number,
  sceneIndex: number,
  scene: Scene,
  proposal: Proposal | undefined,
  action: Action | null,
  result: TrialResult | undefined,
): TrialRecord {
  const grasp = proposal && planned(proposal);
  return {
    trial,
    scene: sceneIndex,
    families: scene.objects.map(({ model }) => model.family),
    position: grasp ? grasp.position : null,
    yaw: grasp?.yaw ?? 0,
    action: action && toLog(action),
    probability: proposal?.probability ?? null,
    // the camera shows nothing to grasp: an honest miss
    outcome: result?.outcome ?? 'missed',
    gap: result?.gap ?? 0,
    rise: result?.rise ?? 0,
    stateHash: result?.stateHash ?? '0'.repeat(16),
  };
}
