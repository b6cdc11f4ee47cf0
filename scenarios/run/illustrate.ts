/** Scenes worth a look, and what a policy sees and does in them. */

import type { PolicySpec } from '../../agent/policy/open-policy.ts';
import type { ReportExample } from '../report/example.ts';
import type { Scenario } from '../schema/schema.ts';
import type { SceneJob, TrialPicture, TrialRecord } from '../trials/job.ts';
import type { TrialPool } from '../workers/pool.ts';

/** What a policy did on the evaluation scenes. */
export interface PolicyRecords {
  readonly policy: string;
  readonly records: readonly TrialRecord[];
}

/** Scenes on which the first two policies disagree, then some that the first lost: what people want to look at. */
export function pickScenes([first, ...others]: readonly PolicyRecords[], most: number): number[] {
  const held = (r: TrialRecord): boolean => r.outcome === 'held';
  const against = others[0]?.records ?? [];
  const groups = [
    first.records.filter((r, i) => held(r) && against[i] && !held(against[i])),
    first.records.filter((r, i) => !held(r) && against[i] && held(against[i])),
    first.records.filter((r) => !held(r)),
    first.records.filter(held),
  ];
  const chosen: number[] = [];
  for (let k = 0; chosen.length < most && k < first.records.length; k++) {
    for (const group of groups) {
      const scene = group[k]?.scene;
      if (scene !== undefined && !chosen.includes(scene) && chosen.length < most) chosen.push(scene);
    }
  }
  return chosen;
}

/** Runs a policy again on a few evaluation scenes, for the pictures. */
export async function illustrate(
  pool: TrialPool,
  scenario: Scenario,
  seed: number,
  policy: PolicySpec,
  scenes: readonly number[],
  policies: readonly PolicyRecords[],
): Promise<ReportExample[]> {
  const jobs = scenes.map(
    (sceneIndex, i): SceneJob => ({
      scenario,
      seed,
      split: 'evaluation',
      sceneIndex,
      firstTrial: i,
      grasps: 1,
      policy,
      record: false,
      picture: true,
    }),
  );
  return (await pool.run(jobs)).map(([{ record, picture }]) => example(record, picture!, policies));
}

function example(record: TrialRecord, picture: TrialPicture, policies: readonly PolicyRecords[]): ReportExample {
  const { size, cell } = picture.heightmap;
  const g = picture.grasp;
  return {
    title: `scene ${record.scene}: ${record.families.join(', ')}`,
    image: picture.image,
    heightmap: picture.heightmap,
    affordance: picture.affordance,
    grasp: g && {
      row: g.position[1] / cell + size / 2 - 0.5,
      col: g.position[0] / cell + size / 2 - 0.5,
      yaw: g.yaw,
      openingCells: g.opening / cell,
    },
    outcomes: policies.map(({ policy, records }) => ({
      policy,
      outcome: records.find((r) => r.scene === record.scene)?.outcome ?? 'not tried',
    })),
    probability: record.probability,
  };
}
