/**
 * What the page takes: `npx tsx tests/bench/pages.ts [MB] [folder]`. From loopback, in headless Chromium: bytes of script on the
 * wire (compressed), time to the first picture of a live run, pictures a second of a run with ten objects and their age on the
 * screen, and time from asking for a trial of a large recording to its
 * picture. The recording (default 1000 MB, deleted at the end) repeats real trials.
 */
import { rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { createRecording } from '../../sim/recording/write/mcap-writer.ts';
import { startViewer } from '../../viewer/server.ts';
import { simulateEpisode, tenObjects } from '../support/episodes.ts';
import { launchChromium } from '../support/process/chromium.ts';
import { recordTrials } from '../support/recordings/recordings.ts';

const megabytes = Number(process.argv[2] ?? 1000);
const path = join(process.argv[3] ?? tmpdir(), `graft-bench-${process.pid}.mcap`);
const OPENINGS = 5;
const SEEKS = 15;
const LIVE_SECONDS = 20;
/** Longer without a picture means that nothing moved. */
const STILL_MS = 300;
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const quantile = (list: readonly number[], share: number): string =>
  [...list].sort((a, b) => a - b)[Math.min(Math.floor(list.length * share), list.length - 1)].toFixed(0);

/** Writes real trials again and again. @returns how many. */
async function fill(): Promise<number> {
  const entries = await recordTrials(40, 'pile', 'antipodal');
  const writer = await createRecording(path, { version: '1', scenarioName: 'pile', seed: '0', policy: 'antipodal' });
  let trials = 0;
  for (; trials % 500 !== 0 || statSync(path).size < megabytes * 1e6; trials++) {
    const { episode, ...rest } = entries[trials % entries.length];
    await writer.add({ ...rest, episode: { ...episode, trial: trials } });
  }
  await writer.close();
  return trials;
}

/** Milliseconds from a seek to the first picture of that trial, as the page itself sees it. */
const seek = (page: Page, index: number): Promise<number> =>
  page.evaluate(async (wanted) => {
    const before = performance.now();
    const shown = window.graftViewer.shownCount;
    location.hash = `#t=${wanted},0.5`;
    while (window.graftViewer.episode !== wanted || window.graftViewer.shownCount === shown)
      await new Promise(requestAnimationFrame);
    return performance.now() - before;
  }, index);

/** Looks at a live run. @returns age of each new picture when the next one could be drawn, and time between pictures, ms. */
const watch = (page: Page, seconds: number): Promise<{ ages: number[]; gaps: number[] }> =>
  page.evaluate(async (wanted) => {
    const [ages, gaps]: number[][] = [[], []];
    const end = performance.now() + 1000 * wanted;
    let [count, before] = [window.graftViewer.shownCount, performance.now()];
    let drawn: number | undefined;
    for (let now = before; now < end; now = await new Promise<number>(requestAnimationFrame)) {
      // what was drawn is on the screen when the next frame begins
      if (drawn !== undefined) ages.push(performance.timeOrigin + now - 1000 * drawn);
      drawn = undefined;
      if (window.graftViewer.shownCount === count) continue;
      count = window.graftViewer.shownCount;
      drawn = window.graftViewer.shownAt;
      gaps.push(now - before);
      before = now;
    }
    return { ages, gaps };
  }, seconds);

async function live(browser: Browser): Promise<void> {
  const run = await startViewer({ port: 0 });
  run.publishEpisode(await tenObjects());
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  await page.goto(run.url);
  await page.waitForFunction(() => window.graftViewer?.shownCount > 0, undefined, { timeout: 120_000 });
  // the resolution follows the speed of the machine
  await watch(page, 10);
  const { ages, gaps } = await watch(page, LIVE_SECONDS);
  const moving = gaps.filter((gap) => gap < STILL_MS);
  const rate = (1000 * moving.length) / moving.reduce((sum, gap) => sum + gap, 0);
  const ratio = await page.evaluate(() => window.graftViewer.pixelRatio);
  say(`live, ten objects: ${rate.toFixed(1)} pictures a second while something moves, pixel ratio ${ratio.toFixed(2)}`);
  say(`  from the simulation to the screen: p50 ${quantile(ages, 0.5)} ms, p95 ${quantile(ages, 0.95)} ms`);
  await page.close();
  await run.close();
}

const viewer = await startViewer({ port: 0 });
viewer.publishEpisode(await simulateEpisode(0));
const browser = await launchChromium('all');
try {
  const first: number[] = [];
  let script = 0;
  for (let i = 0; i < OPENINGS; i++) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
    await page.goto(viewer.url);
    await page.waitForFunction(() => window.graftViewer?.shownCount > 0, undefined, { timeout: 120_000 });
    first.push(await page.evaluate(() => performance.now()));
    script = await page.evaluate(() =>
      (performance.getEntriesByType('resource') as PerformanceResourceTiming[])
        .filter(({ name }) => name.endsWith('.js'))
        .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
    );
    await page.close();
  }
  say(`script on the wire: ${(script / 1000).toFixed(0)} kB`);
  say(`first picture: p50 ${quantile(first, 0.5)} ms, worst ${quantile(first, 1)} ms of ${OPENINGS}`);

  await live(browser);
  if (megabytes === 0) process.exit(0);

  const trials = await fill();
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  const address = encodeURIComponent(viewer.serveRecording(path));
  await page.goto(`${viewer.url}?recording=${address}#t=1,0.5`);
  await page.waitForFunction(() => window.graftViewer?.episode === 1, undefined, { timeout: 240_000 });
  say(`recording of ${(statSync(path).size / 1e6).toFixed(0)} MB, ${trials} trials:`);
  say(`  opened at a trial after ${(await page.evaluate(() => performance.now())).toFixed(0)} ms`);
  const times: number[] = [];
  // far apart, so that nothing has been read before
  for (let i = 0; i < SEEKS; i++) times.push(await seek(page, Math.floor(((i * 7) % SEEKS) * (trials / SEEKS)) + 3));
  say(`  seek to the picture: p50 ${quantile(times, 0.5)} ms, p95 ${quantile(times, 0.95)} ms`);
} finally {
  await browser.close();
  await viewer.close();
  rmSync(path, { force: true });
}
process.exit(0);
