import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadEngine } from '../../agent/engine/engine.ts';
import { decodeModel } from '../../agent/policy/model-file.ts';
import type { PolicySpec } from '../../agent/policy/open-policy.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { NODE_HOST } from '../../scenarios/trials/node-host.ts';
import { JobRunner } from '../../scenarios/trials/runner.ts';
import { loadPhysics } from '../../sim/physics.ts';
import type { BatchTrial, PolicyName } from '../../viewer/play/session.ts';
import { writeSite } from '../../viewer/site.ts';
import { drawnPolicy } from '../support/learner/policies.ts';
import { launchChromium } from '../support/process/chromium.ts';
import { temporaryFolder } from '../support/process/cli.ts';
import { type StaticServer, serveFolder } from '../support/process/static-server.ts';

const folder = temporaryFolder();
const site = join(folder, 'site');
const problems: string[] = [];
let browser: Browser;
let server: StaticServer;
let page: Page;
let model: Uint8Array;
let runner: JobRunner;

beforeAll(async () => {
  model = drawnPolicy();
  await writeSite(site, { bytes: model, about: 'a drawn head', scenario: 'tabletop' });
  server = await serveFolder(site);
  await loadPhysics();
  runner = new JobRunner(await loadEngine({ prefer: 'wasm' }), NODE_HOST);
  browser = await launchChromium();
  page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  await page.goto(`${server.url}play.html`);
  await page.waitForFunction(() => window.graftPlay?.game.scene !== undefined, undefined, { timeout: 120_000 });
}, 900_000);

afterAll(async () => {
  runner?.dispose();
  await browser?.close();
  await server?.close();
});

/** Trials of one policy on scenes of the evaluation side, in Node. */
async function inNode(name: string, seed: number, count: number, policy: PolicySpec): Promise<BatchTrial[]> {
  const { scenario } = loadScenario(name);
  const trials = Array.from({ length: count }, async (_, i) => {
    const place = { scenario, seed, split: 'evaluation', sceneIndex: i, firstTrial: i, grasps: 1 } as const;
    const recordRule = { every: 1, failuresOnly: false };
    const [output] = await runner.run({ ...place, policy, record: false, picture: false, recordRule });
    return { record: output.record, observationHash: output.recorded?.proof.observationHash ?? null };
  });
  return Promise.all(trials);
}

const inPage = (name: string, seed: number, count: number, policy: PolicyName): Promise<BatchTrial[]> =>
  page.evaluate(([n, s, c, p]) => window.graftPlay.session.batch(n, s, 0, c, p, true), [
    name,
    seed,
    count,
    policy,
  ] as const);

describe('the site', () => {
  const PAGES = ['index.html', 'viewer.html', 'play.html', 'grasps.html'];
  /** Scripts that a page names, and all that those import at once. */
  const scriptsOf = (html: string): string[] => {
    const found = new Set<string>();
    const visit = (name: string): void => {
      if (found.has(name)) return;
      found.add(name);
      const text = readFileSync(join(site, 'assets', name), 'utf8');
      for (const [, next] of text.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) visit(next);
    };
    for (const [, name] of readFileSync(join(site, html), 'utf8').matchAll(/"\.\/assets\/([^"]+\.js)"/g)) visit(name);
    return [...found];
  };
  const zippedBytes = (names: readonly string[]): number =>
    names.reduce((sum, name) => sum + gzipSync(readFileSync(join(site, 'assets', name))).length, 0);

  it('sends under 600 kB of script, compressed, before the simulator', () => {
    for (const html of PAGES) {
      const scripts = scriptsOf(html);
      expect(scripts.length, html).toBeGreaterThan(1);
      console.log(`${html}: ${(zippedBytes(scripts) / 1000).toFixed(0)} kB of script, compressed`);
      expect(zippedBytes(scripts), html).toBeLessThan(600_000);
      for (const name of scripts) expect(name).not.toMatch(/^worker/);
    }
  });

  it('names nothing outside itself, and nothing from its root', () => {
    for (const html of PAGES) {
      const text = readFileSync(join(site, html), 'utf8');
      const links = [...text.matchAll(/(?:src|href)="([^"]+)"/g)]
        .map((m) => m[1])
        .filter((l) => !l.startsWith('data:'));
      expect(links.filter((link) => !link.startsWith('./'))).toEqual([]);
    }
  });
});

describe('the simulator in the page', () => {
  it.each([
    ['tabletop', 'antipodal'],
    ['tabletop', 'random'],
    ['tabletop', 'oracle'],
    ['pile', 'depth-pca'],
    ['packed', 'antipodal'],
    ['bin', 'random'],
    ['hard', 'antipodal'],
    ['suction', 'depth-pca'],
  ] as const)('plays %s with %s as Node does, bit for bit', async (name, policy) => {
    const node = await inNode(name, 7, 3, { kind: 'fixed', name: policy });
    expect(await inPage(name, 7, 3, policy)).toEqual(node);
    expect(new Set(node.map(({ record }) => record.stateHash)).size).toBe(3);
    expect(node.every(({ observationHash }) => observationHash !== null)).toBe(true);
  });

  it.each(['tabletop', 'pile'])('lets a trained policy choose the same grasps on %s', async (name) => {
    const policy: PolicySpec = { kind: 'greedy', key: 'x', model: decodeModel(model, 'model').model };
    const node = await inNode(name, 11, 3, policy);
    expect(await inPage(name, 11, 3, 'trained')).toEqual(node);
    expect(node.every(({ record }) => record.action !== null && record.probability !== null)).toBe(true);
  });

  it('shows what it plays: the trial on the screen is the one in the log', async () => {
    await page.selectOption('#speed', '0');
    await page.selectOption('#scenarios', 'suction');
    await expect.poll(() => page.textContent('#run')).toContain('suction cup');
    await page.selectOption('#policy', 'depth-pca');
    await page.getByRole('button', { name: 'Let it choose' }).click();
    await page.getByRole('button', { name: 'Try this grasp' }).click();
    const [{ record }] = await inNode('suction', 0, 1, { kind: 'fixed', name: 'depth-pca' });
    await expect.poll(() => page.textContent('#outcome')).toBe(record.outcome);
    expect(await page.getAttribute('#trial-detail', 'title')).toContain(record.stateHash);
    expect(await page.textContent('#score-rate')).toBe(`${record.outcome === 'held' ? 1 : 0} of 1`);
  });

  it('loses nothing that is asked for while it works: the next scene, a grasp, its trial', async () => {
    await page.evaluate(() => {
      for (const key of ['n', 'p', 't', 'n', 'p'])
        document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    });
    await expect.poll(() => page.textContent('#score-rate')).toMatch(/of 2$/);
    await expect.poll(() => page.textContent('#trial-detail')).toContain('chosen by');
    expect(await page.inputValue('#index')).toBe('2');
  });

  it('says of a trial which scene it was on, though another is asked for while it plays', async () => {
    await page.keyboard.press('t');
    await page.fill('#index', '6');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.textContent('#trial-title')).toContain('Scene 6 ');
    const { tried } = await page.evaluate(() => ({ tried: window.graftPlay.game.tried }));
    expect(tried.slice(-2).map(({ scene }) => scene)).toEqual(['1', '2']);
  });

  it('takes a click on the picture as the place to grasp, and one more object', async () => {
    await page.getByRole('button', { name: 'Next scene' }).click();
    await expect.poll(() => page.inputValue('#index')).toBe('7');
    await expect.poll(() => page.textContent('#trial-detail')).toContain('Click where to grasp');
    await page.locator('#map').click({ position: { x: 60, y: 60 } });
    await expect.poll(() => page.textContent('#trial-detail')).toBe('your grasp');
    const count = await page.evaluate(() => window.graftPlay.game.scene!.count);
    await page.getByRole('button', { name: 'Drop one' }).click();
    await expect.poll(() => page.evaluate(() => window.graftPlay.game.scene!.count)).toBe(count + 1);
    const box = (await page.locator('#view').boundingBox())!;
    await page.mouse.click(box.x + box.width / 2, box.y + box.height * 0.65);
    await expect.poll(() => page.textContent('#trial-detail')).toBe('your grasp');
  });

  it('opens scenario files, and refuses broken files with a sentence', async () => {
    const give = (name: string, buffer: Buffer) =>
      page.setInputFiles('#file', { name, mimeType: 'application/octet-stream', buffer });
    await give('mine.yaml', Buffer.from('description: two things\nscene: { objectCount: 2 }\n'));
    await expect.poll(() => page.textContent('#trial-title')).toBe('Scene 0 · 2 objects');
    await give('bad.yaml', Buffer.from('scene: { objects: 2 }\n'));
    await expect.poll(() => page.textContent('#message')).toContain('bad.yaml:1: scene.objects: unknown key');
    await give('cut.safetensors', Buffer.from(model.subarray(0, 5000)));
    await expect.poll(() => page.textContent('#message')).toContain('cut.safetensors: expected');
    await give('model.safetensors', Buffer.from(model));
    await expect.poll(() => page.textContent('#policy-note')).toContain('Trained policy: model.safetensors');
  });

  it('asked for nothing that is not there, and ran without an error', () => {
    expect(server.missing).toEqual([]);
    expect(problems).toEqual([]);
  });
});
