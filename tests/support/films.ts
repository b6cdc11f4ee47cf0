import { loadEngine } from '../../agent/engine.ts';
import { type FixedPolicyName, JobRunner } from '../../scenarios/job.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { NODE_HOST } from '../../scenarios/node-host.ts';
import { loadPhysics } from '../../sim/physics.ts';
import type { FilmedTrial } from '../../viewer/recording/messages.ts';

/** Real trials of a fixed policy on a scenario that ships with graft, filmed. */
export async function filmTrials(
  count: number,
  name = 'quick',
  policy: FixedPolicyName = 'antipodal',
): Promise<FilmedTrial[]> {
  await loadPhysics();
  const runner = new JobRunner(await loadEngine(), NODE_HOST);
  const { scenario } = loadScenario(name);
  const film = { every: 1, failuresOnly: false };
  let held = 0;
  return Array.from({ length: count }, (_, i): FilmedTrial => {
    const place = { scenario, seed: 0, split: 'evaluation', sceneIndex: i, firstTrial: i, grasps: 1 } as const;
    const [output] = runner.run({
      ...place,
      chooser: { kind: 'fixed', name: policy },
      record: false,
      picture: false,
      film,
    });
    if (output.record.outcome === 'held') held++;
    const counts = { trials: i + 1, held, recentRate: held / (i + 1), dropped: 0 };
    return { film: output.film!, log: JSON.stringify(output.record), counts };
  });
}
