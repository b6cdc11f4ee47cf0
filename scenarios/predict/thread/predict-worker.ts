/** Predicting thread: opens a policy once, and answers questions. */
import { answering } from '../../workers/threads.ts';
import { type Answer, answerOf } from '../answer.ts';
import { openPredictor } from '../open-predictor.ts';
import type { Predictor } from '../predict.ts';
import { type PredictJob, runPredictJob } from '../predict-job.ts';
import type { PredictorInfo } from './predict-threads.ts';

/** What a thread is asked: to answer a job, or only to be ready. */
export interface PredictTask {
  readonly policy: string;
  readonly scenario: string | undefined;
  readonly job?: PredictJob;
}

let opened: Promise<Predictor> | undefined;

/** A predicting thread's task. */
export default answering(async ({ policy, scenario, job }: PredictTask): Promise<Answer | PredictorInfo> => {
  opened ??= openPredictor(policy, scenario);
  const predictor = await opened;
  if (job) return answerOf(runPredictJob(predictor, job));
  const { sensor, gripper } = predictor.scenario;
  return { heightmap: sensor.heightmap, hand: gripper };
});
