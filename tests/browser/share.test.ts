import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Frame, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ViewerCounters } from '../../viewer/page/counters.ts';
import { axeFindings } from '../support/process/axe.ts';
import { launchChromium } from '../support/process/chromium.ts';
import { run, temporaryFolder } from '../support/process/cli.ts';
import { type StaticServer, serveFolder } from '../support/process/static-server.ts';
import { RECORDED_TRIALS, recordedRun } from '../support/recordings/recorded-run.ts';

/** Where pictures go, to be looked at. */
const PICTURES = process.env.GRAFT_PICTURES ?? join(tmpdir(), 'graft-share');
const PATIENCE = { timeout: 120_000 };
const DESK = { width: 1280, height: 720 };

const folder = temporaryFolder();
const at = (...parts: string[]): string => join(folder, ...parts);
const servers: StaticServer[] = [];
let browser: Browser;

async function serve(name: string, ranges = false): Promise<StaticServer> {
  const server = await serveFolder(at(name), '/some/where/', ranges);
  servers.push(server);
  return server;
}

async function graft(...args: string[]): Promise<void> {
  const { code, stderr } = await run(args, { cwd: folder });
  expect({ code, stderr }).toMatchObject({ code: 0 });
}

beforeAll(async () => {
  mkdirSync(PICTURES, { recursive: true });
  await recordedRun(folder, 'run');
  await graft('share', 'run', '--out', 'shared');
  await graft('share', 'run', '--out', 'one.html', '--single');
  await graft('view', 'run', '--build', 'of-run');
  await graft('view', '--build', 'plain');
  browser = await launchChromium();
}, 900_000);

afterAll(async () => {
  await browser?.close();
  await Promise.all(servers.map((s) => s.close()));
});

/** A page, what it asked for, and what went wrong on it. */
interface Watched {
  readonly page: Page;
  readonly asked: string[];
  readonly problems: string[];
}

async function watch(options: Parameters<Browser['newPage']>[0] = {}): Promise<Watched> {
  const page = await browser.newPage({ viewport: DESK, colorScheme: 'light', ...options });
  page.setDefaultTimeout(240_000);
  const [asked, problems]: [string[], string[]] = [[], []];
  page.context().on('request', (request) => asked.push(request.url()));
  page.on('websocket', (socket) => asked.push(socket.url()));
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  return { page, asked, problems };
}

const state = (page: Page | Frame): Promise<ViewerCounters> => page.evaluate(() => ({ ...window.graftViewer }));
const shown = (page: Page | Frame): Promise<unknown> => page.waitForFunction(() => window.graftViewer?.shownCount > 0);
const elsewhere = (asked: readonly string[], here: string): string[] =>
  asked.filter((url) => !url.startsWith(here) && !/^(data|blob):/.test(url));

describe('a shared folder on a static host', () => {
  it('opens on its recording, with curve, report and list, and asks nobody else for anything', async () => {
    const server = await serve('shared');
    const { page, asked, problems } = await watch();
    await page.goto(server.url);
    await shown(page);
    expect((await state(page)).trials).toBe(RECORDED_TRIALS);
    await expect.poll(() => page.textContent('#connection'), PATIENCE).toBe('recording');
    expect(await page.textContent('#result-detail')).toMatch(/^held of 6 evaluation trials/);
    expect(await page.locator('#trials tr').count()).toBe(RECORDED_TRIALS);
    expect(await page.locator('#curve path').count()).toBeGreaterThan(0);
    expect(await page.locator('#follow').isVisible()).toBe(false);
    await page.screenshot({ path: join(PICTURES, 'folder-1280.png') });
    const [report] = await Promise.all([page.context().waitForEvent('page'), page.click('#result-link')]);
    await report.waitForLoadState();
    expect(await report.textContent('h1')).toBe('graft training report: pretrained');
    await report.close();
    expect(problems).toEqual([]);
    // nor could a script ask, whoever wrote it
    const refused = page.evaluate(
      () =>
        new Promise((done) => {
          addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective));
          fetch('http://localhost:9/').catch(() => undefined);
        }),
    );
    expect(await refused).toBe('connect-src');
    problems.length = 0;
    // a server that is not there is not looked for
    await page.waitForTimeout(1500);
    expect(await page.textContent('#connection')).toBe('recording');
    expect(elsewhere(asked, server.url)).toEqual([]);
    expect(problems).toEqual([]);
    expect(server.missing).toEqual([]);
    await page.close();
  }, 600_000);

  it('is read by ranges where the host knows them', async () => {
    const server = await serve('shared', true);
    const { page, problems } = await watch();
    const answers: number[] = [];
    page.on('response', (r) => r.url().endsWith('.mcap') && answers.push(r.status()));
    await page.goto(`${server.url}index.html#t=7,0.50`);
    await shown(page);
    expect(await state(page)).toMatchObject({ index: 7, time: 0.5, playing: false });
    expect(answers.length).toBeGreaterThan(2);
    expect(new Set(answers)).toEqual(new Set([206]));
    expect(problems).toEqual([]);
    await page.close();
  }, 600_000);

  it('stands in a frame of another host, at the moment of a link, and gives the snippet for that', async () => {
    const server = await serve('shared');
    mkdirSync(at('blog'));
    const [, attributes] = /<iframe src="[^"]*"([^>]*)>/.exec(readFileSync(at('shared', 'embed.txt'), 'utf8'))!;
    const frame = `<iframe src="${server.url}index.html#t=3,0.40"${attributes}></iframe>`;
    writeFileSync(at('blog', 'index.html'), `<!doctype html><title>blog</title><h1>Blog</h1>${frame}`);
    const blog = (await serve('blog')).url.replace('127.0.0.1', 'localhost');
    const { page, asked, problems } = await watch({ viewport: { width: 1000, height: 720 } });
    await page.goto(blog);
    const inner = (await (await page.waitForSelector('iframe')).contentFrame())!;
    await shown(inner);
    expect(await state(inner)).toMatchObject({ index: 3, time: 0.4, recordings: ['recording.mcap'] });
    const box = (await page.locator('iframe').boundingBox())!;
    expect([box.width, box.height]).toEqual([960, 600]);
    await inner.click('#embed');
    await inner.fill('#embed-width', '700');
    expect(await inner.inputValue('#embed-text')).toMatch(
      /^<iframe src="http:[^"]*\/some\/where\/index\.html#t=3,0\.40" title="[^"]+" width="700" height="600"/,
    );
    await page.screenshot({ path: join(PICTURES, 'frame.png') });
    await inner.click('#embed-copy');
    await expect.poll(() => inner.textContent('#embed-copy'), PATIENCE).toMatch(/Copied|Press Ctrl-C/);
    await inner.click('#embed-close');
    // the browser itself asks the blog for its icon
    expect(elsewhere(asked, server.url).filter((url) => !url.startsWith(blog.replace('some/where/', '')))).toEqual([]);
    expect(problems.filter((p) => !/404/.test(p))).toEqual([]);
    await page.close();
  }, 600_000);

  it('leads to the play page with the policy of the run, and back, under its own rules for scripts', async () => {
    const server = await serve('shared');
    const { page, asked, problems } = await watch();
    await page.goto(server.url);
    await shown(page);
    await page.getByRole('link', { name: 'play' }).click();
    await page.waitForFunction(() => window.graftPlay?.game.scene !== undefined);
    expect(await page.textContent('#policy-note')).toContain('Trained policy: trained on small');
    await page.getByRole('link', { name: 'viewer' }).click();
    await shown(page);
    expect(elsewhere(asked, server.url)).toEqual([]);
    expect(problems).toEqual([]);
    await page.close();
  }, 600_000);
});

describe('a shared file on a disk', () => {
  it('opens at the moment of a link, with its report, and asks for nothing at all', async () => {
    const address = pathToFileURL(at('one.html')).href;
    const { page, asked, problems } = await watch();
    await page.goto(`${address}#t=12,0.45`);
    await shown(page);
    expect(await state(page)).toMatchObject({ index: 12, time: 0.45, playing: false, trials: RECORDED_TRIALS });
    await page.screenshot({ path: join(PICTURES, 'file-1280.png') });
    expect(await page.locator('#play-link').isVisible()).toBe(false);
    await page.keyboard.press(']');
    await expect.poll(async () => (await state(page)).index, PATIENCE).toBe(13);
    await page.getByRole('button', { name: 'Link' }).click();
    expect(new URL(page.url()).hash).toBe('#t=13,0.00');
    const [report] = await Promise.all([page.context().waitForEvent('page'), page.click('#result-link')]);
    await report.waitForLoadState();
    expect(await report.textContent('h1')).toBe('graft training report: pretrained');
    await report.close();
    expect(elsewhere(asked, address)).toEqual([]);
    expect(problems).toEqual([]);
    await page.close();
  }, 600_000);
});

describe('a shared page', () => {
  it('keeps nobody out, its dialog too (axe-core), and fits a phone', async () => {
    const { page } = await watch();
    await page.goto(pathToFileURL(at('one.html')).href);
    await shown(page);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(300);
      expect(await axeFindings(page)).toEqual([]);
      await page.click('#embed');
      expect(await axeFindings(page)).toEqual([]);
      await page.screenshot({ path: join(PICTURES, `embed-${colorScheme}.png`) });
      await page.keyboard.press('Escape');
    }
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    await page.screenshot({ path: join(PICTURES, 'phone.png') });
    await page.close();
  }, 600_000);

  it.each([
    ['is not there', (file: string) => rmSync(file), /recording\.mcap: expected a recording at .*, got 404/],
    ['is something else', (file: string) => writeFileSync(file, '<p>moved</p>'), /expected a recording \(MCAP/],
  ])(
    'says in a sentence that its recording %s, and offers to open another',
    async (_, spoil, message) => {
      const name = `spoilt-${servers.length}`;
      cpSync(at('shared'), at(name), { recursive: true });
      spoil(at(name, 'recording.mcap'));
      const { page } = await watch();
      await page.goto((await serve(name)).url);
      await expect.poll(() => page.textContent('#message-text'), PATIENCE).toMatch(message);
      expect(await page.textContent('#connection')).toBe('no recording');
      expect(await page.getByRole('button', { name: 'Open', exact: true }).isVisible()).toBe(true);
      await page.close();
    },
    600_000,
  );
});

describe('a site without a server', () => {
  it('opens with the recording of its run', async () => {
    const server = await serve('of-run');
    const { page, asked, problems } = await watch();
    await page.goto(server.url);
    await shown(page);
    expect((await state(page)).recordings).toEqual(['recording.mcap']);
    expect(asked.filter((url) => url.startsWith('ws'))).toEqual([]);
    expect(problems).toEqual([]);
    await page.close();
  }, 600_000);

  it('without one opens with the play page and the policy that ships, and its viewer waits for a recording', async () => {
    const server = await serve('plain');
    const { page, asked, problems } = await watch();
    await page.goto(server.url);
    await page.waitForFunction(() => window.graftPlay?.game.scene !== undefined);
    expect(await page.textContent('#policy-note')).toContain('Trained policy: pretrained (grasp-wide)');
    expect(await page.inputValue('#policy')).toBe('trained');
    await page.getByRole('link', { name: 'viewer' }).click();
    await expect.poll(() => page.textContent('#trial-title'), PATIENCE).toBe('No recording open');
    await page.waitForTimeout(1500);
    expect(await page.textContent('#connection')).toBe('no recording');
    await page.screenshot({ path: join(PICTURES, 'no-recording.png') });
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Open' }).click(),
    ]);
    await chooser.setFiles(at('run', 'recording.mcap'));
    await shown(page);
    expect(asked.filter((url) => url.startsWith('ws'))).toEqual([]);
    expect(elsewhere(asked, server.url)).toEqual([]);
    expect(problems).toEqual([]);
    await page.close();
  }, 600_000);
});
