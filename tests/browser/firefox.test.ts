import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWalk } from '../../scenarios/view/walk/open.ts';
import { createRecording } from '../../sim/recording/write/mcap-writer.ts';
import { startViewer, startWalkViewer } from '../../viewer/server.ts';
import { shareFile } from '../../viewer/share/share.ts';
import { smallBenchmark } from '../support/benchmark.ts';
import { simulateEpisode, summarise } from '../support/episodes.ts';
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
});
