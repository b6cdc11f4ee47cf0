/**
 * Trials a second in the page against Node, on the same scenes: `npx tsx tests/bench/play.ts`. Batches alternate in one process,
 * so that whatever else the machine does falls on both; only the ratio means something. Wanted: at least 0.5.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadScenario } from '../../scenarios/load.ts';
import { NODE_HOST } from '../../scenarios/trials/node-host.ts';
import { JobRunner } from '../../scenarios/trials/runner.ts';
import { loadPhysics } from '../../sim/physics.ts';
import { writeSite } from '../../viewer/site.ts';
import { launchChromium } from '../support/process/chromium.ts';
import { serveFolder } from '../support/process/static-server.ts';

const [ROUNDS, SCENES, SEED] = [10, 20, 1];

async function measure(name: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'graft-bench-'));
  await writeSite(join(folder, 'site'));
  const server = await serveFolder(join(folder, 'site'));
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(`${server.url}play.html`);
    await page.waitForFunction(() => window.graftPlay?.game.scene !== undefined);
    // nothing is drawn meanwhile: software rendering would take the cores from the simulator
    await page.setViewportSize({ width: 64, height: 64 });
    await loadPhysics();
    const runner = new JobRunner(undefined, NODE_HOST);
    const { scenario } = loadScenario(name);
    const inNode = async (first: number): Promise<number> => {
      const start = performance.now();
      for (let i = first; i < first + SCENES; i++) {
        const place = { scenario, seed: SEED, split: 'evaluation', sceneIndex: i, firstTrial: i, grasps: 1 } as const;
        await runner.run({ ...place, policy: { kind: 'fixed', name: 'depth-pca' }, record: false, picture: false });
      }
      return performance.now() - start;
    };
    const inPage = (first: number): Promise<number> =>
      page.evaluate(
        async ([scenarioName, seed, from, count]) => {
          const start = performance.now();
          await window.graftPlay.session.batch(scenarioName, seed, from, count, 'depth-pca', false);
          return performance.now() - start;
        },
        [name, SEED, first, SCENES] as const,
      );
    await inPage(0);
    await inNode(0);
    let [node, chromium] = [0, 0];
    for (let round = 1; round <= ROUNDS; round++) {
      node += await inNode(round * SCENES);
      chromium += await inPage(round * SCENES);
    }
    console.log(`${name}: the page makes ${(node / chromium).toFixed(2)} times Node's trials a second`);
  } finally {
    await browser.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const name of ['tabletop', 'packed']) await measure(name);
process.exit(0);
