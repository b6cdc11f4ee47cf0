/**
 * How long the play page trains: `npx tsx tests/bench/page-training.ts [scenario] [arm] [trials]`. In headless Chromium, which draws
 * in software; from the click on *Start* to the trained policy, and whether its weights are those of `graft train` in Node.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadBackbone } from '../../agent/backbones/own.ts';
import { loadEngine } from '../../agent/engine/engine.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { train } from '../../scenarios/run/train.ts';
import { createPool } from '../../scenarios/workers/pool.ts';
import { loadPhysics } from '../../sim/physics.ts';
import { writeSite } from '../../viewer/site.ts';
import { launchChromium } from '../support/process/chromium.ts';
import { serveFolder } from '../support/process/static-server.ts';

const [name = 'tabletop', arm = 'pretrained', trials = '100'] = process.argv.slice(2);
const SEED = 7;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const folder = mkdtempSync(join(tmpdir(), 'graft-bench-'));
await writeSite(join(folder, 'site'));
const server = await serveFolder(join(folder, 'site'));
const browser = await launchChromium('all');
let inPage: string;
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  await page.goto(`${server.url}play.html`);
  await page.waitForFunction(() => window.graftPlay?.game.scene !== undefined, undefined, { timeout: 120_000 });
  await page.getByRole('radio', { name: 'Train' }).check();
  await page.selectOption('#train-scenario', name);
  await page.selectOption('#train-arm', arm);
  await page.fill('#train-trials', trials);
  await page.fill('#train-seed', String(SEED));
  const started = performance.now();
  await page.locator('#train-start').click();
  await page.locator('#train-state', { hasText: /^Done: weights/ }).waitFor({ timeout: 1_800_000 });
  say(`in the page: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  inPage = /[0-9a-f]{64}/.exec((await page.getAttribute('#train-state', 'title')) ?? '')![0];
} finally {
  await browser.close();
  await server.close();
  rmSync(folder, { recursive: true });
}

const { scenario } = loadScenario(name);
const engine = await loadEngine({ prefer: 'wasm' });
await loadPhysics();
const backbone = loadBackbone(scenario.learner.backbone);
const pool = createPool(1);
const started = performance.now();
const run = { engine, pool, scenario, arm: arm as 'pretrained', backbone, seed: SEED, trials: Number(trials) };
const { weightsHash } = await train(run);
say(`in Node, one worker: ${((performance.now() - started) / 1000).toFixed(1)} s`);
await pool.close();
say(weightsHash === inPage ? `the same weights, ${inPage}` : `other weights: ${inPage}, in Node ${weightsHash}`);
