import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inStep } from '../../scenarios/experiments/race/in-step.ts';
import type { Episode } from '../../sim/recording/episode.ts';
import type { LiveView } from '../../sim/recording/live-view.ts';
import type { RaceInfo } from '../../sim/recording/race.ts';
import { createRecording } from '../../sim/recording/write/mcap-writer.ts';
import type { RaceCounters } from '../../viewer/page/race/counters.ts';
import { type RaceViewer, startRaceViewer } from '../../viewer/server.ts';
import { shareRaceFile } from '../../viewer/share/race.ts';
import { simulateEpisode, summarise } from '../support/episodes.ts';
import { axeFindings } from '../support/process/axe.ts';
import { launchChromium } from '../support/process/chromium.ts';
import { temporaryFolder } from '../support/process/cli.ts';
import { recordTrials } from '../support/recordings/recordings.ts';

/** Pictures go there, or where GRAFT_PICTURES says. */
const PICTURES = process.env.GRAFT_PICTURES ?? tmpdir();
const TRIALS = 60;
const folder = temporaryFolder();
/** Whether each arm tries the better of two grasps: one always does, one learns to, one never does. */
const ARMS: Readonly<Record<string, (trial: number) => boolean>> = {
  pretrained: () => true,
  scratch: (trial) => trial >= 45,
  'random-grasps': () => false,
};
const NAMES = Object.keys(ARMS);

let browser: Browser;
let viewer: RaceViewer;
let page: Page;
let views: LiveView[];
const problems: string[] = [];

const info = (more: Partial<RaceInfo> = {}): RaceInfo => ({
  ...{ scenario: 'tabletop', seed: 0, trialsPlanned: 80 },
  arms: NAMES.map((name, i) => ({ name, stream: viewer.streamOf(name), seconds: 12.3 * (i + 1) })),
  ...more,
});

/** Scenes with a grasp that geometry chose and one at random, of which the latter alone never holds. */
const pairs: { readonly chosen: Episode; readonly random: Episode }[] = [];

async function simulatePairs(): Promise<void> {
  for (let scene = 0; pairs.length <= TRIALS; scene++) {
    const [chosen, random] = [await simulateEpisode(scene, 0), await simulateEpisode(scene, 1)];
    if (chosen.outcome === 'held' || random.outcome !== 'held') pairs.push({ chosen, random });
  }
}

/** Every arm tries one trial; real scenes, real grasps. */
function play(trial: number, shown: boolean): void {
  for (const [i, name] of NAMES.entries()) {
    const episode = { ...pairs[trial][ARMS[name](trial) ? 'chosen' : 'random'], trial, policy: name };
    views[i].publishTrial(summarise(episode));
    if (shown) views[i].publishEpisode(episode);
  }
}

beforeAll(async () => {
  browser = await launchChromium();
  viewer = await startRaceViewer({ port: 0 });
  views = inStep(NAMES.map((name) => viewer.arm(name)));
  viewer.setRace(info());
  await simulatePairs();
  for (let trial = 0; trial < TRIALS; trial++) play(trial, trial === TRIALS - 1);
  page = await open({ width: 1280, height: 720 });
}, 600_000);

afterAll(async () => {
  await browser?.close();
  await viewer?.close();
});

async function open(
  viewport: { width: number; height: number },
  colorScheme: 'light' | 'dark' = 'light',
): Promise<Page> {
  const opened = await browser.newPage({ viewport, colorScheme });
  opened.setDefaultTimeout(240_000);
  opened.on('pageerror', (error) => problems.push(String(error)));
  await opened.goto(viewer.url);
  await opened.waitForFunction(() => Math.min(...window.graftRace.shownCounts) > 0);
  await opened.waitForFunction(
    (n) => Object.values(window.graftRace.trials).filter((t) => t === n).length === 3,
    TRIALS,
  );
  return opened;
}

const counters = (): Promise<RaceCounters> => page.evaluate(() => structuredClone(window.graftRace));

describe('the race page', () => {
  it('moves both scenes, on the same trial and in step', async () => {
    const before = await counters();
    const started = performance.now();
    await page.waitForTimeout(4000);
    const after = await counters();
    const seconds = (performance.now() - started) / 1000;
    const rates = after.shownCounts.map((n, i) => (n - before.shownCounts[i]) / seconds);
    console.log(
      `race page: ${rates.map((r) => r.toFixed(1)).join(' and ')} pictures a second, ratio ${after.pixelRatio}`,
    );
    for (const rate of rates) expect(rate).toBeGreaterThan(1);
    expect(after.episodes).toEqual([TRIALS - 1, TRIALS - 1]);
    const gaps: number[] = [];
    for (let i = 0; i < 10; i++) {
      const { times } = await counters();
      gaps.push(Math.abs(times[0] - times[1]));
      await page.waitForTimeout(150);
    }
    // a play may begin between the two
    expect([...gaps].sort((a, b) => a - b)[5]).toBeLessThan(0.3);
    expect(after.errors).toBe(0);
  }, 600_000);

  it('draws a curve of every arm in one plot, and says so', async () => {
    await expect.poll(() => page.locator('#curve path.line').count()).toBe(NAMES.length);
    const label = await page.getAttribute('#curve', 'aria-label');
    for (const name of NAMES) expect(label).toContain(`${name} `);
    const classes = await page
      .locator('#curve path.line')
      .evaluateAll((all) => all.map((p) => p.getAttribute('class')));
    expect(classes).toEqual(['line arm-0', 'line arm-1', 'line arm-2']);
  });

  it('says who leads and since when, and how many grasps of each have failed', async () => {
    await expect
      .poll(() => page.textContent('#lead-text'))
      .toMatch(/^pretrained leads since trial \d+: \d+ points ahead of /);
    const failed = await page.locator('#arms tr td:nth-child(3)').allTextContents();
    expect(Number(failed[0])).toBeLessThan(Number(failed[2]));
    expect(await page.locator('#arms tr td:nth-child(4)').allTextContents()).toEqual(['12.3', '24.6', '36.9']);
  });

  it('shows the affordances of both', async () => {
    for (const id of ['first-map', 'second-map'])
      await expect
        .poll(() => page.locator(`#${id}`).evaluate((c) => (c as HTMLCanvasElement).width))
        .toBeGreaterThan(100);
    expect(await page.textContent('#first-map-of')).toBe('pretrained');
  });

  it('shows a third arm where one is chosen, and lets two change places', async () => {
    await page.selectOption('#second-arm', { label: 'random-grasps' });
    await expect.poll(() => page.textContent('#second-outcomes')).toBe('random-grasps');
    await expect.poll(() => page.textContent('#second-detail'), { timeout: 120_000 }).toMatch(/^random-grasps /);
    await page.selectOption('#first-arm', { label: 'random-grasps' });
    await expect.poll(() => page.textContent('#trial-detail'), { timeout: 120_000 }).toMatch(/^random-grasps /);
    await expect.poll(() => page.textContent('#second-detail'), { timeout: 120_000 }).toMatch(/^pretrained /);
    await page.selectOption('#first-arm', { label: 'pretrained' });
    await page.selectOption('#second-arm', { label: 'scratch' });
    await expect.poll(() => page.textContent('#second-detail'), { timeout: 120_000 }).toMatch(/^scratch /);
  }, 600_000);

  it('follows both arms to the next trial together', async () => {
    play(TRIALS, true);
    await expect.poll(async () => (await counters()).episodes, { timeout: 120_000 }).toEqual([TRIALS, TRIALS]);
    await expect.poll(() => page.textContent('#progress-text')).toBe(`trial ${TRIALS + 1} of 80 each`);
  }, 600_000);

  it('keeps nobody out (axe-core finds nothing), in both colours', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(500);
      expect(await axeFindings(page)).toEqual([]);
    }
  }, 600_000);

  it.each([
    ['desk', 1280, 720, 'light'],
    ['wide', 1920, 1080, 'dark'],
    ['phone', 390, 844, 'light'],
  ] as const)(
    'fits a %s',
    async (name, width, height, colorScheme) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
      await page.evaluate(() => window.scrollTo(0, 0));
      await page.waitForTimeout(1500);
      await page.screenshot({ path: join(PICTURES, `graft-race-${name}.png`) });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    },
    600_000,
  );

  it('ends with the verdict and a link to the report', async () => {
    viewer.setRace(info({ verdict: 'On tabletop, scratch needs more trials.', reportUrl: '/report' }));
    await expect.poll(() => page.textContent('#lead-text')).toBe('On tabletop, scratch needs more trials.');
    expect(await page.locator('#lead-link').isVisible()).toBe(true);
  });

  it('keeps what it shows when the server is lost, and says so', async () => {
    await viewer.close();
    await expect.poll(() => page.textContent('#message-text')).toMatch(/^The server does not answer/);
    expect(await page.locator('#curve path.line').count()).toBe(NAMES.length);
    expect(problems).toEqual([]);
  });

  it('goes along as one file, with both recordings in step and the board of the whole race', async () => {
    const arms = (['antipodal', 'random'] as const).map((name) => ({
      ...{
        name,
        seconds: 1.5,
        unseen: 0.5,
        training: pairs.map(({ random }, i) => summarise({ ...random, trial: i })),
      },
      record: async (path: string) => {
        const writer = await createRecording(path, { version: '1' });
        for (const entry of await recordTrials(3, 'quick', name)) await writer.add(entry);
        await writer.close();
      },
    }));
    const out = join(folder, 'race.html');
    const { trialsPlanned, scenario, seed } = info();
    const about = {
      title: 'a race',
      description: 'of two',
      info: { scenario, seed, trialsPlanned, verdict: 'No news.' },
    };
    await shareRaceFile({ race: { ...about, arms }, out, size: { widthPx: 960, heightPx: 600 } });
    const shared = await browser.newPage({ viewport: { width: 1280, height: 720 } });
    shared.setDefaultTimeout(240_000);
    const refused: string[] = [];
    shared.on('console', (message) => void (message.type() === 'error' && refused.push(message.text())));
    await shared.goto(`${pathToFileURL(out).href}#arms=random,antipodal&t=1,0.50`);
    await shared.waitForFunction(() => Math.min(...(window.graftRace?.shownCounts ?? [0])) > 0);
    const { episodes, times } = await shared.evaluate(() => structuredClone(window.graftRace));
    expect({ episodes, times }).toEqual({ episodes: [1, 1], times: [0.5, 0.5] });
    expect(await shared.textContent('#lead-text')).toBe('No news.');
    expect(await shared.locator('#curve path.line').count()).toBe(2);
    await shared.click('#embed');
    expect(await shared.inputValue('#embed-text')).toContain('race.html#arms=random,antipodal&amp;t=1,0.50" title="');
    await shared.click('#embed-close');
    await shared.locator('#view').focus();
    await shared.keyboard.press(' ');
    await shared.waitForFunction(() => window.graftRace.times[0] > 0.6);
    await shared.selectOption('#first-arm', { label: 'antipodal' });
    await expect.poll(() => shared.inputValue('#second-arm')).toBe('1');
    await shared.goto(`${pathToFileURL(out).href}#arms=random,nobody`);
    await expect.poll(() => shared.textContent('#message-text')).toContain("the arm 'nobody'");
    expect(refused).toEqual([]);
    await shared.close();
  }, 600_000);
});
