import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadScenario } from '../../scenarios/load.ts';
import { trainReportHtml } from '../../scenarios/report/training/report.ts';
import { Steering } from '../../scenarios/training/steering.ts';
import { startViewer, type Viewer } from '../../viewer/server.ts';
import { writeSite } from '../../viewer/site.ts';
import { simulateEpisode, summarise } from '../support/episodes.ts';
import { axeFindings } from '../support/process/axe.ts';
import { launchChromium } from '../support/process/chromium.ts';
import { temporaryFolder } from '../support/process/cli.ts';
import { type StaticServer, serveFolder } from '../support/process/static-server.ts';
import { trainFixture } from '../support/reports.ts';

const folder = temporaryFolder();
const PAGES = ['live', 'play', 'edit', 'train', 'report'] as const;
type PageName = (typeof PAGES)[number];
const SCHEMES = ['light', 'dark'] as const;
const SIZES = { desk: { width: 1280, height: 720 }, phone: { width: 390, height: 844 } } as const;

let browser: Browser;
let viewer: Viewer;
let server: StaticServer;

beforeAll(async () => {
  const site = join(folder, 'site');
  await writeSite(site);
  mkdirSync(join(site, 'reports'));
  writeFileSync(join(site, 'reports', 'train.html'), await trainReportHtml(trainFixture()));
  server = await serveFolder(site);
  viewer = await startViewer({ port: 0 });
  viewer.setRun({ scenario: 'tabletop', seed: 0, arm: 'pretrained', engine: 'none', trialsPlanned: 20 });
  const episode = await simulateEpisode(0);
  for (let trial = 0; trial < 12; trial++) viewer.publishTrial(summarise({ ...episode, trial }));
  viewer.publishEpisode(episode);
  const steering = new Steering({ scenario: loadScenario('tabletop').scenario, records: [] });
  steering.ask({ do: 'pause' });
  viewer.offerSteering(steering);
  browser = await launchChromium();
}, 900_000);

afterAll(async () => {
  await browser?.close();
  await viewer?.close();
  await server?.close();
});

/** A page at desk size in light colours. */
async function newPage(): Promise<Page> {
  const page = await browser.newPage({ viewport: SIZES.desk, colorScheme: 'light' });
  page.setDefaultTimeout(240_000);
  return page;
}

const loaded = (page: Page) => page.waitForFunction(() => window.graftPlay?.game.scene !== undefined);

/** The play page, which takes seconds to load, and how much it moved meanwhile. */
let play: { readonly page: Page; readonly shift: number } | undefined;
async function playPage(): Promise<Page> {
  if (play) return play.page;
  const page = await newPage();
  await page.addInitScript(() => {
    const seen = window as unknown as { shift: number };
    seen.shift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.shift += (entry as unknown as { value: number }).value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  await page.goto(`${server.url}play.html`);
  await loaded(page);
  await page.waitForTimeout(300);
  play = { page, shift: await page.evaluate(() => (window as unknown as { shift: number }).shift) };
  return page;
}

/** Opens a page, or a mode of the play page, and waits until it shows something. */
async function open(name: PageName): Promise<Page> {
  if (name === 'live') {
    const page = await newPage();
    await page.goto(viewer.url);
    await page.waitForFunction(() => window.graftViewer.shownCount > 0 && window.graftViewer.trialCount > 0);
    await page.click('#steer');
    await page.waitForSelector('#steer-sensor label', { state: 'attached' });
    for (const closed of await page.locator('#steer-panel details:not([open]) summary').all()) await closed.click();
    return page;
  }
  if (name === 'report') {
    const page = await newPage();
    await page.goto(`${server.url}reports/train.html`);
    return page;
  }
  const page = await playPage();
  await page.setViewportSize(SIZES.desk);
  if (name === 'train') await page.getByRole('radio', { name: 'Train' }).check();
  if (name === 'edit') {
    await page.getByRole('radio', { name: 'Edit' }).check();
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('radio', { name: '1 box' }).waitFor();
    for (const section of await page.locator('#edit-settings summary').all()) await section.click();
  }
  return page;
}

/** Lightness of the page's ground, 0..1. */
function groundLightness(): number {
  const [body, root] = [document.body, document.documentElement].map((node) => getComputedStyle(node).backgroundColor);
  const channels = (/^rgba\(.*, 0\)$/.test(body) ? root : body).match(/[\d.]+/g)!;
  return channels.slice(0, 3).reduce((sum, c) => sum + Number(c), 0) / 765;
}

describe.each(PAGES)('the %s page', (name) => {
  let page: Page;

  beforeAll(async () => {
    page = await open(name);
  }, 600_000);

  // modes of the play page go on
  afterAll(() => (page === play?.page ? undefined : page?.close()));

  it.each(SCHEMES)(
    'keeps nobody out in %s colours (axe-core finds nothing)',
    async (scheme) => {
      await page.emulateMedia({ colorScheme: scheme });
      await expect
        .poll(() => page.evaluate(groundLightness))
        .toSatisfy((l: number) => l > 0.5 === (scheme === 'light'));
      expect(await axeFindings(page)).toEqual([]);
    },
    600_000,
  );

  it('fits a phone without sideways scrolling', async () => {
    await page.setViewportSize(SIZES.phone);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(SIZES.phone.width);
  }, 600_000);
});

describe('the play page', () => {
  let page: Page;

  beforeAll(async () => {
    page = await playPage();
    await page.setViewportSize(SIZES.desk);
    await page.emulateMedia({ colorScheme: 'light' });
  }, 600_000);

  afterAll(() => page?.close());

  it('does not move under the reader while it loads', () => expect(play?.shift).toBeLessThan(0.02));

  it('remembers whether it is light or dark', async () => {
    const ground = (): Promise<string> =>
      page.evaluate(() => getComputedStyle(document.body.parentElement!).backgroundColor);
    const light = await ground();
    await page.getByRole('button', { name: 'Switch to dark colours' }).click();
    const dark = await ground();
    expect(dark).not.toBe(light);
    await page.goto('about:blank');
    await page.goto(`${server.url}play.html`);
    await page.getByRole('button', { name: 'Switch to light colours' }).waitFor();
    expect(await ground()).toBe(dark);
  }, 600_000);

  it('is worked from the keyboard, with the focus in sight', async () => {
    await loaded(page);
    await page.selectOption('#speed', '0');
    await page.locator('#map').focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => page.textContent('#trial-detail')).toBe('your grasp');
    await page.keyboard.press('.');
    await expect.poll(() => page.textContent('#angle-value')).toBe('15°');
    expect(await page.locator('#map').evaluate((node) => getComputedStyle(node).outlineStyle)).toBe('solid');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('#trials tr').count(), { timeout: 120_000 }).toBe(1);
    await page.keyboard.press('n');
    await expect.poll(() => page.inputValue('#index'), { timeout: 120_000 }).toBe('1');
    const reached = new Set<string>();
    for (let i = 0; i < 30; i++) {
      await page.keyboard.press('Tab');
      reached.add(await page.evaluate(() => document.activeElement?.id ?? ''));
    }
    for (const id of [
      'scenarios',
      'seed',
      'index',
      'policy',
      'propose',
      'angle',
      'depth',
      'next',
      'drop',
      'clutter',
      'auto',
      'map',
      'batch',
      'file',
      'theme',
    ])
      expect(reached).toContain(id);
  }, 600_000);

  it('trains from the keyboard alone', async () => {
    await page.getByRole('radio', { name: 'Play' }).focus();
    for (let i = 0; i < 2; i++) await page.keyboard.press('ArrowRight');
    await expect.poll(() => page.locator('#train').isVisible()).toBe(true);
    await page.selectOption('#train-arm', 'random');
    await page.locator('#train-trials').fill('2');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.textContent('#train-state'), { timeout: 120_000 }).toMatch(/^Done: weights/);
    expect(await page.locator('#train-list tr').count()).toBe(2);
  }, 600_000);

  it('says what is missing without WebGL, and still plays', async () => {
    const page = await newPage();
    await page.addInitScript(() => {
      HTMLCanvasElement.prototype.getContext = new Proxy(HTMLCanvasElement.prototype.getContext, {
        apply: (get, canvas, [kind, ...more]) => (kind === '2d' ? Reflect.apply(get, canvas, [kind, ...more]) : null),
      });
    });
    await page.goto(`${server.url}play.html`);
    await page.getByText('needs WebGL 2').waitFor();
    await loaded(page);
    await page.getByRole('button', { name: 'Let it choose' }).click();
    await page.getByRole('button', { name: 'Try this grasp' }).click();
    await expect.poll(() => page.locator('#trials tr').count(), { timeout: 120_000 }).toBe(1);
    await page.close();
  }, 600_000);
});
