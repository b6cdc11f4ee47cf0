import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { run } from '../process/cli.ts';

/** Seconds of training and evaluation. */
const SMALL = `
training: { trials: 16, warmupTrials: 8, scenesPerRound: 4 }
evaluation: { trials: 6 }
action: { angles: 4 }
learner: { backbone: grasp-passive, batchSize: 16, updatesPerTrial: 0.5 }
`;
/** Trials of training and of evaluation in {@link recordedRun}. */
export const RECORDED_TRIALS = 16 + 6;

/** A real run with a report and a recording, in a folder. @param record as `--record`. @returns its folder. */
export async function recordedRun(folder: string, name: string, record = 'all'): Promise<string> {
  writeFileSync(join(folder, 'small.yaml'), SMALL);
  const args = ['train', 'small.yaml', '--out', name, '--workers', '1', '--record', record];
  const { code, stderr } = await run(args, { cwd: folder });
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return join(folder, name);
}
