import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startViewer, type Viewer } from '../../viewer/server.ts';
import { writeSite } from '../../viewer/site.ts';
import { simulateEpisode } from '../support/episodes.ts';
import { drawnPolicy } from '../support/learner/policies.ts';
import { launchChromium } from '../support/process/chromium.ts';
import { temporaryFolder } from '../support/process/cli.ts';
import { type StaticServer, serveFolder } from '../support/process/static-server.ts';

const policy = { bytes: drawnPolicy(), about: 'a drawn head', scenario: 'tabletop' };
let browser: Browser;
let viewer: Viewer;
let site: StaticServer;

beforeAll(async () => {
  const folder = join(temporaryFolder(), 'site');
  await writeSite(folder, policy);
  site = await serveFolder(folder);
  viewer = await startViewer({ port: 0 });
  viewer.servePolicy(policy);
  viewer.publishEpisode(await simulateEpisode(0));
  browser = await launchChromium();
}, 900_000);

afterAll(async () => {
  await browser?.close();
  await viewer?.close();
  await site?.close();
});

/** Opens a page and notes what goes wrong on it. */
async function open(url: string, problems: string[]): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  page.setDefaultTimeout(240_000);
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  await page.goto(url);
  return page;
}

/** Plays a trial with the policy that came with the page. */
async function play(page: Page): Promise<void> {
  await page.waitForFunction(() => window.graftPlay?.game.scene !== undefined);
  expect(await page.textContent('#policy-note')).toContain('Trained policy: a drawn head');
  expect(await page.inputValue('#policy')).toBe('trained');
  await page.selectOption('#speed', '0');
  await page.getByRole('button', { name: 'Let it choose' }).click();
  await page.getByRole('button', { name: 'Try this grasp' }).click();
  await expect.poll(() => page.locator('#trials tr').count(), { timeout: 120_000 }).toBe(1);
}

describe('the viewer and play', () => {
  it('lead to each other on a running graft, whose rules for scripts the simulator keeps', async () => {
    const problems: string[] = [];
    const page = await open(viewer.url, problems);
    await page.waitForFunction(() => window.graftViewer.shownCount > 0);
    await page.getByRole('link', { name: 'play' }).click();
    await play(page);
    await page.getByRole('link', { name: 'viewer' }).click();
    await page.waitForFunction(() => window.graftViewer?.shownCount > 0);
    expect(problems).toEqual([]);
    await page.close();
  }, 600_000);

  it('lead to each other on a site without graft', async () => {
    const page = await open(site.url, []);
    await play(page);
    await page.getByRole('link', { name: 'viewer' }).click();
    await page.waitForFunction(() => window.graftViewer !== undefined);
    expect(page.url()).toBe(`${site.url}viewer.html`);
    await page.getByRole('link', { name: 'play' }).click();
    await page.waitForFunction(() => window.graftPlay?.game.scene !== undefined);
    await page.close();
  }, 600_000);
});
