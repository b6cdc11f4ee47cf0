import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadBackbone } from '../../agent/backbones/own.ts';
import { loadEngine } from '../../agent/engine/engine.ts';
import { inStep } from '../../scenarios/experiments/race/in-step.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { answerOf } from '../../scenarios/predict/answer.ts';
import { openPredictor } from '../../scenarios/predict/open-predictor.ts';
import { runPredictJob } from '../../scenarios/predict/predict-job.ts';
import { train } from '../../scenarios/run/train.ts';
import { Steering } from '../../scenarios/training/steering.ts';
import { NODE_HOST } from '../../scenarios/trials/node-host.ts';
import { JobRunner } from '../../scenarios/trials/runner.ts';
import { openWalk } from '../../scenarios/view/walk/open.ts';
import { createRecording } from '../../sim/recording/write/mcap-writer.ts';
import { startGraspServer } from '../../viewer/grasps/server/server.ts';
import { startRaceViewer, startViewer, startWalkViewer } from '../../viewer/server.ts';
import { shareFile } from '../../viewer/share/share.ts';
import { smallBenchmark } from '../support/benchmark.ts';
import { simulateEpisode, summarise } from '../support/episodes.ts';
import { localPool } from '../support/learner/experience.ts';
import { temporaryFolder } from '../support/process/cli.ts';
import {
  type Firefox,
  type FirefoxPage,
  firefoxDraws,
  hasFirefox,
  launchFirefox,
  withoutFirefox,
} from '../support/process/firefox.ts';
import { recordTrials } from '../support/recordings/recordings.ts';

const folder = temporaryFolder();
const TRIALS = 12;
let firefox: Firefox;

beforeAll(async () => {
  if (hasFirefox) firefox = await launchFirefox();
}, 240_000);
afterAll(() => firefox?.close());

/** Works a page in Firefox, on which nothing may go wrong. */
async function on(address: string, work: (page: FirefoxPage) => Promise<void>): Promise<void> {
  const page = await firefox.newPage();
  await page.goto(address);
  await work(page);
  // without a screen there is no WebGL, which each page says
  const wrong = page.problems.filter((text) => firefoxDraws || !/WebGL/.test(text));
  expect(wrong).toEqual([]);
  await page.close();
}

/** Clicks an element of the page. */
const click = (page: FirefoxPage, selector: string): Promise<unknown> =>
  page.evaluate(`(document.querySelector(${JSON.stringify(selector)}).click(), 0)`);

/** Waits for a scene in 3-D; without a screen, for the sentence that says why there is none. */
const scene = (page: FirefoxPage, drawn: string): Promise<void> =>
  page.until(firefoxDraws ? drawn : `/WebGL 2/.test(document.getElementById('notice').textContent)`);
const curve = (page: FirefoxPage): Promise<void> => page.until(`document.querySelector('#curve path, .plot path')`);

describe.skipIf(!hasFirefox)(`in Firefox${withoutFirefox}`, () => {
  it('a live run shows its scene and its curve; and the simulator plays', async () => {
    const viewer = await startViewer({ port: 0 });
    const run = { scenario: 'tabletop', seed: 0, arm: 'heuristic', engine: 'none', trialsPlanned: TRIALS };
    viewer.setRun(run);
    for (let i = 0; i < TRIALS; i++) {
      const episode = await simulateEpisode(i);
      viewer.publishTrial(summarise(episode));
      if (i === 0) viewer.publishEpisode(episode);
    }
    await on(viewer.url, async (page) => {
      await scene(page, 'window.graftViewer?.shownCount > 3');
      await curve(page);
      await page.until(`document.querySelectorAll('#trials tr').length === ${TRIALS}`);
    });
    await on(`${viewer.url}play.html`, async (page) => {
      await page.until(`window.graftPlay?.game.scene && !document.getElementById('fields').disabled`);
      await scene(page, `document.getElementById('notice').hidden`);
      await page.evaluate(`(graftPlay.game.propose().then(() => graftPlay.game.try()), 0)`);
      await page.until('graftPlay.game.tried.length === 1');
      await page.until(`document.getElementById('outcome').dataset.outcome !== 'trying'`);
    });
    await viewer.close();
  }, 240_000);

  it('a page in one file opens from a disk with its recording and its curve', async () => {
    const out = join(folder, 'one.html');
    const training = await Promise.all(Array.from({ length: TRIALS }, (_, i) => simulateEpisode(i)));
    const record = async (path: string): Promise<void> => {
      const writer = await createRecording(path, { version: '1' });
      for (const entry of await recordTrials(2)) await writer.add(entry);
      await writer.close();
    };
    const run = { title: 'a run', description: 'of two', record, curve: training.map(summarise) };
    await shareFile({ run, out, size: { widthPx: 960, heightPx: 600 } });
    await on(pathToFileURL(out).href, async (page) => {
      await scene(page, 'window.graftViewer?.shownCount > 3');
      await curve(page);
      await page.evaluate(`document.getElementById('embed').click()`);
      await page.until(`document.getElementById('embed-text').value.startsWith('<iframe src="one.html#t=')`);
    });
  }, 240_000);

  it('a benchmark is walked down to two grasps beside each other', async () => {
    const bench = join(folder, 'bench');
    await smallBenchmark(bench);
    const walk = await openWalk(bench);
    const viewer = await startWalkViewer({ port: 0 }, walk);
    await on(viewer.url, async (page) => {
      await page.until(`document.querySelector('.matrix td a')`);
      await page.evaluate(`document.querySelector('.matrix td a').click()`);
      await curve(page);
      await page.evaluate(
        `(location.hash = '#target=unseen&arms=depth-pca,antipodal&trials=0&show=all&scene=0.0', location.hash)`,
      );
      await scene(page, 'window.graftWalk?.shown.length === 2 && graftWalk.shownCount > 3');
    });
    await viewer.close();
    await walk.close();
  }, 240_000);

  it('a race shows every arm in step, with one curve each', async () => {
    const viewer = await startRaceViewer({ port: 0 });
    const names = ['pretrained', 'scratch'];
    const views = inStep(names.map((name) => viewer.arm(name)));
    const arms = names.map((name) => ({ name, stream: viewer.streamOf(name), seconds: 1 }));
    viewer.setRace({ scenario: 'tabletop', seed: 0, trialsPlanned: TRIALS, arms });
    for (let trial = 0; trial < TRIALS; trial++) {
      const episode = { ...(await simulateEpisode(trial)), trial };
      for (const view of views) {
        view.publishTrial(summarise(episode));
        if (trial === TRIALS - 1) view.publishEpisode(episode);
      }
    }
    await on(viewer.url, async (page) => {
      await page.until(`Object.values(window.graftRace?.trials ?? {}).join() === '${TRIALS},${TRIALS}'`);
      await curve(page);
      if (firefoxDraws) await page.until('Math.min(...graftRace.shownCounts) > 3');
    });
    await viewer.close();
  }, 240_000);

  it('a training is paused by whoever may steer it', async () => {
    const viewer = await startViewer({ port: 0 });
    viewer.setRun({ scenario: 'tabletop', seed: 0, arm: 'pretrained', engine: 'none', trialsPlanned: TRIALS });
    const steering: Steering = new Steering({
      ...{ scenario: loadScenario('tabletop').scenario, records: [] },
      onState: () => viewer.offerSteering(steering),
    });
    viewer.offerSteering(steering);
    await on(viewer.url, async (page) => {
      await page.until(`document.querySelector('#steer:not([hidden])')`);
      await click(page, '#steer');
      await page.until(`document.querySelector('#steer-pause:not([disabled])')`);
      await click(page, '#steer-pause');
      await expect.poll(() => steering.state.paused).toBe(true);
    });
    await viewer.close();
  }, 240_000);

  it('a recording opens at the moment of a link', async () => {
    const viewer = await startViewer({ port: 0 });
    const path = join(folder, 'two.mcap');
    const writer = await createRecording(path, { version: '1', policy: 'antipodal' });
    for (const entry of await recordTrials(3, 'tabletop', 'antipodal')) await writer.add(entry);
    await writer.close();
    await on(`${viewer.url}?recording=${viewer.serveRecording(path)}#t=2,0.50`, async (page) => {
      await page.until(`window.graftViewer?.recordings.join() === 'two.mcap'`);
      await page.until('graftViewer.index === 2');
      await scene(page, 'window.graftViewer.shownCount > 0');
    });
    await viewer.close();
  }, 240_000);

  it('a scene is made, and the page trains to the weights of Node', async () => {
    const viewer = await startViewer({ port: 0 });
    const { scenario } = loadScenario('quick');
    const engine = await loadEngine({ prefer: 'wasm' });
    const pool = localPool(new JobRunner(engine, NODE_HOST));
    const backbone = loadBackbone(scenario.learner.backbone);
    const node = await train({ engine, pool, scenario, arm: 'pretrained', backbone, seed: 7, trials: 8 });
    await on(`${viewer.url}play.html`, async (page) => {
      await page.until(`window.graftPlay?.game.scene && !document.getElementById('fields').disabled`);
      const mode = (name: string) =>
        page.evaluate(
          `([...document.querySelectorAll('label')].find((l) => l.textContent.trim() === '${name}').click(), 0)`,
        );
      await mode('Edit');
      await page.until(`document.getElementById('trial-title').textContent === 'An empty table'`);
      await click(page, '#edit-add');
      await page.until(`document.querySelectorAll('#edit-list label').length === 1`);
      await mode('Train');
      const values = { 'train-scenario': 'quick', 'train-arm': 'pretrained', 'train-trials': '8', 'train-seed': '7' };
      for (const [id, value] of Object.entries(values))
        await page.evaluate(
          `(() => { const field = document.getElementById('${id}'); field.value = '${value}'; for (const type of ['input', 'change']) field.dispatchEvent(new Event(type, { bubbles: true })); })()`,
        );
      await click(page, '#train-start');
      await page.until(`/^Done: weights/.test(document.getElementById('train-state').textContent)`);
      expect(await page.evaluate(`document.getElementById('train-state').title`)).toContain(node.weightsHash);
    });
    await viewer.close();
  }, 480_000);

  it('a picture is asked for grasps', async () => {
    const predictor = await openPredictor('pretrained');
    const { sensor, gripper } = predictor.scenario;
    const server = await startGraspServer({
      ...{ host: '127.0.0.1', port: 0, token: undefined, bytesMax: 1 << 24, rate: 100, slots: 1, openapi: {} },
      answer: async (question) => answerOf(runPredictJob(predictor, question)),
      about: { version: 'test', policy: 'pretrained', heightmap: sensor.heightmap, hand: gripper },
    });
    await on(server.url, async (page) => {
      await page.until(`/pretrained/.test(document.getElementById('run').textContent)`);
      await page.evaluate(
        `([...document.querySelectorAll('button')].find((b) => b.textContent.trim() === 'Example').click(), 0)`,
      );
      await page.until(`document.querySelectorAll('#grasps tr').length > 1`);
    });
    await server.close();
    predictor.policy.dispose();
  }, 240_000);
});
