import { loadBackbone, modelHash } from '../../../agent/backbones/own.ts';
import type { Sample } from '../../../agent/learner/replay.ts';
import { architectureTaps, OWN_ARCHITECTURE } from '../../../agent/network/architecture.ts';
import { featureLength } from '../../../agent/network/features.ts';
import { initHead } from '../../../agent/network/head.ts';
import { identityStandardization } from '../../../agent/network/standardization.ts';
import type { PolicySpec } from '../../../agent/policy/open-policy.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import type { SceneJob, TrialOutput } from '../../../scenarios/trials/job.ts';
import type { JobRunner } from '../../../scenarios/trials/runner.ts';
import type { TrialPool } from '../../../scenarios/workers/pool.ts';
import { rngStream } from '../../../sim/math/rng.ts';

/** A pool without threads, so that a test sees the memory and the tensors of the work. */
export function localPool(runner: JobRunner): TrialPool {
  return {
    workers: 1,
    run: (jobs) => Promise.all(jobs.map((j) => runner.run(j))),
    close: async () => runner.dispose(),
  };
}

/** Everything that a job's outputs depend on, as text; weights by their hash. */
function keyOf({ policy, ...job }: SceneJob): string {
  if (!('model' in policy)) return JSON.stringify([job, policy]);
  const { model, ...spec } = policy;
  return JSON.stringify([job, spec, model.architecture, modelHash(model)]);
}

/** A pool that plays no job twice: runs which are to come out the same share what they ask for alike. */
export function rememberingPool(pool: TrialPool): TrialPool {
  const played = new Map<string, Promise<TrialOutput[]>>();
  const run = async (jobs: readonly SceneJob[]): Promise<TrialOutput[][]> => {
    const keys = jobs.map(keyOf);
    const fresh = jobs.filter((_, i) => !played.has(keys[i]));
    const playing = pool.run(fresh);
    for (const [i, job] of fresh.entries())
      played.set(
        keyOf(job),
        playing.then((outputs) => outputs[i]),
      );
    // everyone gets his own, as from a thread
    return structuredClone(await Promise.all(keys.map((key) => played.get(key)!)));
  };
  return { ...pool, run };
}

/** Random grasps on scenes of the quick scenario, executed: features of the shipped trunk or crops, and what came of them. */
export async function triedGrasps(runner: JobRunner, scenes: number, keep: 'features' | 'crop'): Promise<Sample[]> {
  const { scenario: quick } = loadScenario('quick');
  const scenario = { ...quick, action: { ...quick.action, depths: [0.035] } };
  const length = featureLength(architectureTaps(OWN_ARCHITECTURE));
  const policy: PolicySpec = {
    kind: 'explore',
    key: 'tried-grasps',
    model: {
      architecture: OWN_ARCHITECTURE,
      trunk: loadBackbone('passive').parameters,
      head: initHead(length, scenario.action.depths.length, rngStream(0, 'test/head')),
      standardization: identityStandardization(length),
    },
    scored: false,
    sameCell: false,
    exploration: { heuristicShare: 0, epsilon: 1, temperature: 1 },
  };
  const place = {
    scenario,
    seed: 5,
    split: 'training',
    grasps: 4,
    policy,
    keep,
    record: false,
    picture: false,
  } as const;
  const outputs = await Promise.all(
    Array.from({ length: scenes }, (_, sceneIndex) => runner.run({ ...place, sceneIndex, firstTrial: 4 * sceneIndex })),
  );
  return outputs
    .flat()
    .flatMap(({ record, data }) =>
      data && record.action && record.outcome !== 'invalid'
        ? [{ data, shape: record.action.depth, held: record.outcome === 'held' }]
        : [],
    );
}
