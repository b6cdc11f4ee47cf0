/** Session: the simulator and the policies behind the play page. */
import { type Engine, loadEngine } from '../../agent/engine/engine.ts';
import type { Model } from '../../agent/network/model.ts';
import type { Action } from '../../agent/policy/action.ts';
import { checkShapeCount, graspAt, graspOf, graspShapes, nearestAction } from '../../agent/policy/action-space.ts';
import { decodeModel } from '../../agent/policy/model-file.ts';
import { FIXED_POLICY_NAMES, type FixedPolicyName } from '../../agent/policy/names.ts';
import type { PolicySpec } from '../../agent/policy/open-policy.ts';
import { type Proposal, unpredicted } from '../../agent/policy/proposal.ts';
import type { Scenario } from '../../scenarios/schema/schema.ts';
import type { TrialOutput } from '../../scenarios/trials/job.ts';
import { affordanceOf, plannedGrasp, recordOf } from '../../scenarios/trials/outputs.ts';
import type { RecordRule } from '../../scenarios/trials/record-rule.ts';
import { JobRunner } from '../../scenarios/trials/runner.ts';
import { sceneAndView, splitSettings } from '../../scenarios/trials/scene.ts';
import { propose, tryGrasp } from '../../scenarios/trials/trial.ts';
import { cellAt, localTop } from '../../sim/camera/heightmap.ts';
import { type Observation, observe } from '../../sim/camera/observation.ts';
import { closingAxis } from '../../sim/grasp.ts';
import type { Pose, Vec3 } from '../../sim/math/pose.ts';
import { rngStream } from '../../sim/math/rng.ts';
import type { TrialResult } from '../../sim/outcome.ts';
import { loadPhysics } from '../../sim/physics.ts';
import type { PlannedGrasp, RecordedEpisode } from '../../sim/recording/episode.ts';
import { type Scene, sceneAfter, sceneWith } from '../../sim/scene.ts';
import { BROWSER_HOST, contentKey } from './host.ts';
import type { Lesson } from './learn/training.ts';
import { SceneEditor } from './scene/editor.ts';
import { MeshFiles } from './scene/meshes.ts';
import { type SceneShown, sceneShown } from './scene/shown.ts';
import { ownScenario, type ScenarioFile, shippedScenarios } from './shipped.ts';

/** A policy that can be asked: a fixed one, or the trained one that was loaded. */
export type PolicyName = FixedPolicyName | 'trained';

/** What the page can choose from. */
export interface Choices {
  readonly scenarios: readonly ScenarioChoice[];
  readonly policies: readonly PolicyName[];
}

export interface ScenarioChoice {
  readonly name: string;
  readonly description: string;
  readonly objectCount: number;
  /** Seed of its evaluation scenes. */
  readonly seed: number;
  /** Closing angles over 180 degrees, and finger depths in metres, that its policies choose among. */
  readonly angles: number;
  readonly depths: readonly number[];
}

/** A grasp that could be tried now. */
export interface GraspShown {
  readonly grasp: PlannedGrasp;
  /** T_world_tcp at the end of the descent. */
  readonly pose: Pose;
  readonly affordance: Float32Array | null;
  /** Of the finger tips below the local top, metres: of the user's own grasp, as it was taken. */
  readonly depth?: number;
}

/** One scene of a batch: its line in the log of a run, and the hash of what the policy saw. */
export type BatchTrial = Pick<TrialOutput, 'record'> & { readonly observationHash: string | null };

/** Scenes of the evaluation side are played: no trained policy has met them. */
const SPLIT = 'evaluation';

const EVERY: RecordRule = { every: 1, failuresOnly: false };

/** The scene that is being played. */
interface Play {
  readonly name: string;
  readonly scenario: Scenario;
  readonly seed: number;
  readonly index: number;
  /** Whether held objects stay away. */
  readonly clutter: boolean;
  scene: Scene;
  observation: Observation;
  /** Looks at the table so far. */
  attempt: number;
  drops: number;
  chosen: { readonly proposal: Proposal; readonly policy: PolicySpec } | undefined;
  result: TrialResult | undefined;
}

/** The simulator and the policies behind the page; one lives in its worker. Nothing here knows a server. */
export class PlaySession {
  readonly #scenarios = new Map(shippedScenarios());
  readonly #meshes = new MeshFiles(() => this.#open(this.#engine));
  /** A scene of one's own. */
  readonly editor = new SceneEditor(
    (name) => this.#file(name).text,
    this.#meshes,
    () => this.#play,
  );
  #runner = new JobRunner(undefined, BROWSER_HOST);
  #engine: Engine | undefined;
  #model: { readonly key: string; readonly model: Model; readonly shapeCount: number } | undefined;
  #play: Play | undefined;
  #trials = 0;

  async choices(): Promise<Choices> {
    await loadPhysics();
    const scenarios = [...this.#scenarios].map(([name, { scenario }]) => describe(name, scenario));
    return { scenarios, policies: [...FIXED_POLICY_NAMES, ...(this.#model ? (['trained'] as const) : [])] };
  }

  /** Adds a scenario file of the user's own. @throws Error with one line per problem. */
  addScenario(text: string, file: string): ScenarioChoice {
    const known = this.#meshes.library?.models.map(({ family }) => family);
    const { name, scenario } = ownScenario(text, file, known);
    this.#scenarios.set(name, { text, scenario });
    return describe(name, scenario);
  }

  /**
   * Loads a policy that `graft train` saved (model.safetensors), and the tensor engine when the first one comes.
   * @param wasmFolder as in `loadEngine`.
   * @returns one line about the engine.
   * @throws Error naming the file if it is damaged, or stands on a foreign network.
   */
  async loadPolicy(bytes: Uint8Array, file: string, wasmFolder?: string): Promise<string> {
    const { model, shapeCount } = decodeModel(bytes, file);
    const engine = await loadEngine({ prefer: 'wasm', ...(wasmFolder !== undefined && { wasmFolder }) });
    await BROWSER_HOST.openForeign(engine.tf, model);
    this.#open(engine);
    this.#model = { key: contentKey(bytes), model, shapeCount };
    return engine.description;
  }

  /** What is asked from now on runs on this engine, with the mesh files that there are. */
  #open(engine: Engine | undefined): void {
    this.#runner.dispose();
    this.#engine = engine;
    this.#runner = new JobRunner(engine, BROWSER_HOST, this.#meshes.library);
  }

  /** A scenario of the list, resolved. @throws Error if there is none of that name. */
  scenario(name: string): Scenario {
    return this.#scenario(name);
  }

  /** Draws the scene keyed by (seed, index). @throws Error if its settings let no scene settle. */
  async draw(scenarioName: string, seed: number, index: number, clutter: boolean): Promise<SceneShown> {
    await loadPhysics();
    const scenario = this.#scenario(scenarioName);
    const { scene, observation } = sceneAndView(scenario, seed, SPLIT, index, this.#meshes.library);
    const fresh = { attempt: 0, drops: 0, chosen: undefined, result: undefined };
    this.#play = { name: scenarioName, scenario, seed, index, clutter, scene, observation, ...fresh };
    return sceneShown(this.#play);
  }

  /** Drops one more object of the scenario on the table. */
  drop(): SceneShown {
    const play = this.#playing();
    const { scenario, seed, index } = play;
    const rng = rngStream(seed, `drop/${play.drops++}`, index);
    const settings = splitSettings(scenario, SPLIT, this.#meshes.library);
    return this.#look(play, sceneWith(play.scene, settings, scenario.physics, rng));
  }

  /** What lies there after the last trial: a held object is gone in clutter removal, and else back where it was. */
  next(): SceneShown {
    const play = this.#playing();
    const { scenario, scene, result, clutter } = play;
    if (!result || !clutter) return this.#look(play, scene);
    return this.#look(play, sceneAfter(scene, result, scenario.scene.workspaceHalfWidth, scenario.physics));
  }

  #look(play: Play, scene: Scene): SceneShown {
    const { scenario, seed, index } = play;
    play.attempt++;
    play.scene = scene;
    play.observation = observe(scene, scenario.sensor, rngStream(seed, `observe/${SPLIT}/${play.attempt}`, index));
    play.chosen = undefined;
    play.result = undefined;
    return sceneShown(play);
  }

  /** Asks a policy. @returns undefined if it sees nothing to grasp. */
  async propose(policyName: PolicyName): Promise<GraspShown | undefined> {
    const play = this.#playing();
    const { name, scenario, seed, index, scene, observation, attempt, clutter } = play;
    if (scene.objects.length === 0) return undefined;
    const policy = this.#policy(policyName, name, scenario);
    // the streams of `graft evaluate`, so that the same scene gets the same grasp
    const purpose = clutter || attempt > 0 ? `choose/${SPLIT}/${attempt}` : `choose/${SPLIT}`;
    const rng = rngStream(seed, purpose, index);
    const proposal = await this.#runner.withPolicy(policy, (open) =>
      propose(scenario, { scene, observation }, open, rng),
    );
    play.chosen = proposal && { proposal, policy };
    return proposal && { ...plan(proposal), affordance: affordanceOf(observation, proposal, scenario) };
  }

  /**
   * A grasp of the user's own at the heightmap's cell under (x, y).
   * @param depth of the finger tips below the local top, metres.
   * @param teaches takes the nearest of the depths that policies choose among, so that one can learn from it.
   */
  point(x: number, y: number, yaw: number, depth: number, teaches = false): GraspShown {
    const play = this.#playing();
    const { heightmap: map } = play.observation;
    const { action, gripper } = play.scenario;
    const cell = cellAt(map, x, y);
    if (teaches) return this.#teach(play, nearestAction(cell, yaw, depth, 1, action));
    return this.#own(play, unpredicted(graspAt(map, cell, yaw, depth, gripper.stroke, action)), depth);
  }

  /**
   * A grasp of the user's own anywhere, tilted or not.
   * @param pose T_world_tcp.
   * @param opening metres, of at most the hand's stroke.
   * @param teaches takes the nearest that policies choose among, straight down.
   */
  aim({ position: [x, y, z], quaternion }: Pose, opening: number, teaches = false): GraspShown {
    const play = this.#playing();
    const { heightmap: map } = play.observation;
    const { action, gripper } = play.scenario;
    const cell = cellAt(map, x, y);
    const depth = localTop(map, cell) - z;
    const position: Vec3 = [x, y, Math.max(z, action.tableClearance)];
    const grasp = { pose: { position, quaternion }, opening: Math.min(opening, gripper.stroke) };
    if (!teaches) return this.#own(play, unpredicted(grasp), Math.max(depth, 0));
    const [cx, cy] = closingAxis(grasp);
    return this.#teach(play, nearestAction(cell, Math.atan2(cy, cx), depth, opening / gripper.stroke, action));
  }

  #teach(play: Play, action: Action): GraspShown {
    const { gripper, action: settings } = play.scenario;
    const grasp = graspOf(play.observation.heightmap, action, gripper.stroke, settings);
    return this.#own(play, { ...unpredicted(grasp), action }, graspShapes(settings)[action.shape].depth);
  }

  #own(play: Play, proposal: Proposal, depth: number): GraspShown {
    play.chosen = { proposal, policy: { kind: 'fixed', name: 'random' } };
    return { ...plan(proposal), affordance: null, depth };
  }

  /** Tries the grasp that was proposed or pointed at last. The hashes in its proof are those of logs and recordings. */
  try(): RecordedEpisode {
    const play = this.#playing();
    if (!play.chosen) throw new Error('play: expected a grasp to have been chosen, got none');
    const { scenario, seed, index: sceneIndex, scene, observation, chosen } = play;
    const job = {
      scenario,
      seed,
      split: SPLIT,
      sceneIndex,
      policy: chosen.policy,
      record: true,
      recordRule: EVERY,
    } as const;
    const view = { scene, observation };
    const place = { trial: this.#trials++ };
    const { result, recorded } = tryGrasp(job, view, chosen.proposal, place, BROWSER_HOST.observationHash);
    play.result = result;
    return recorded!;
  }

  /** The latest trial as a learner takes it. @returns undefined if its grasp is none that a learner chooses among. */
  lesson(): Lesson | undefined {
    const { name, scenario, seed, index, scene, observation, chosen, result } = this.#playing();
    const action = chosen?.proposal.action;
    if (!action || !result || result.outcome === 'invalid') return undefined;
    const { heightmap } = observation;
    const place = { trial: this.#trials - 1 };
    const record = recordOf({ sceneIndex: index }, { scene, observation }, chosen.proposal, result, place);
    const line = { scenario: name, seed, split: SPLIT, ...record };
    return { heightmap, action, held: result.outcome === 'held', scenario, line: JSON.stringify(line) };
  }

  /** One grasp on each of several scenes, as `graft evaluate` makes them. */
  async batch(
    scenarioName: string,
    seed: number,
    first: number,
    count: number,
    policyName: PolicyName,
    hashes: boolean,
  ): Promise<BatchTrial[]> {
    await loadPhysics();
    const scenario = this.#scenario(scenarioName);
    const policy = this.#policy(policyName, scenarioName, scenario);
    const trials = Array.from({ length: count }, async (_, i) => {
      const place = { scenario, seed, split: SPLIT, sceneIndex: first + i, firstTrial: first + i, grasps: 1 } as const;
      const [{ record, recorded }] = await this.#runner.run({
        ...place,
        policy,
        record: false,
        picture: false,
        ...(hashes && { recordRule: EVERY }),
      });
      return { record, observationHash: recorded?.proof.observationHash ?? null };
    });
    return Promise.all(trials);
  }

  /** The policy by its name on the page. @throws Error if it has not been loaded, or is not for such a scenario. */
  #policy(policy: PolicyName, name: string, scenario: Scenario): PolicySpec {
    if (policy !== 'trained') return { kind: 'fixed', name: policy };
    if (!this.#model) throw new Error('play: expected a trained policy to have been loaded, got none');
    const { key, model, shapeCount } = this.#model;
    checkShapeCount(shapeCount, scenario.action, name);
    return { kind: 'greedy', key, model };
  }

  #scenario(name: string): Scenario {
    return this.#file(name).scenario;
  }

  #file(name: string): ScenarioFile {
    const file = this.#scenarios.get(name);
    if (file) return file;
    throw new Error(`scenario: expected one of ${[...this.#scenarios.keys()].join(', ')}, got '${name}'`);
  }

  #playing(): Play {
    if (this.#play) return this.#play;
    throw new Error('play: expected a scene to have been drawn, got none');
  }
}

const plan = (proposal: Proposal): Pick<GraspShown, 'grasp' | 'pose'> => ({
  grasp: plannedGrasp(proposal),
  pose: proposal.grasp.pose,
});

const describe = (name: string, { description, scene, evaluation, action }: Scenario): ScenarioChoice => ({
  name,
  description,
  objectCount: scene.objectCount,
  seed: evaluation.seed,
  angles: action.angles,
  depths: action.depths,
});
