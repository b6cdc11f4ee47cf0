/** View of a finished run: its policy, played live on the evaluation scenes. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadEngine } from '../../agent/engine/engine.ts';
import { loadPhysics } from '../../sim/physics.ts';
import type { LiveView } from '../../sim/recording/live-view.ts';
import { checkForeign, InputError } from '../load.ts';
import { libraryOf } from '../objects/read.ts';
import { greedy } from '../run/named-policy.ts';
import { offerPolicy } from '../run/play-policy.ts';
import { isRun, loadModel } from '../run/run-folder.ts';
import type { SceneJob } from '../trials/job.ts';
import { NODE_HOST } from '../trials/node-host.ts';
import { JobRunner } from '../trials/runner.ts';
import { refusedKind } from './kinds.ts';

/** The newest finished run under runs/. */
function newestRun(): string {
  const base = resolve('runs');
  const runs = existsSync(base)
    ? readdirSync(base)
        .map((name) => join(base, name))
        .filter((f) => existsSync(join(f, 'model.safetensors')))
    : [];
  if (runs.length === 0)
    throw new InputError('view: expected a finished run under runs/, got none; start one with npm start');
  const age = (folder: string): number => statSync(join(folder, 'model.safetensors')).mtimeMs;
  return runs.reduce((a, b) => (age(b) > age(a) ? b : a));
}

/**
 * `graft view`: plays the trained policy on its evaluation scenes until the signal fires. Every episode is simulated anew
 * from (version, seed), not read from a recording.
 * @param open opens the viewer, once the run has been read.
 */
export async function viewRun(
  run: string | undefined,
  open: () => Promise<LiveView & { close(): Promise<void> }>,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<void> {
  const folder = run ? resolve(run) : newestRun();
  if (!isRun(folder)) throw refusedKind(run ?? folder);
  const { model, config } = loadModel(folder);
  await checkForeign(model);
  const { scenario, scenarioName, arm } = config;
  const library = await libraryOf(scenario, say);
  const viewer = await open();
  try {
    const engine = await loadEngine();
    await loadPhysics();
    say(`showing ${folder}; Ctrl-C ends it`);
    const { trials, seed } = scenario.evaluation;
    viewer.setRun({ scenario: scenarioName, seed, arm, engine: engine.description, trialsPlanned: trials });
    const report = join(folder, 'report.html');
    if (existsSync(report)) viewer.serveReport(report);
    offerPolicy(viewer, folder);
    for (const name of readdirSync(folder)) if (name.endsWith('.mcap')) viewer.serveRecording(join(folder, name));
    const runner = new JobRunner(engine, NODE_HOST, library);
    const policy = greedy(model);
    for (let i = 0; !signal.aborted; i = (i + 1) % trials) {
      while (!viewer.wantsEpisode() && !signal.aborted) await new Promise((done) => setTimeout(done, 50));
      const job: SceneJob = {
        scenario,
        seed,
        split: 'evaluation',
        sceneIndex: i,
        firstTrial: i,
        grasps: 1,
        policy,
        record: true,
        picture: false,
      };
      const [{ record, episode }] = await runner.run(job);
      const { trial, families, outcome, probability } = record;
      viewer.publishTrial({ trial, split: 'evaluation', families, outcome, probability });
      if (episode) viewer.publishEpisode(episode);
    }
    runner.dispose();
  } finally {
    await viewer.close();
  }
}
