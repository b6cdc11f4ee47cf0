/** Runner: runs jobs one after another on one engine; a worker holds one. */
import type { Engine } from '../../agent/engine/engine.ts';
import type { OpenPolicy, PolicyHost, PolicySpec } from '../../agent/policy/open-policy.ts';
import { rngStream } from '../../sim/math/rng.ts';
import type { ObjectLibrary } from '../objects/library.ts';
import { playRound, playRounds } from './clutter-round.ts';
import type { PersonsGrasp, SceneJob, TrialOutput } from './job.ts';
import { OpenPolicies } from './open-policies.ts';
import { personsProposal } from './persons-proposal.ts';
import { sceneAndView } from './scene.ts';
import { attempt, propose, type TrialTools } from './trial.ts';

/** What a runner needs that depends on where it runs: files and hashes are one thing in Node, another in a browser. */
export type JobHost = Pick<PolicyHost, 'openForeign' | 'openExternal'> & Pick<TrialTools, 'observationHash'>;

/** Whoever made it disposes of it: it keeps its latest policy open. */
export class JobRunner {
  readonly #policies: OpenPolicies;
  readonly #observationHash: JobHost['observationHash'];
  readonly #library: ObjectLibrary | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * @param engine  may be left out where only fixed policies choose.
   * @param library for scenarios that draw from files.
   */
  constructor(engine: Engine | undefined, { observationHash, ...host }: JobHost, library?: ObjectLibrary) {
    this.#policies = new OpenPolicies({ ...host, tf: engine?.tf });
    this.#observationHash = observationHash;
    this.#library = library;
  }

  /**
   * Runs a job, after those that were asked for before.
   * @returns one output a grasp, in order; a round of clutter may end early, see `playRound`.
   * @throws SceneError if the scenario's settings fit no scene; Error as `openPolicy`.
   */
  run(job: SceneJob): Promise<TrialOutput[]> {
    return this.withPolicy(job.policy, (policy) => this.#run(job, policy));
  }

  /** Uses a policy, which stays open until another is asked for. */
  withPolicy<T>(spec: PolicySpec, use: (policy: OpenPolicy) => T): Promise<T> {
    const turn = this.#turn.then(async () => use(await this.#policies.open(spec)));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  #run(job: SceneJob, policy: OpenPolicy): TrialOutput[] {
    const tools = { policy, observationHash: this.#observationHash };
    if (job.given) return [graspGiven(job, job.given, tools, this.#library)];
    if (job.clutter === 'rounds') return playRounds(job, tools, this.#library);
    if (job.clutter) return playRound(job, job.clutter, tools, this.#library);
    return graspScene(job, tools, this.#library);
  }

  dispose(): void {
    this.#policies.dispose();
  }
}

/** Separate grasps on one scene, each from its settled state. */
function graspScene(job: SceneJob, tools: TrialTools, library: ObjectLibrary | undefined): TrialOutput[] {
  const { scenario, seed, split, sceneIndex } = job;
  const view = sceneAndView(scenario, seed, split, sceneIndex, library);
  const rng = rngStream(seed, `choose/${split}`, sceneIndex);
  return Array.from({ length: job.grasps }, (_, k): TrialOutput => {
    const once = { ...job, record: job.record && k === job.grasps - 1 };
    const proposal = propose(scenario, view, tools.policy, rng, { teaches: job.teach });
    const { output } = attempt(once, view, proposal, { trial: job.firstTrial + k }, tools, rng);
    return { ...output, ...(k === 0 && job.keep === 'map' && { map: view.observation.heightmap }) };
  });
}

/** A person's grasp on a scene that the run has met, from its settled state. */
function graspGiven(
  job: SceneJob,
  given: PersonsGrasp,
  tools: TrialTools,
  library: ObjectLibrary | undefined,
): TrialOutput {
  const { scenario, seed, split, firstTrial: trial, policy } = job;
  const view = sceneAndView(scenario, seed, split, given.scene, library);
  const rng = rngStream(seed, `person/${split}`, trial);
  const own = propose(scenario, view, tools.policy, rng);
  const proposal = personsProposal(scenario, view.observation, given, { own, policy });
  return attempt(job, view, proposal, { trial }, tools, rng).output;
}
