import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenWalk, openWalk } from '../../scenarios/view/walk/open.ts';
import { sharedWalk } from '../../scenarios/view/walk/shared.ts';
import { type FinishedViewer, startWalkViewer } from '../../viewer/server.ts';
import { shareWalkFile, shareWalkFolder } from '../../viewer/share/walk.ts';
import { smallBenchmark } from '../support/benchmark.ts';
import { axeFindings } from '../support/process/axe.ts';
import { launchChromium } from '../support/process/chromium.ts';
import { temporaryFolder } from '../support/process/cli.ts';
import { serveFolder } from '../support/process/static-server.ts';

/** Pictures go there, or where GRAFT_PICTURES says. */
const PICTURES = process.env.GRAFT_PICTURES ?? tmpdir();
const folder = temporaryFolder();
const bench = join(folder, 'bench');
const SIZES = [
  [1280, 720],
  [1920, 1080],
  [390, 844],
] as const;

let browser: Browser;
let walk: OpenWalk;
let viewer: FinishedViewer;
let page: Page;
const problems: string[] = [];

beforeAll(async () => {
  // a learner, so that there is a curve, and a rule
  await smallBenchmark(bench, ['passive', 'antipodal']);
  walk = await openWalk(bench);
  viewer = await startWalkViewer({ port: 0 }, walk);
  browser = await launchChromium();
  page = await open(viewer.url);
}, 600_000);

afterAll(async () => {
  await browser?.close();
  await viewer?.close();
  await walk?.close();
});

async function open(address: string): Promise<Page> {
  const opened = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  opened.setDefaultTimeout(240_000);
  opened.on('pageerror', (error) => problems.push(String(error)));
  await opened.goto(address);
  await opened.locator('main h1, #problem:not([hidden])').first().waitFor();
  return opened;
}

/** Everything that axe finds, one line each. */
async function findings(): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    found.push(...(await axeFindings(page)));
  }
  await page.emulateMedia({ colorScheme: 'light' });
  return found;
}

/** Pictures of a level, and whether it fits. */
async function look(name: string): Promise<void> {
  for (const [width, height] of SIZES) {
    await page.setViewportSize({ width, height });
    await page.screenshot({ path: join(PICTURES, `walk-${name}-${width}.png`) });
    expect(await page.evaluate(() => document.documentElement.scrollWidth), `${name} at ${width}`).toBe(width);
    // the page's own sheets come after those that it shares with others
    const top = await page.locator('#top').evaluate((node) => node.getBoundingClientRect());
    expect([top.top, top.width]).toEqual([0, width]);
  }
  await page.setViewportSize({ width: 1280, height: 720 });
}

const playing = (at: Page): Promise<void> =>
  at
    .waitForFunction(() => window.graftWalk?.shown.length === 2 && window.graftWalk.shownCount > 3)
    .then(() => undefined);

describe('the walk page', () => {
  it('leads from the matrix to the curves, to the scenes, to both grasps, by links', async () => {
    await page.selectOption('label:has-text("cells show") select', 'antipodal');
    await expect.poll(() => page.textContent('.matrix tbody tr:first-child td')).toMatch(/^[+−]?\d+\[−?\d+, −?\d+\]$/);
    expect(await findings()).toEqual([]);
    await look('matrix');

    await page.locator('.matrix tbody tr:first-child td a').click();
    await page.getByRole('heading', { name: 'Unseen families' }).waitFor();
    await expect.poll(() => page.textContent('.budgets tbody tr:last-child td')).toMatch(/^[+−]?\d+\[/);
    expect(await findings()).toEqual([]);
    await look('target');

    await page.locator('.plot .wide a[href*="trials=20"]').click();
    await page
      .getByRole('heading', { name: /After 20 training trials, passive and antipodal differ on \d+ of 12/ })
      .waitFor();
    await page.getByRole('link', { name: /all scenes/ }).click();
    expect(await page.locator('.scenes tbody tr').count()).toBe(12);
    const family = (await page.textContent('.scenes tbody tr:first-child td'))!;
    await page.selectOption('label:has-text("with") select', family);
    expect(new Set(await page.locator('.scenes tbody td:nth-child(2)').allTextContents())).toEqual(new Set([family]));
    expect(await findings()).toEqual([]);
    await look('scenes');

    await page.locator('.scenes tbody tr:first-child a').click();
    await playing(page);
    expect(await page.evaluate(() => window.graftWalk.shown)).toEqual([
      'unseen.passive.20.0.0',
      'unseen.antipodal.0.0.0',
    ]);
    const before = await page.evaluate(() => window.graftWalk.shownCount);
    await expect.poll(() => page.evaluate(() => window.graftWalk.shownCount)).toBeGreaterThan(before);
    expect(await findings()).toEqual([]);
    await look('watch');
    await page.goBack();
    await page.getByRole('link', { name: /all scenes/ }).waitFor();
  }, 600_000);

  it('is walked with the keyboard alone, and back', async () => {
    await page.goto(`${viewer.url}#`);
    const press = async (name: RegExp): Promise<void> => {
      for (let i = 0; i < 60; i++) {
        const here = await page.evaluate(() => {
          const { textContent, ariaLabel, href } = document.activeElement as HTMLAnchorElement;
          return `${ariaLabel ?? ''} ${textContent} ${href ?? ''}`;
        });
        if (name.test(here)) {
          const before = page.url();
          await page.keyboard.press('Enter');
          return void (await page.waitForURL((url) => url.href !== before));
        }
        await page.keyboard.press('Tab');
      }
      throw new Error(`expected to get to ${name} with the Tab key`);
    };
    await press(/target=unseen/);
    await press(/Scenes of passive after 18 trials/);
    await press(/show=all/);
    await press(/scene=0\.1/);
    await playing(page);
    await page.keyboard.press(' ');
    await expect.poll(() => page.evaluate(() => window.graftWalk.playing)).toBe(false);
    await page.keyboard.press(']');
    await expect.poll(() => page.evaluate(() => window.graftWalk.shown[0])).toBe('unseen.passive.18.0.2');
    for (let up = 0; up < 3; up++) await page.keyboard.press('Escape');
    await page.locator('.matrix').waitFor();
  }, 600_000);

  it('links to a moment of a trial', async () => {
    const other = await open(`${viewer.url}#target=unseen&arms=antipodal,passive&trials=18&show=all&scene=1.3&t=0.50`);
    await other.waitForFunction(() => window.graftWalk?.shown.length === 2 && window.graftWalk.time > 0);
    expect(await other.evaluate(() => [window.graftWalk.time, window.graftWalk.playing])).toEqual([0.5, false]);
    await other.close();
  }, 600_000);

  it('says what a broken link asks for, and goes as far as it can', async () => {
    await page.goto(`${viewer.url}#target=unseen&arms=passive,nobody&trials=18`);
    await expect
      .poll(() => page.textContent('#problem'))
      .toContain("The link asks for the arm 'nobody' on this target");
    await page.getByRole('heading', { name: 'Unseen families' }).waitFor();
    await page.goto(`${viewer.url}#target=mars`);
    await expect.poll(() => page.textContent('#problem')).toContain("the target 'mars'");
    await page.locator('.matrix').waitFor();
  }, 600_000);

  it('says why a grasp cannot be watched, and shows the other', async () => {
    await page.route('**/trials/unseen.passive.*', (route) =>
      route.fulfill({ status: 422, body: 'another version\n' }),
    );
    await page.goto(`${viewer.url}#target=unseen&arms=passive,antipodal&trials=18&show=all&scene=1.2`);
    await expect.poll(() => page.textContent('#trial-detail')).toBe('Cannot be watched: another version');
    await page.waitForFunction(() => window.graftWalk.shown[0] === 'unseen.antipodal.0.1.2');
    await page.unroute('**/trials/**');
  }, 600_000);

  it('goes along as a folder and as one file, with grasps of scenes on which the arms differ', async () => {
    const more = { size: { widthPx: 960, heightPx: 600 } };
    const asked = { from: bench, scenes: 2, onScene: () => undefined, signal: new AbortController().signal };
    await shareWalkFolder({ shared: await sharedWalk(asked), out: join(folder, 'shared'), ...more });
    await shareWalkFile({ shared: await sharedWalk(asked), out: join(folder, 'shared.html'), ...more });
    const server = await serveFolder(join(folder, 'shared'));
    for (const address of [server.url, pathToFileURL(join(folder, 'shared.html')).href]) {
      // with the page's own policy
      const shared = await browser.newPage({ viewport: { width: 1280, height: 720 } });
      shared.setDefaultTimeout(240_000);
      const refused: string[] = [];
      shared.on('console', (message) => void (message.type() === 'error' && refused.push(message.text())));
      shared.on('pageerror', (error) => problems.push(String(error)));
      await shared.goto(`${address}#target=unseen&arms=passive,antipodal&trials=20&show=all`);
      await shared.locator('tr:has(.tag) a').first().click();
      await playing(shared);
      await shared.keyboard.press(' ');
      await expect.poll(() => shared.evaluate(() => window.graftWalk.playing)).toBe(false);
      await shared.click('#embed');
      await shared.fill('#embed-height', '500');
      expect(await shared.inputValue('#embed-text')).toMatch(
        /src="[^"]*#target=unseen&amp;arms=passive,antipodal&amp;trials=20&amp;show=all&amp;scene=\d\.\d+&amp;t=\d\.\d\d" .* width="960" height="500"/,
      );
      await shared.keyboard.press('Escape');
      await shared.goto(`${address}#target=unseen&arms=passive,antipodal&trials=18&show=all&scene=0.0`);
      await expect.poll(() => shared.textContent('#trial-detail')).toContain('This grasp did not come with the page');
      expect(refused).toEqual([]);
      await shared.close();
    }
    await server.close();
    expect(server.missing.filter((path) => !path.endsWith('favicon.ico'))).toEqual([]);
    expect(problems).toEqual([]);
  }, 600_000);
});
