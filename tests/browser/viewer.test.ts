import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { decode } from 'fast-png';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Episode } from '../../sim/recording/episode.ts';
import type { RunInfo } from '../../sim/recording/live-view.ts';
import type { ViewerCounters } from '../../viewer/page/counters.ts';
import { startViewer, type Viewer } from '../../viewer/server.ts';
import { simulateEpisode, summarise } from '../support/episodes.ts';
import { launchChromium } from '../support/process/chromium.ts';

/** Set to write the picture of the README; otherwise pictures go to the temporary folder. */
const PICTURE = process.env.GRAFT_PICTURE ?? join(tmpdir(), 'graft-viewer.png');
const TRIALS = 80;
/** How many of them are played: the last ones, which come again and again before, but for the README. */
const PLAYED = process.env.GRAFT_PICTURE ? TRIALS : 16;
const RUN: RunInfo = {
  scenario: 'tabletop',
  seed: 0,
  arm: 'heightmap heuristic, less and less at random',
  engine: 'none',
  trialsPlanned: 100,
};

/** What the page draws the first objects in, and the table. */
const SEGMENTS = [
  [230, 159, 0],
  [86, 180, 233],
  [0, 158, 115],
];
const TABLE_SEGMENT = [58, 64, 72];

let browser: Browser;
let viewer: Viewer;
let page: Page;
let episodes: Episode[];
let shown: Episode;
const problems: string[] = [];

beforeAll(async () => {
  const played: Episode[] = [];
  for (let i = TRIALS - PLAYED; i < TRIALS; i++) played.push(await simulateEpisode(i, Math.max(0, 1 - i / 40)));
  episodes = Array.from({ length: TRIALS }, (_, trial) => ({ ...played[trial % PLAYED], trial }));
  shown = episodes.findLast((e) => e.outcome === 'held')!;
  browser = await launchChromium();
  viewer = await startViewer({ port: 0 });
  viewer.setRun(RUN);
  for (const e of episodes.slice(0, TRIALS - 5)) viewer.publishTrial(summarise(e));
  viewer.publishEpisode(shown);
  page = await open({ width: 1280, height: 720 });
});

afterAll(async () => {
  await browser?.close();
  await viewer?.close();
});

async function open(viewport: { width: number; height: number }, query = ''): Promise<Page> {
  const opened = await browser.newPage({ viewport, colorScheme: 'light' });
  opened.on('pageerror', (error) => problems.push(String(error)));
  await opened.goto(viewer.url + query);
  await opened.waitForFunction(() => window.graftViewer.shownCount > 0);
  return opened;
}

const counters = (): Promise<ViewerCounters> => page.evaluate(() => ({ ...window.graftViewer }));

/** Pixels [n][r, g, b] of an element as the browser shows it. */
async function pixels(of: Page, selector: string): Promise<number[][]> {
  const { data, channels } = decode(await of.locator(selector).screenshot());
  return Array.from({ length: data.length / channels }, (_, i) => [...data.slice(i * channels, i * channels + 3)]);
}

/** Standard deviation of brightness, 0..255. */
function contrast(list: readonly number[][]): number {
  const brightness = list.map(([r, g, b]) => (r + g + b) / 3);
  const mean = brightness.reduce((a, b) => a + b, 0) / brightness.length;
  return Math.sqrt(brightness.reduce((a, b) => a + (b - mean) ** 2, 0) / brightness.length);
}

/** Hue in degrees of a colour in any scale. */
function hue([r, g, b]: readonly number[]): number {
  return (Math.atan2(Math.sqrt(3) * (g - b), 2 * r - g - b) * 180) / Math.PI;
}

/** How many pixels are clearly coloured with about the hue of a colour. */
function countHue(list: readonly number[][], colour: readonly number[]): number {
  return list.filter((p) => {
    const away = Math.abs(((hue(p) - hue(colour) + 540) % 360) - 180);
    return Math.max(...p) - Math.min(...p) > 24 && away < 14;
  }).length;
}

describe('the page', () => {
  it('shows every object in its colour', async () => {
    // the gripper may hide one for a while, and a slow machine draws fewer pixels: any picture of the trial will do
    const saturated = shown.objects.filter(({ colour }) => Math.max(...colour) - Math.min(...colour) >= 0.25);
    await expect
      .poll(
        async () => {
          const scene = await pixels(page, '#view');
          return contrast(scene) > 6 && saturated.every(({ colour }) => countHue(scene, colour) > 100);
        },
        { timeout: 120_000 },
      )
      .toBe(true);
  });

  it('shows new poses as they come', async () => {
    const before = await counters();
    await expect.poll(async () => (await counters()).poseCount).toBeGreaterThan(before.poseCount + 9);
    await expect.poll(async () => (await counters()).shownCount).toBeGreaterThan(before.shownCount + 2);
    expect((await counters()).errors).toBe(0);
  });

  it('shows the camera frame, its depth, and the affordance with the grasp', async () => {
    const colour = await pixels(page, '#camera');
    expect(contrast(colour)).toBeGreaterThan(4);
    await page.getByRole('button', { name: 'depth' }).click();
    const depth = await pixels(page, '#camera');
    expect(depth).not.toEqual(colour);
    expect(contrast(depth)).toBeGreaterThan(4);
    await page.getByRole('button', { name: 'segments' }).click();
    const segments = await pixels(page, '#camera');
    // as many colours as there are objects, and the table
    for (const [i, wanted] of [...SEGMENTS.slice(0, shown.objects.length), TABLE_SEGMENT].entries()) {
      const count = segments.filter((p) => p.every((c, k) => Math.abs(c - wanted[k]) < 6)).length;
      expect(count, `segment ${i}`).toBeGreaterThan(60);
    }
    const map = await pixels(page, '#map');
    expect(contrast(map)).toBeGreaterThan(8);
    expect(map.filter((p) => p.every((c) => c > 245)).length).toBeGreaterThan(40);
    await page.getByRole('button', { name: 'angle', exact: true }).click();
    const atAngle = await pixels(page, '#map');
    expect(atAngle).not.toEqual(map);
    await page.getByRole('button', { name: 'height' }).click();
    const heights = await pixels(page, '#map');
    expect(heights).not.toEqual(map);
    expect(heights).not.toEqual(atAngle);
    await page.getByRole('button', { name: 'affordance' }).click();
    await page.getByRole('button', { name: 'colour', exact: true }).click();
  });

  it('follows the run: header, progress, list and curve', async () => {
    await expect.poll(() => page.textContent('#scenario')).toBe('tabletop');
    await expect.poll(() => page.textContent('#progress-text')).toBe(`trial ${TRIALS - 5} of 100`);
    const curve = await page.getAttribute('#curve', 'aria-label');
    for (const e of episodes.slice(TRIALS - 5)) viewer.publishTrial(summarise(e));
    await expect.poll(() => page.textContent('#progress-text')).toBe(`trial ${TRIALS} of 100`);
    const first = await page.textContent('#trials tr:first-child');
    expect(first).toContain(String(TRIALS - 1));
    expect(first).toContain(episodes[TRIALS - 1].outcome);
    expect(await page.getAttribute('#curve', 'aria-label')).not.toBe(curve);
  });

  it('names the outcome when the trial is over', async () => {
    await expect.poll(() => page.textContent('#outcome'), { timeout: 120_000, interval: 40 }).toBe('held');
    await expect.poll(() => page.textContent('#outcome'), { timeout: 120_000, interval: 40 }).toBe('trying');
  });

  it('can be paused and turned from the keyboard', async () => {
    await page.locator('#view').focus();
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    await page.waitForTimeout(500);
    const still = (await counters()).poseCount;
    const before = await page.locator('#view').screenshot();
    for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowRight');
    await expect.poll(async () => (await page.locator('#view').screenshot()).equals(before)).toBe(false);
    expect((await counters()).poseCount).toBe(still);
    await page.keyboard.press('0');
    await page.keyboard.press('Space');
    await expect.poll(async () => (await counters()).poseCount).toBeGreaterThan(still);
  });

  it('fits a phone without sideways scrolling', async () => {
    const phone = await open({ width: 390, height: 844 });
    const width = await phone.evaluate(() => document.documentElement.scrollWidth);
    await phone.close();
    expect(width).toBe(390);
  });

  it('is as good as it gets when drawn in high detail', async () => {
    // drawn in software: as small as it can be, but for the README
    const size = process.env.GRAFT_PICTURE ? { width: 1280, height: 720 } : { width: 900, height: 500 };
    const fine = await open(size, '?detail=high');
    await fine.waitForFunction(() => document.querySelector('#trials tr') !== null);
    await fine.waitForFunction(() => window.graftViewer.phase === 0, undefined, { polling: 20 });
    await fine.waitForFunction(() => window.graftViewer.phase === 3, undefined, { polling: 20 });
    await fine.getByRole('button', { name: 'Pause' }).click();
    await fine.mouse.move(600, 300);
    await fine.evaluate(() => (document.activeElement as HTMLElement).blur());
    await fine.waitForTimeout(600);
    await mkdir(dirname(PICTURE), { recursive: true });
    await fine.screenshot({ path: PICTURE });
    expect(contrast(await pixels(fine, '#view'))).toBeGreaterThan(6);
    await fine.close();
  });

  it('connects again by itself when the server comes back, and shows the new run', async () => {
    const port = Number(new URL(viewer.url).port);
    await viewer.close();
    await expect.poll(() => page.textContent('#connection')).toBe('reconnecting');
    viewer = await startViewer({ port });
    viewer.setRun({ ...RUN, scenario: 'second run' });
    viewer.publishEpisode({ ...shown, trial: 1000 });
    await expect.poll(() => page.textContent('#scenario'), { timeout: 120_000 }).toBe('second run');
    await expect.poll(() => page.textContent('#trial-title'), { timeout: 120_000 }).toContain('Trial 1000');
    expect((await counters()).trialCount).toBe(0);
    expect(await page.textContent('#connection')).toBe('live');
  });

  it('announces the final result with its interval and the report', async () => {
    expect(await page.isVisible('#result')).toBe(false);
    viewer.publishResult({ rate: 0.9125, low: 0.8808, high: 0.9364, trials: 400, reportUrl: '/report' });
    await page.locator('#result').waitFor({ state: 'visible' });
    const text = await page.textContent('#result');
    expect(text).toContain('91.3 %');
    expect(text).toContain('88.1 to 93.6 %');
    expect(await page.getAttribute('#result-link', 'href')).toBe('/report');
  });

  it('works without WebGL, apart from the 3D view', async () => {
    const plain = await browser.newPage();
    await plain.addInitScript(() => {
      HTMLCanvasElement.prototype.getContext = new Proxy(HTMLCanvasElement.prototype.getContext, {
        apply: (get, canvas, [kind, ...more]) => (kind === '2d' ? Reflect.apply(get, canvas, [kind, ...more]) : null),
      });
    });
    await plain.goto(viewer.url);
    await plain.getByText('needs WebGL 2').waitFor();
    await plain.waitForFunction(() => window.graftViewer.shownCount > 5);
    expect(contrast(await pixels(plain, '#map'))).toBeGreaterThan(8);
    await plain.close();
  });

  it('ran without an error', () => {
    expect(problems).toEqual([]);
  });
});
