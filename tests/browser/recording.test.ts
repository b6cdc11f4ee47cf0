import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRecording } from '../../sim/recording/write/mcap-writer.ts';
import type { RecordingEntry } from '../../sim/recording/write/messages.ts';
import type { ViewerCounters } from '../../viewer/page/counters.ts';
import { startViewer, type Viewer } from '../../viewer/server.ts';
import { launchChromium } from '../support/process/chromium.ts';
import { temporaryFolder } from '../support/process/cli.ts';
import { recordRounds, recordTrials } from '../support/recordings/recordings.ts';

/** Where pictures go, to be looked at. */
const PICTURES = process.env.GRAFT_PICTURES ?? join(tmpdir(), 'graft-recording');
const TRIALS = 14;
const PATIENCE = { timeout: 120_000 };

const folder = temporaryFolder();
const paths = { first: join(folder, 'antipodal.mcap'), second: join(folder, 'depth-pca.mcap') };
let browser: Browser;
let viewer: Viewer;
let page: Page;
let entries: { first: RecordingEntry[]; second: RecordingEntry[] };
let addresses: { first: string; second: string };
const problems: string[] = [];

async function record(path: string, trials: readonly RecordingEntry[], policy: string): Promise<void> {
  const about = { version: '1', graft: '0.0.0', scenarioName: 'tabletop', seed: '0', policy, engine: 'none' };
  const writer = await createRecording(path, about);
  for (const trial of trials) await writer.add(trial);
  await writer.close();
}

beforeAll(async () => {
  entries = {
    first: await recordTrials(TRIALS, 'tabletop', 'antipodal'),
    second: await recordTrials(TRIALS - 2, 'tabletop', 'depth-pca'),
  };
  await record(paths.first, entries.first, 'antipodal');
  await record(paths.second, entries.second, 'depth-pca');
  await mkdir(PICTURES, { recursive: true });
  viewer = await startViewer({ port: 0 });
  addresses = { first: viewer.serveRecording(paths.first), second: viewer.serveRecording(paths.second) };
  browser = await launchChromium();
  page = await browser.newPage({ viewport: { width: 1280, height: 720 }, colorScheme: 'light' });
  page.on('pageerror', (error) => problems.push(String(error)));
}, 600_000);

afterAll(async () => {
  await browser?.close();
  await viewer?.close();
});

const state = (): Promise<ViewerCounters> => page.evaluate(() => ({ ...window.graftViewer }));
const until = (name: keyof ViewerCounters, value: unknown): Promise<unknown> =>
  expect.poll(async () => (await state())[name], PATIENCE).toEqual(value);
const outcomes = (list: readonly RecordingEntry[]): string[] => list.map(({ episode }) => episode.outcome);

/** Pixels [n][r, g, b] of an element as the browser shows it. */
const pixels = async (selector: string): Promise<number[][]> => pixelsOf(await page.locator(selector).screenshot());

/** Pixels of the scene between what lies over it. */
const scene = async (): Promise<number[][]> =>
  pixelsOf(await page.screenshot({ clip: { x: 20, y: 90, width: 840, height: 400 } }));

function pixelsOf(png: Uint8Array): number[][] {
  const { data, channels } = decode(png);
  return Array.from({ length: data.length / channels }, (_, i) => [...data.slice(i * channels, i * channels + 3)]);
}

/** How many pixels have about a colour. */
const near = (list: readonly number[][], colour: readonly number[], within = 12): number =>
  list.filter((p) => p.every((c, k) => Math.abs(c - colour[k]) <= within)).length;

/** Pixels of the time line in the colour of what held. */
const heldTicks = async (): Promise<number> => near(await pixels('#ticks'), [0, 158, 115]);

/** Drops files on the page, as a hand would. */
async function drop(files: readonly { name: string; bytes: Buffer }[]): Promise<void> {
  const sent = files.map(({ name, bytes }) => ({ name, base64: bytes.toString('base64') }));
  await page.evaluate((list) => {
    const transfer = new DataTransfer();
    for (const { name, base64 } of list)
      transfer.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
    for (const type of ['dragover', 'drop'])
      document.body.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, sent);
}

describe('a recording in the page', () => {
  it('opens by its address at the moment of a link, with range requests', async () => {
    const ranges: string[] = [];
    page.on('request', (request) => {
      if (new URL(request.url()).pathname.startsWith('/recordings/')) ranges.push(request.headers().range ?? 'none');
    });
    await page.goto(`${viewer.url}?recording=${addresses.first}#t=3,0.50`);
    await until('recordings', ['antipodal.mcap']);
    await until('episode', entries.first[3].episode.trial);
    expect((await state()).trials).toBe(TRIALS);
    expect(ranges.length).toBeGreaterThan(2);
    expect(ranges.every((r) => /^bytes=\d+-\d+$/.test(r))).toBe(true);
    await expect.poll(() => page.textContent('#connection')).toBe('recording');
    expect(await page.textContent('#scenario')).toBe('tabletop');
  });

  it('has a tick for every trial, failures taller and in their colour', async () => {
    expect((await state()).playing).toBe(false);
    const legend = (await page.locator('#legend li').allTextContents()).map((t) => t.trim());
    const counts = new Map<string, number>();
    for (const outcome of outcomes(entries.first)) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    expect(legend.sort()).toEqual([...counts].map(([outcome, n]) => `${outcome} ${n}`).sort());
    await expect.poll(heldTicks, PATIENCE).toBeGreaterThan(500);
    expect(await page.locator('#trials tr').count()).toBe(TRIALS);
  });

  it('is filtered by object and outcome: list, ticks, curve and the jump to the next', async () => {
    const all = entries.first.map(({ episode }) => ({
      families: episode.objects.map((o) => o.family),
      outcome: episode.outcome,
    }));
    const [{ families }] = all;
    const chosen = all.filter((t) => t.families.includes(families[0]));
    const before = await heldTicks();
    await page.selectOption('#filter-family', families[0]);
    await expect.poll(() => page.locator('#trials tr').count()).toBe(chosen.length);
    expect(await page.textContent('#filter-count')).toBe(`${chosen.length} of ${TRIALS}`);
    expect(await page.textContent('#curve-section h2')).toContain(`with ${families[0]}`);
    // the others are still there, but faint
    await expect.poll(heldTicks, PATIENCE).toBeLessThan(before);
    await page.selectOption('#filter-family', '');
    await page.selectOption('#filter-outcome', 'held');
    const held = all.flatMap(({ outcome }, i) => (outcome === 'held' ? [i] : []));
    await expect.poll(() => page.locator('#trials tr').count()).toBe(held.length);
    await page.getByRole('button', { name: 'Next held' }).click();
    await until(
      'index',
      held.find((i) => i > 3),
    );
    await page.selectOption('#filter-outcome', '');
    await expect.poll(() => page.locator('#trials tr').count()).toBe(TRIALS);
  });

  it('is scrubbed: trial by trial, and within a trial', async () => {
    const box = (await page.locator('#ticks').boundingBox())!;
    await page.mouse.click(box.x + (box.width * 7.5) / TRIALS, box.y + 8);
    await until('index', 7);
    await until('episode', entries.first[7].episode.trial);
    const before = await page.locator('#view').screenshot();
    await page.locator('#scrub').evaluate((input: HTMLInputElement) => {
      input.value = String(Number(input.max) * 0.8);
      input.dispatchEvent(new Event('input'));
    });
    await expect.poll(async () => (await state()).time, PATIENCE).toBeGreaterThan(1);
    await expect.poll(async () => (await page.locator('#view').screenshot()).equals(before), PATIENCE).toBe(false);
    const { time } = await state();
    await page.keyboard.press('.');
    await expect.poll(async () => (await state()).time, PATIENCE).toBeCloseTo(time + 1 / 30, 5);
    await page.keyboard.press(',');
    await expect.poll(async () => (await state()).time, PATIENCE).toBeCloseTo(time, 5);
  });

  it('is driven from the keyboard: next, previous, speed, next failure, ticks', async () => {
    await page.keyboard.press(']');
    await until('index', 8);
    await page.keyboard.press('[');
    await until('index', 7);
    await page.keyboard.press('>');
    await until('speed', 2);
    await page.keyboard.press('<');
    await page.keyboard.press('<');
    await until('speed', 0.5);
    await page.locator('#ticks').focus();
    await page.keyboard.press('Home');
    await until('index', 0);
    const failures = outcomes(entries.first).flatMap((o, i) => (o === 'held' ? [] : [i]));
    for (const failure of failures.filter((i) => i > 0)) {
      await page.keyboard.press('n');
      await until('index', failure);
      await until('episode', entries.first[failure].episode.trial);
    }
    await page.keyboard.press('n');
    await expect.poll(() => page.textContent('#message-text'), PATIENCE).toBe('No failure after this trial.');
  });

  it('makes a link that brings the moment back', async () => {
    await page.evaluate(() => {
      location.hash = '#t=2,1.25';
    });
    await until('index', 2);
    await page.getByRole('button', { name: 'Link' }).click();
    expect(new URL(page.url()).hash).toBe('#t=2,1.25');
    await page.reload();
    await until('episode', entries.first[2].episode.trial);
    expect((await state()).index).toBe(2);
  });

  it('switches layers on and off', async () => {
    const held = outcomes(entries.first).indexOf('held');
    await page.evaluate((index) => {
      location.hash = `#t=${index},2.4`;
    }, held);
    await until('index', held);
    await page.locator('#scrub').evaluate((input: HTMLInputElement) => {
      input.value = String(Number(input.max) * 0.97);
      input.dispatchEvent(new Event('input'));
    });
    const layers = async (): Promise<Record<string, number>> => (await state()).layers;
    // an arrow and a dot for each finger
    await expect.poll(async () => (await layers()).contacts, PATIENCE).toBeGreaterThanOrEqual(4);
    await expect.poll(async () => (await layers()).path, PATIENCE).toBe(1);
    for (const [key, name] of [
      ['4', 'camera'],
      ['5', 'cloud'],
      ['6', 'frames'],
    ] as const) {
      await page.keyboard.press(key);
      await expect.poll(async () => (await layers())[name], PATIENCE).toBeGreaterThan(0);
    }
    await page.screenshot({ path: join(PICTURES, 'layers.png') });
    const orange = async (): Promise<number> => near(await scene(), [213, 94, 0], 30);
    const withAll = await orange();
    for (const key of ['2', '3', '4', '5', '6']) await page.keyboard.press(key);
    await expect.poll(async () => Object.values(await layers()).every((n) => n === 0), PATIENCE).toBe(true);
    // contacts are gone, a picture later
    await expect.poll(async () => withAll - (await orange()), PATIENCE).toBeGreaterThan(20);
    for (const key of ['2', '3']) await page.keyboard.press(key);
  });

  it('is dropped on the page, and so are two: side by side, in step', async () => {
    await page.goto(viewer.url);
    await drop([{ name: 'dropped.mcap', bytes: readFileSync(paths.second) }]);
    await until('recordings', ['dropped.mcap']);
    expect((await state()).trials).toBe(TRIALS - 2);
    await drop([
      { name: 'a.mcap', bytes: readFileSync(paths.first) },
      { name: 'b.mcap', bytes: readFileSync(paths.second) },
    ]);
    await until('recordings', ['a.mcap', 'b.mcap']);
    await page.evaluate(() => {
      location.hash = '#t=4,2.0';
    });
    await until('index', 4);
    await until('beside', entries.second[4].episode.trial);
    expect((await state()).episode).toBe(entries.first[4].episode.trial);
    expect(entries.first[4].episode.proof.scene).toBe(entries.second[4].episode.proof.scene);
    await page.waitForTimeout(1000);
    await page.screenshot({ path: join(PICTURES, 'beside.png') });
    for (const id of ['#view', '#second-view']) {
      const shades = async (): Promise<number> =>
        new Set((await pixels(id)).map((p) => p.map((c) => c >> 3).join(' '))).size;
      await expect.poll(shades, { ...PATIENCE, message: id }).toBeGreaterThan(40);
    }
    // the last two are in the first recording only
    await page.evaluate((last) => {
      location.hash = `#t=${last}`;
    }, TRIALS - 1);
    await until('beside', -1);
    await expect.poll(() => page.textContent('#second-title'), PATIENCE).toBe('No such trial in this recording');
  });

  it('of clutter removal is shown round by round, beside the same grasp of the same round', async () => {
    const [first, second] = [await recordRounds(3, 'antipodal'), await recordRounds(3, 'depth-pca')];
    const placed = (list: readonly RecordingEntry[]) => list.map(({ episode }) => episode.inRound!);
    for (const [name, list] of Object.entries({ rounds: first, others: second }))
      await record(join(folder, `${name}.mcap`), list, name);
    await page.goto(viewer.url);
    await drop(
      ['rounds', 'others'].map((name) => ({ name: `${name}.mcap`, bytes: readFileSync(join(folder, `${name}.mcap`)) })),
    );
    await until('recordings', ['rounds.mcap', 'others.mcap']);
    // the last round's second grasp: trials before it differ in number between the two
    const index = placed(first).findIndex(({ round, attempt }) => round === 2 && attempt === 1);
    const like = placed(second).findIndex(({ round, attempt }) => round === 2 && attempt === 1);
    expect(Math.min(index, like)).toBeGreaterThan(1);
    expect(index).not.toBe(like);
    await page.evaluate((at) => {
      location.hash = `#t=${at},1.0`;
    }, index);
    await until('index', index);
    await until('beside', second[like].episode.trial);
    const title = (trial: number): string => `Trial ${trial} · round 2, grasp 1`;
    await expect.poll(() => page.textContent('#trial-title'), PATIENCE).toBe(title(index));
    expect(await page.textContent('#second-title')).toBe(title(like));
    await page.waitForTimeout(1000);
    await page.screenshot({ path: join(PICTURES, 'rounds.png') });
  });

  it.each([
    [
      'a picture',
      Buffer.from('89504e470d0a1a0a0000000d', 'hex'),
      'expected a recording (MCAP, starting 894d43415030...), got 89504e470d0a1a0a',
    ],
    ['an empty file', Buffer.alloc(0), 'got an empty file'],
    ['the first bytes of a recording', Buffer.from('894d434150300d0a', 'hex'), 'cut off before its first trial'],
  ])('that is broken is named, and what was there stays: %s', async (_, bytes, message) => {
    const before = (await state()).recordings;
    await drop([{ name: 'broken.mcap', bytes }]);
    await expect.poll(() => page.textContent('#message-text'), PATIENCE).toContain(`broken.mcap: expected a recording`);
    expect(await page.textContent('#message-text')).toContain(message);
    expect(await page.isVisible('#message')).toBe(true);
    expect((await state()).recordings).toEqual(before);
  });

  it('that was cut off is shown up to there, and says so', async () => {
    const bytes = readFileSync(paths.first);
    const cut = join(folder, 'cut.mcap');
    writeFileSync(cut, bytes.subarray(0, Math.floor(bytes.length * 0.7)));
    await page.goto(`${viewer.url}?recording=${viewer.serveRecording(cut)}`);
    await expect.poll(async () => (await state()).trials, PATIENCE).toBeGreaterThan(2);
    expect((await state()).trials).toBeLessThan(TRIALS);
    expect(await page.textContent('#message-text')).toMatch(/cut\.mcap was cut off at byte [\d,]+: shown up to/);
    await page.screenshot({ path: join(PICTURES, 'cut.png') });
  });

  it('that is not there is named', async () => {
    await page.goto(`${viewer.url}?recording=recordings/nothing.mcap`);
    await expect
      .poll(() => page.textContent('#message-text'), PATIENCE)
      .toMatch(/nothing\.mcap: expected a recording at .*got 404/);
    await page.goto(`${viewer.url}?recording=file:///etc/passwd`);
    await expect
      .poll(() => page.textContent('#message-text'), PATIENCE)
      .toContain('expected an http or https address, got file:');
  });

  it('gives way to the live run', async () => {
    await page.goto(`${viewer.url}?recording=${addresses.first}`);
    await until('recordings', ['antipodal.mcap']);
    viewer.setRun({ scenario: 'live one', seed: 0, arm: 'a', engine: 'e', trialsPlanned: 10 });
    viewer.publishEpisode(entries.first[0].episode);
    await page.getByRole('button', { name: 'Live' }).click();
    await until('recordings', []);
    await expect.poll(() => page.textContent('#scenario'), PATIENCE).toBe('live one');
    await expect.poll(() => page.textContent('#connection'), PATIENCE).toBe('live');
  });

  it('ran without an error', () => {
    expect(problems).toEqual([]);
  });
});
