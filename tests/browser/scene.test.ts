import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadScenario } from '../../scenarios/load.ts';
import { libraryOf } from '../../scenarios/objects/read.ts';
import { NODE_HOST } from '../../scenarios/trials/node-host.ts';
import { JobRunner } from '../../scenarios/trials/runner.ts';
import { rngStream } from '../../sim/math/rng.ts';
import { STANDARD_FAMILIES } from '../../sim/objects/families.ts';
import { loadPhysics } from '../../sim/physics.ts';
import type { BatchTrial } from '../../viewer/play/session.ts';
import { writeSite } from '../../viewer/site.ts';
import { launchChromium } from '../support/process/chromium.ts';
import { temporaryFolder } from '../support/process/cli.ts';
import { type StaticServer, serveFolder } from '../support/process/static-server.ts';

/** Scenes that are made at random and compared with Node; 50 are claimed. */
const SCENES = Number(process.env.GRAFT_MADE_SCENES ?? 3);

const folder = temporaryFolder();
const problems: string[] = [];
let browser: Browser;
let server: StaticServer;
let page: Page;

const open = async (address: string): Promise<void> => {
  await page.goto(address);
  await page.waitForFunction(() => window.graftPlay?.game.scene !== undefined, undefined, { timeout: 120_000 });
};

beforeAll(async () => {
  await writeSite(join(folder, 'site'));
  server = await serveFolder(join(folder, 'site'));
  await loadPhysics();
  browser = await launchChromium();
  page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  await open(`${server.url}play.html`);
}, 900_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** The first scene of a scenario file, in Node. */
async function inNode(text: string, seed: number): Promise<BatchTrial> {
  const file = join(folder, 'made.yaml');
  writeFileSync(file, text);
  const { scenario } = loadScenario(file);
  const library = await libraryOf(scenario, () => undefined);
  const runner = new JobRunner(undefined, NODE_HOST, library);
  const place = { scenario, seed, split: 'evaluation', sceneIndex: 0, firstTrial: 0, grasps: 1 } as const;
  const policy = { kind: 'fixed', name: 'antipodal' } as const;
  const recordRule = { every: 1, failuresOnly: false };
  const [output] = await runner.run({ ...place, policy, record: false, picture: false, recordRule });
  runner.dispose();
  return { record: output.record, observationHash: output.recorded?.proof.observationHash ?? null };
}

const rows = (): Promise<number> => page.locator('#edit-list label').count();

it('a scene is made by hand and by keys, saved, and tried as Node tries it', async () => {
  await page.getByText('Edit', { exact: true }).click();
  await expect.poll(() => page.textContent('#trial-title')).toBe('An empty table');
  for (const [i, family] of ['box', 'mug'].entries()) {
    await page.selectOption('#edit-kind', `family/${family}`);
    await page.click('#edit-add');
    await expect.poll(rows).toBe(i + 1);
  }
  // everything else by keys alone
  await page.focus('#edit-list input:checked');
  const before = Number(await page.inputValue('#edit-x'));
  await page.keyboard.press('l');
  await expect.poll(async () => Number(await page.inputValue('#edit-x')) - before).toBeCloseTo(5, 0);
  await page.keyboard.press('ArrowUp');
  await expect.poll(() => page.textContent('#edit-list label:has(:checked)')).toMatch(/^1 box/);
  await page.keyboard.press('c');
  await expect.poll(rows).toBe(3);
  await page.keyboard.press('Delete');
  await expect.poll(rows).toBe(2);
  await page.keyboard.press('Control+z');
  await expect.poll(rows).toBe(3);
  await page.fill('#edit-x', '400');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.textContent('#message')).toContain('expected the mug to lie within 0.13 m');
  expect(Number(await page.inputValue('#edit-x'))).toBeLessThan(130);
  await page.click('#edit-undo');
  await expect.poll(rows).toBe(2);

  await page.fill('#edit-name', 'two things');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#edit-save')]);
  expect(download.suggestedFilename()).toBe('two-things.yaml');
  const text = readFileSync(await download.path(), 'utf8');
  await page.click('#edit-play');
  await expect.poll(() => page.inputValue('#scenarios')).toBe('two-things');
  await page.selectOption('#speed', '0');
  // as `graft evaluate` looks at the scene and draws its grasps
  await page.uncheck('#clutter');
  await page.selectOption('#policy', 'antipodal');
  await page.getByRole('button', { name: 'Let it choose' }).click();
  await page.getByRole('button', { name: 'Try this grasp' }).click();
  const { record } = await inNode(text, 0);
  expect(record.families).toEqual(['box', 'mug']);
  await expect.poll(() => page.getAttribute('#trial-detail', 'title')).toContain(record.stateHash);
});

it('a scene travels in a link, and a broken link is told', async () => {
  await page.getByText('Edit', { exact: true }).click();
  await expect.poll(rows).toBe(2);
  await page.click('#edit-link');
  await expect.poll(() => page.url()).toContain('#scene=1.');
  const link = page.url();
  await page.goto('about:blank');
  await open(link);
  await expect.poll(() => page.textContent('#trial-title')).toBe('Scene 0 · 2 objects');
  expect(await page.inputValue('#scenarios')).toBe('linked');
  await page.goto('about:blank');
  await open(link.slice(0, -9));
  await expect
    .poll(() => page.textContent('#message'))
    .toContain('link: expected a whole scene link, got a damaged one');
  expect(await page.textContent('#trial-title')).toContain('Scene 0 · 1 object');
});

it('a grasp is taken by hand: moved, turned, tilted, opened, and tried as it is', async () => {
  await page.getByText('Play', { exact: true }).click();
  await page.locator('#map').click({ position: { x: 90, y: 90 } });
  await expect.poll(() => page.isEnabled('#tilt')).toBe(true);
  const grasp = () =>
    page.evaluate(() => {
      const { position, opening } = window.graftPlay.game.planned!.grasp;
      return { position, opening, quaternion: window.graftPlay.game.planned!.pose.quaternion };
    });
  const before = await grasp();
  await page.focus('#tilt');
  for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowRight');
  await page.focus('#opening');
  for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowLeft');
  await expect.poll(async () => (await grasp()).opening).toBeCloseTo(before.opening - 0.02, 6);
  const tilted = await grasp();
  const approach = 1 - 2 * (tilted.quaternion[0] ** 2 + tilted.quaternion[1] ** 2);
  expect(approach).toBeCloseTo(-Math.cos(Math.PI / 9), 5);
  expect(tilted.position).toEqual(before.position);
  await page.getByRole('button', { name: 'Try this grasp' }).click();
  await expect.poll(() => page.getAttribute('#trial-detail', 'title')).toMatch(/[0-9a-f]{16}/);
  // as a learner chooses among: straight down, in a cell's middle
  await page.check('#teach');
  await page.locator('#map').click({ position: { x: 90, y: 90 } });
  await expect.poll(() => page.isEnabled('#tilt')).toBe(true);
  await page.focus('#tilt');
  await page.keyboard.press('ArrowLeft');
  await page.waitForFunction(() => window.graftPlay.game.planned?.depth !== undefined);
  expect((await grasp()).quaternion[3]).toBeCloseTo(0, 6);
  await page.uncheck('#teach');
});

it('a mesh file is placed, and saved with the scene that Node tries', async () => {
  // a bracket: not convex, in millimetres
  const L = [
    [0, 0],
    [60, 0],
    [60, 20],
    [20, 20],
    [20, 50],
    [0, 50],
  ];
  const corners = [0, 24].flatMap((z) => L.map(([x, y]) => `v ${x} ${y} ${z}`));
  const sides = L.map((_, i) => `f ${i + 1} ${((i + 1) % 6) + 1} ${((i + 1) % 6) + 7} ${i + 7}`);
  const caps = ['f 4 3 2 1', 'f 6 5 4 1', 'f 7 8 9 10', 'f 7 10 11 12'];
  const obj = Buffer.from([...corners, ...sides, ...caps].join('\n'));
  await page.getByText('Edit', { exact: true }).click();
  await expect.poll(() => page.isEnabled('#edit-add')).toBe(true);
  await page.setInputFiles('#edit-file', { name: 'bracket.obj', mimeType: 'text/plain', buffer: obj });
  await expect.poll(() => page.textContent('#edit-list label:has(:checked)')).toMatch(/bracket60 × 50 × 24 mm/);
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#edit-save')]);
  const archive = unzipSync(readFileSync(await download.path()));
  expect(Object.keys(archive).sort()).toEqual(['bracket.obj', 'my-scene.yaml']);
  for (const [name, bytes] of Object.entries(archive)) writeFileSync(join(folder, name), bytes);
  await page.click('#edit-play');
  await expect.poll(() => page.inputValue('#scenarios')).toBe('my-scene');
  const trials = await page.evaluate(() => window.graftPlay.session.batch('my-scene', 3, 0, 1, 'antipodal', true));
  const text = strFromU8(archive['my-scene.yaml']);
  expect(text).toContain('unit: mm');
  expect(trials).toEqual([await inNode(text, 3)]);
  await page.setInputFiles('#edit-file', { name: 'broken.stl', mimeType: 'text/plain', buffer: obj.subarray(0, 90) });
  await expect.poll(() => page.textContent('#message')).toContain('broken.stl: expected');
});

it(`${SCENES} scenes made in the page give the same trials in Node, bit for bit`, async () => {
  const hashes = new Set<string>();
  for (let i = 0; i < SCENES; i++) {
    const rng = rngStream(7, 'made', i);
    const base = rng.pick(['tabletop', 'bin', 'suction', 'hard']);
    const families = Array.from({ length: 1 + rng.int(4) }, () => rng.pick(STANDARD_FAMILIES));
    const scale = rng.range(0.7, 1.1);
    const made = await page.evaluate(
      async ([scenario, kinds, size]) => {
        const { session } = window.graftPlay;
        const editor = session.editor as unknown as import('comlink').Remote<
          import('../../viewer/play/scene/editor.ts').SceneEditor
        >;
        await editor.begin(scenario);
        // what finds no room stays away
        for (const family of kinds) await editor.add({ family }).catch(() => undefined);
        const { text } = await editor.change(0, { scale: size }, true);
        const { name } = await session.addScenario(text, 'made.yaml');
        return { text, trials: await session.batch(name, 3, 0, 1, 'antipodal', true) };
      },
      [base, families, scale] as const,
    );
    expect(made.trials, made.text).toEqual([await inNode(made.text, 3)]);
    hashes.add(made.trials[0].record.stateHash);
  }
  console.log(`${SCENES} scenes made in the page, ${hashes.size} different final states, all as in Node`);
  expect(hashes.size).toBe(SCENES);
});

it('nothing was asked for that is not there, and nothing failed', () => {
  expect(server.missing).toEqual([]);
  expect(problems).toEqual([]);
});
