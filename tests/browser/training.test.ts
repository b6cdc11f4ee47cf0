import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadBackbone } from '../../agent/backbones/own.ts';
import { type Engine, loadEngine } from '../../agent/engine/engine.ts';
import type { Regime } from '../../agent/learner/regimes.ts';
import { encodeModel } from '../../agent/policy/model-file.ts';
import { loadScenario, parseScenario } from '../../scenarios/load.ts';
import { type TrainOutcome, train } from '../../scenarios/run/train.ts';
import type { Scenario } from '../../scenarios/schema/schema.ts';
import { NODE_HOST } from '../../scenarios/trials/node-host.ts';
import { JobRunner } from '../../scenarios/trials/runner.ts';
import { loadPhysics } from '../../sim/physics.ts';
import { writeSite } from '../../viewer/site.ts';
import { localPool } from '../support/learner/experience.ts';
import { launchChromium } from '../support/process/chromium.ts';
import { temporaryFolder } from '../support/process/cli.ts';
import { type StaticServer, serveFolder } from '../support/process/static-server.ts';

const folder = temporaryFolder();
const problems: string[] = [];
const PATIENCE = { timeout: 240_000 };
/** Twenty trials in rounds of eight. */
const SHORT =
  'training: { scenesPerRound: 4, warmupTrials: 8 }\naction: { angles: 4, depths: [0.035] }\nlearner: { batchSize: 16, endToEnd: { batchSize: 4, updatesPerTrial: 0.5 } }\n';
let browser: Browser;
let server: StaticServer;
let page: Page;
let engine: Engine;

beforeAll(async () => {
  const site = join(folder, 'site');
  await writeSite(site);
  server = await serveFolder(site);
  [engine] = await Promise.all([loadEngine({ prefer: 'wasm' }), loadPhysics()]);
  browser = await launchChromium();
  page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  await open();
}, 900_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

async function open(): Promise<void> {
  await page.goto(`${server.url}play.html`);
  await page.waitForFunction(() => window.graftPlay?.game.scene !== undefined, undefined, { timeout: 120_000 });
  await page.getByRole('radio', { name: 'Train' }).check();
}

/** What `graft train` makes of the same. */
async function inNode(scenario: Scenario, arm: Regime, trials: number): Promise<TrainOutcome> {
  const pool = localPool(new JobRunner(engine, NODE_HOST));
  const backbone = loadBackbone(scenario.learner.backbone);
  return train({ engine, pool, scenario, arm, backbone, seed: 7, trials });
}

const give = (name: string, content: Uint8Array | string): Promise<void> =>
  page.setInputFiles('#file', { name, mimeType: 'application/octet-stream', buffer: Buffer.from(content) });

/** Begins a training by the controls. */
async function begin(scenario: string, arm: string, trials: number): Promise<void> {
  await page.selectOption('#train-scenario', scenario);
  await page.selectOption('#train-arm', arm);
  await page.fill('#train-trials', String(trials));
  await page.fill('#train-seed', '7');
  await page.locator('#train-start').click();
}

/** Waits until the trained policy is handed over. @returns the weights hash. */
async function done(): Promise<string> {
  await expect.poll(() => page.textContent('#train-state'), PATIENCE).toMatch(/^Done: weights [0-9a-f]{8} after/);
  return /[0-9a-f]{64}/.exec((await page.getAttribute('#train-state', 'title')) ?? '')![0];
}

const outcomes = (): Promise<string[]> => page.locator('#train-list td[data-outcome]').allTextContents();

describe('training in the page', () => {
  it('makes the weights of graft train, held or not, and saves its file to the byte', async () => {
    const { scenario } = loadScenario('quick');
    const node = await inNode(scenario, 'pretrained', 16);
    await begin('quick', 'pretrained', 16);
    await expect.poll(() => page.textContent('#trial-title'), PATIENCE).toMatch(/^Training trial \d+$/);
    await expect.poll(() => page.textContent('#train-done'), PATIENCE).toMatch(/^([4-9]|1\d)$/);
    await page.getByRole('button', { name: 'Pause' }).click();
    await expect.poll(() => page.textContent('#train-state'), PATIENCE).toMatch(/^Paused: weights/);
    const held = await page.textContent('#train-done');
    await page.waitForTimeout(1000);
    expect(await page.textContent('#train-done')).toBe(held);
    await page.getByRole('button', { name: 'Go on' }).click();
    expect(await done()).toBe(node.weightsHash);
    expect((await outcomes()).reverse()).toEqual(node.records.map((r) => r.outcome));
    const failed = node.records.filter((r) => r.outcome !== 'held').length;
    expect(await page.textContent('#train-failed')).toBe(String(failed));
    expect(await page.locator('#curve path.line.training').count()).toBe(1);

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save weights' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('model.safetensors');
    const saved = readFileSync(await download.path());
    const { model } = node;
    expect(Buffer.compare(saved, encodeModel(model, scenario.action.depths.length))).toBe(0);

    // the policy that was trained, and the one that is loaded from the file, choose the same
    const ask = () => page.evaluate(() => window.graftPlay.session.batch('quick', 3, 0, 2, 'trained', true));
    const trained = await ask();
    await open();
    await give('model.safetensors', saved);
    await expect.poll(() => page.textContent('#policy-note'), PATIENCE).toContain('Trained policy: model.safetensors');
    expect(await ask()).toEqual(trained);
  }, 900_000);

  it.each([
    ['fresh-head', 'pretrained', `${SHORT.slice(0, -3)}, head: fresh }`],
    ['scratch', 'scratch', SHORT],
  ] as const)(
    'learns from nothing, too, as Node does: %s',
    async (arm, regime, text) => {
      const node = await inNode(parseScenario(text, 'node'), regime, 20);
      await give('short.yaml', SHORT);
      await expect.poll(() => page.locator('#train-scenario option[value="short"]').count(), PATIENCE).toBe(1);
      await begin('short', arm, 20);
      expect(await done()).toBe(node.weightsHash);
    },
    900_000,
  );

  it('lets its user play meanwhile, and stops', async () => {
    await begin('quick', 'pretrained', 5000);
    await expect.poll(() => page.locator('#train-list tr').count(), PATIENCE).toBeGreaterThan(1);
    await page.getByRole('radio', { name: 'Play' }).check();
    await expect.poll(() => page.textContent('#trial-title')).toMatch(/^Scene /);
    await page.selectOption('#speed', '0');
    await page.selectOption('#policy', 'antipodal');
    await page.getByRole('button', { name: 'Let it choose' }).click();
    await page.getByRole('button', { name: 'Try this grasp' }).click();
    await expect.poll(() => page.locator('#trials tr').count(), PATIENCE).toBe(1);
    expect(await page.getByRole('radio', { name: /^Train \d+ %$/ }).count()).toBe(1);
    await page.getByRole('radio', { name: 'Train' }).check();
    await page.getByRole('button', { name: 'Stop' }).click();
    await expect.poll(() => page.textContent('#train-state'), PATIENCE).toMatch(/^Stopped: weights/);
    expect(await page.locator('#train-fields').isEnabled()).toBe(true);
  }, 900_000);

  it('is taught by hand: lessons, taken back, saved', async () => {
    await open();
    const hash = async (): Promise<string> => (await page.getAttribute('#teach-state', 'title')) ?? '';
    const lesson = async (count: number): Promise<void> => {
      await page.locator('#map').click({ position: { x: 60 + 15 * count, y: 70 } });
      await expect.poll(() => page.textContent('#trial-detail')).toBe('your grasp');
      await page.getByRole('button', { name: 'Try this grasp' }).click();
      await expect.poll(() => page.textContent('#teach-state'), PATIENCE).toContain(`${count} lesson`);
      await expect.poll(() => page.textContent('#policy-note'), PATIENCE).toContain(`taught by you, ${count} lesson`);
    };
    await page.getByRole('radio', { name: 'Play' }).check();
    await page.selectOption('#speed', '0');
    await page.getByRole('checkbox', { name: 'my grasps teach' }).check();
    expect(await page.locator('#teach-undo').isDisabled()).toBe(true);
    await lesson(1);
    const first = await hash();
    await lesson(2);
    expect(await hash()).not.toBe(first);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => page.textContent('#teach-state'), PATIENCE).toMatch(/^1 lesson, /);
    expect(await hash()).toBe(first);
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#teach-save').click()]);
    const lines = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { scenario: 'tabletop', seed: 0, scene: 0, trial: 0 },
    ]);
    await page.getByRole('button', { name: 'Forget' }).click();
    await expect.poll(() => page.textContent('#teach-state')).toBe('All lessons are forgotten.');
    await page.getByRole('radio', { name: 'Train' }).check();
  }, 900_000);

  it('says in a sentence what it cannot train, and goes on', async () => {
    const tells = (text: string) => expect.poll(() => page.textContent('#message'), PATIENCE).toContain(text);
    await give('passive.yaml', 'learner: { backbone: passive }\n');
    await expect.poll(() => page.locator('#train-scenario option[value="passive"]').count(), PATIENCE).toBe(1);
    await begin('passive', 'pretrained', 8);
    await tells("learner.backbone: expected grasp-wide, which came with this page, got 'passive'");
    await begin('quick', 'scratch', 10_000_000);
    await tells('trials: expected at most');
    await begin('quick', 'random', 2);
    await done();
    expect(await page.textContent('#message')).toBe('');
  }, 900_000);

  it('asked for nothing that is not there, and ran without an error', () => {
    expect(server.missing).toEqual([]);
    expect(problems).toEqual([]);
  });
});
