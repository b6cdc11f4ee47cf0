/** Predicting threads: one policy, opened in each of them. */
import type { HeightmapSettings } from '../../../sim/camera/heightmap.ts';
import type { HandSettings } from '../../../sim/hand/settings.ts';
import { startThreads } from '../../workers/threads.ts';
import type { Answer } from '../answer.ts';
import type { PredictJob } from '../predict-job.ts';
import type { PredictTask } from './predict-worker.ts';

/** What a policy looks at, and the hand that it knows. */
export interface PredictorInfo {
  readonly heightmap: HeightmapSettings;
  readonly hand: HandSettings;
}

/** Threads that answer questions. Whoever starts them closes them. */
export interface PredictThreads {
  readonly info: PredictorInfo;
  /** @throws InputError if the question is not what it should be. */
  readonly answer: (job: PredictJob) => Promise<Answer>;
  readonly close: () => Promise<void>;
}

/**
 * Starts threads, each with the policy open.
 * @throws InputError if there is no such policy.
 */
export async function startPredictThreads(
  policy: string,
  scenario: string | undefined,
  workers: number,
): Promise<PredictThreads> {
  const entry = new URL('./predict-entry.js', import.meta.url);
  const threads = startThreads<PredictTask, Answer | PredictorInfo>(entry, workers, undefined);
  try {
    const [info] = await Promise.all(Array.from({ length: workers }, () => threads.run({ policy, scenario })));
    return {
      info: info as PredictorInfo,
      answer: async (job) => (await threads.run({ policy, scenario, job })) as Answer,
      close: threads.close,
    };
  } catch (error) {
    await threads.close();
    throw error;
  }
}
