import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { decode } from 'fast-png';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf } from '../../scenarios/predict/answer.ts';
import { openPredictor } from '../../scenarios/predict/open-predictor.ts';
import type { Predictor } from '../../scenarios/predict/predict.ts';
import { runPredictJob } from '../../scenarios/predict/predict-job.ts';
import { type GraspServer, startGraspServer } from '../../viewer/grasps/server/server.ts';
import { axeFindings } from '../support/process/axe.ts';
import { launchChromium } from '../support/process/chromium.ts';

const EXAMPLE = fileURLToPath(new URL('../../viewer/grasps/page/example/', import.meta.url));
const TOKEN = 'a token of this test';
const problems: string[] = [];
let predictor: Predictor;
let server: GraspServer;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  predictor = await openPredictor('pretrained');
  const { sensor, gripper } = predictor.scenario;
  server = await startGraspServer({
    ...{ host: '127.0.0.1', port: 0, token: TOKEN, bytesMax: 1 << 24, rate: 100, slots: 1, openapi: {} },
    answer: async (question) => answerOf(runPredictJob(predictor, question)),
    about: { version: 'test', policy: 'pretrained', heightmap: sensor.heightmap, hand: gripper },
  });
  browser = await launchChromium();
  page = await browser.newPage({ viewport: { width: 1280, height: 720 }, colorScheme: 'light' });
  page.setDefaultTimeout(240_000);
  page.on('pageerror', (error) => problems.push(String(error)));
  // that a question is refused is told on the page, and by the browser
  page.on('console', (m) => m.type() === 'error' && !/status of 40[01]/.test(m.text()) && problems.push(m.text()));
  await page.addInitScript(() => {
    const seen = window as unknown as { shift: number };
    seen.shift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.shift += (entry as unknown as { value: number }).value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  await page.goto(server.url);
}, 900_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
  predictor?.policy.dispose();
});

/** Drops files on the page, as from a folder. */
async function drop(files: Readonly<Record<string, Buffer>>): Promise<void> {
  const given = Object.entries(files).map(([name, bytes]) => [name, bytes.toString('base64')] as const);
  await page.evaluate((list) => {
    const dataTransfer = new DataTransfer();
    for (const [name, base64] of list)
      dataTransfer.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
    window.dispatchEvent(new DragEvent('drop', { dataTransfer, cancelable: true }));
  }, given);
}
const frame = Object.fromEntries(
  ['depth-mm.png', 'colour.png', 'camera.json'].map((name) => [name, readFileSync(`${EXAMPLE}${name}`)]),
);

const rows = (): Promise<number> => page.locator('#grasps tr').count();
const problem = (): Promise<string | null> => page.textContent('#problem');
const patience = { timeout: 120_000 };

/** Colours that are seen in a part of the page. */
async function coloursOf(selector: string): Promise<number> {
  const { data, channels } = decode(await page.locator(selector).screenshot());
  const seen = new Set<number>();
  for (let i = 0; i < data.length; i += channels) seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
  return seen.size;
}

describe('the grasp page', () => {
  it('asks for the token that the server wants, once there is something to ask', async () => {
    await expect.poll(() => page.textContent('#run')).toContain('pretrained');
    expect(await page.locator('#token-form').isVisible()).toBe(false);
    await drop(frame);
    await page.locator('#token').waitFor();
    expect(await problem()).toBe("token: expected this server's token, got none");
    await page.evaluate(() => {
      location.hash = '#token=another one than it wants';
    });
    await expect.poll(problem).toBe("token: expected this server's token, got another");
    await page.fill('#token', TOKEN);
    await page.keyboard.press('Enter');
    await expect.poll(rows, patience).toBe(5);
    expect(await page.locator('#token-form').isVisible()).toBe(false);
    expect(page.url(), 'a token is not left in the address bar').toBe(server.url);
  });

  it('shows what it took for what, and the grasps in list, picture, map and scene', async () => {
    expect(await page.locator('#input-list li').allTextContents()).toEqual([
      'depthdepth-mm.png · 256 × 192×',
      'colourcolour.png×',
      'masknone, all is graspable',
      'cameracamera.json×',
    ]);
    expect(await page.textContent('#camera-note')).toContain('From the camera file');
    for (const marks of ['#picture-marks', '#map-marks']) expect(await page.locator(`${marks} g`).count()).toBe(5);
    const { triangles, hands } = (await page.evaluate(() => window.graftGrasps.counts))!;
    expect(hands).toBe(5);
    expect(triangles).toBeGreaterThan(20_000);
    await expect.poll(() => coloursOf('#view'), patience).toBeGreaterThan(100);
    expect(await coloursOf('#map')).toBeGreaterThan(100);
    expect(await page.textContent('#grasps tr')).toMatch(/^1\d+ %80 mm−?\d+, −?\d+, \d+\d+ mm$/);
  });

  it('draws the grasps where they are in the picture', async () => {
    const { grasp, box } = await page.evaluate(() => {
      const { x, y, width, height } = document
        .querySelector<SVGPathElement>('#picture-marks .selected .line')!
        .getBBox();
      return { grasp: window.graftGrasps.answer!.grasps[0], box: { x, y, right: x + width, bottom: y + height } };
    });
    const camera = JSON.parse(String(frame['camera.json']));
    const { project } = await import('../../sim/camera/camera.ts');
    const [u, v] = project({ intrinsics: camera, pose: camera.T_world_camera }, grasp.position);
    expect(u).toBeGreaterThan(box.x);
    expect(u).toBeLessThan(box.right);
    expect(v).toBeGreaterThan(box.y);
    expect(v).toBeLessThan(box.bottom + 1);
  });

  it('points at the same grasp everywhere, from the keyboard too', async () => {
    await page.getByRole('button', { name: 'Grasp 3', exact: true }).focus();
    for (const part of ['#grasps tr', '#picture-marks g', '#map-marks g'])
      expect(await page.locator(`${part}.hovered`).textContent()).toMatch(/^3/);
    await page.keyboard.press('Enter');
    for (const part of ['#grasps tr', '#picture-marks g', '#map-marks g'])
      expect(await page.locator(`${part}.selected`).textContent()).toMatch(/^3/);
    await page.locator('#picture-marks g[data-rank="1"] .reach').dispatchEvent('click');
    await expect.poll(() => page.locator('#grasps tr.selected').textContent()).toMatch(/^2/);
  });

  it('has not moved under the reader', async () =>
    expect(await page.evaluate(() => (window as unknown as { shift: number }).shift)).toBeLessThan(0.02));

  it('asks again when a setting changes', async () => {
    await page.fill('#count', '2');
    await expect.poll(rows, patience).toBe(2);
    await page.fill('#size-x', '9');
    await page.fill('#size-y', '0.2');
    await expect.poll(problem, patience).toContain('workspace.size');
    expect(await rows()).toBe(0);
    await page.fill('#size-x', '');
    await expect.poll(rows, patience).toBe(2);
    expect(await problem()).toBe('');
  });

  it("gives the server's own picture of the answer", async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#overlay')]);
    expect(download.suggestedFilename()).toBe('depth-mm-grasps.png');
    expect(decode(readFileSync(await download.path())).width).toBeGreaterThan(800);
  });

  it('guesses a camera where none is given, and says so', async () => {
    await page.getByRole('button', { name: 'Leave out camera.json' }).click();
    await expect.poll(() => page.textContent('#camera-note')).toContain('60° from left to right is guessed');
    expect(await page.inputValue('#fx')).toBe('221.7');
    await page.fill('#fov', '52');
    await expect.poll(() => page.inputValue('#fx')).toBe('262.44');
    await expect.poll(() => page.textContent('#frame-note'), patience).toContain('in the camera frame');
    expect(await page.isDisabled('#centre-x')).toBe(true);
    await expect.poll(rows, patience).toBe(2);
  });

  it.each(['light', 'dark'] as const)('keeps nobody out in %s colours (axe-core finds nothing)', async (scheme) => {
    await page.emulateMedia({ colorScheme: scheme });
    expect(await axeFindings(page)).toEqual([]);
  });

  it('fits a phone without sideways scrolling', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    await page.setViewportSize({ width: 1280, height: 720 });
  });

  it('shows why the server or a file cannot be used, and goes on with the next', async () => {
    const camera = JSON.parse(String(frame['camera.json']));
    await drop({ 'camera.json': Buffer.from(JSON.stringify({ ...camera, widthPx: 640 })) });
    await expect.poll(problem).toBe('depth: expected 640 x 192 pixels as the camera says, got 256 x 192');
    expect(await rows()).toBe(0);
    await drop({ 'depth.npy': Buffer.from('not an array') });
    await expect.poll(problem).toBe('depth.npy: expected a NumPy .npy file, got another');
    await drop({ 'notes.txt': Buffer.from('hello') });
    await expect.poll(problem).toContain('notes.txt: expected a .npy, PNG, JSON or YAML file');
    await page.getByRole('button', { name: 'Example' }).click();
    await expect.poll(rows, patience).toBe(2);
  });

  it('ran without an error', () => expect(problems).toEqual([]));
});
