/** Crosscheck: case after case in both engines, and the figures of all. */
import { kindOf } from '../../../sim/hand/settings.ts';
import { loadPhysics, PHYSICS_ENGINE, physicsVersion } from '../../../sim/physics.ts';
import { InputError, loadScenario, withObjects } from '../../load.ts';
import { libraryOf } from '../../objects/read.ts';
import { note } from '../../terminal/notes.ts';
import { type CaseSource, drawCase } from './cases.ts';
import { type CheckResult, checkCase } from './check.ts';
import { loadMujoco } from './mujoco.ts';
import { type CrosscheckJson, summarise } from './report.ts';

/** What the command line asks for. */
export interface CrosscheckRequest {
  readonly trials: number;
  readonly seed: number;
  /** Default: the tabletop's gripper and physics, every family, wider ranges of mass and friction. */
  readonly scenario?: string;
  /** Folder or file of objects, in place of the families. */
  readonly objects?: string;
  readonly onProgress?: (done: number, result: CheckResult) => void;
  readonly signal?: AbortSignal;
}

/** `graft crosscheck`: the same grasps in Rapier and in MuJoCo: how far the labels can be trusted. */
export async function crosscheck(request: CrosscheckRequest): Promise<CrosscheckJson> {
  const started = performance.now();
  const mujoco = await loadMujoco();
  await loadPhysics();
  const { name, ...loaded } = loadScenario(request.scenario ?? 'tabletop');
  const scenario = withObjects(loaded.scenario, request.objects);
  const own = request.scenario !== undefined;
  if (kindOf(scenario.gripper) !== 'jaws')
    throw new InputError(
      `scenario '${name}': expected a gripper of kind 'jaws' (all that MuJoCo plays), got '${kindOf(scenario.gripper)}'`,
    );
  const library = await libraryOf(scenario, note);
  const source: CaseSource = { scenario, own, seed: request.seed, ...(library && { library }) };
  // compiled code warms up before anything is timed
  for (let i = 0; i < 3; i++) checkCase(mujoco, drawCase(source, i));
  const results: CheckResult[] = [];
  for (let i = 0; i < request.trials && !request.signal?.aborted; i++) {
    const result = checkCase(mujoco, drawCase(source, i));
    results.push(result);
    request.onProgress?.(i + 1, result);
  }
  return {
    scenario: own ? name : library ? 'objects from files' : 'every family',
    seed: request.seed,
    ...summarise(results),
    physics: `${PHYSICS_ENGINE} ${physicsVersion()}`,
    mujoco: `@mujoco/mujoco ${mujoco.mj_versionString()}`,
    seconds: (performance.now() - started) / 1000,
  };
}
