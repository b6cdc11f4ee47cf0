import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Pieces } from '../../scenarios/experiments/evaluate/pieces.ts';
import { benchTransfer, type TransferRequest } from '../../scenarios/experiments/transfer/transfer.ts';
import { startObserver } from '../../scenarios/experiments/units/observer.ts';
import { runEvaluation } from '../../scenarios/run/evaluation-run.ts';
import { startWorkViewer, type WorkViewer } from '../../viewer/server.ts';
import { axeFindings } from '../support/process/axe.ts';
import { launchChromium } from '../support/process/chromium.ts';
import { expectRefusal, run, temporaryFolder } from '../support/process/cli.ts';
import { type Running, start } from '../support/process/program.ts';
import { hasRedis, type RedisServer, startRedis, withoutRedis } from '../support/process/redis.ts';

/** Pictures go there, or where GRAFT_PICTURES says. */
const PICTURES = process.env.GRAFT_PICTURES ?? tmpdir();
const folder = temporaryFolder();
const LOOKS = [
  [1280, 720, 'light'],
  [390, 844, 'dark'],
] as const;

let browser: Browser;
const problems: string[] = [];

beforeAll(async () => {
  browser = await launchChromium();
}, 120_000);

afterAll(() => browser?.close());

async function open(address: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  page.setDefaultTimeout(60_000);
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('request', (request) => {
    if (!/^(ws|http):\/\/127\.0\.0\.1:|^data:/.test(request.url())) problems.push(request.url());
  });
  await page.goto(address);
  return page;
}

/** Pictures of the page, and whether it fits. */
async function look(page: Page, name: string): Promise<void> {
  for (const [width, height, colorScheme] of LOOKS) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height });
    await page.screenshot({ path: join(PICTURES, `work-${name}-${width}.png`) });
    expect(await page.evaluate(() => document.documentElement.scrollWidth), `${name} at ${width}`).toBe(width);
  }
  await page.setViewportSize({ width: 1280, height: 720 });
}

/** Everything that axe finds, one line each. */
async function findings(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    found.push(...(await axeFindings(page)));
  }
  return found;
}

/** Cells of each worker's row, by its name. */
const rows = async (page: Page): Promise<Record<string, readonly [state: string, ...hand: string[]]>> =>
  Object.fromEntries(
    await page.locator('#workers tbody tr').evaluateAll((list) =>
      list.map((tr) => {
        const [name] = [...tr.querySelectorAll('th .name')].map((node) => node.textContent);
        const hand = [...tr.querySelectorAll('td .name')].map((node) => node.textContent ?? '');
        return [name ?? '', [tr.className, ...hand]] as const;
      }),
    ),
  );

describe.skipIf(!hasRedis)(`a queued experiment on its page${withoutRedis}`, () => {
  let redis: RedisServer;
  let viewer: WorkViewer;
  const workers: Running[] = [];
  const request = (out: string, more: Partial<TransferRequest> = {}): TransferRequest => ({
    ...{ preset: 'smoke', targets: ['slippery', 'narrow'], arms: ['zero-shot', 'depth-pca'], seeds: 1 },
    ...{ out: join(folder, out), workers: 2, quiet: true, command: 'npx graft bench transfer' },
    signal: AbortSignal.timeout(240_000),
    ...more,
  });
  const worker = (name: string): Running => {
    const where = ['worker', '--queue', redis.url, '--shared', join(folder, 'shared')];
    const started = start([...where, '--workers', '1', '--lock', '2', '--name', name]);
    workers.push(started);
    return started;
  };
  /** Raw results of one arm, without times. */
  const measuredIn = (out: string): readonly unknown[] =>
    readdirSync(join(folder, out, 'raw'), { recursive: true, encoding: 'utf8' })
      .filter((name) => /depth-pca-s\d+\.json$/.test(name))
      .sort()
      .map((name) =>
        JSON.parse(readFileSync(join(folder, out, 'raw', name), 'utf8'), (key, value) =>
          /Seconds$/.test(key) ? 0 : value,
        ),
      );

  beforeAll(async () => {
    [redis, viewer] = await Promise.all([startRedis(), startWorkViewer({ port: 0 })]);
  }, 120_000);

  afterAll(async () => {
    for (const each of workers) each.signal('SIGKILL');
    await viewer?.close();
    await redis?.kill();
  });

  it('shows both workers, what each has, one that is killed, and in the end that all is done', async () => {
    const [one] = [worker('one'), worker('two')];
    const page = await open(viewer.url);
    expect(await page.textContent('#headline')).toBe('Waiting for the experiment.');
    const ending = benchTransfer(request('queued', { queue: redis.url, shared: join(folder, 'shared'), view: viewer }));
    await expect.poll(async () => Object.keys(await rows(page)).sort(), { timeout: 60_000 }).toEqual(['one', 'two']);
    // stopped in the midst of a unit, so that the page and the test speak of the same one
    let [held]: (string | undefined)[] = [];
    await expect
      .poll(
        async () => {
          if ((await rows(page)).one.length < 2) return undefined;
          one.signal('SIGSTOP');
          await new Promise((resolve) => setTimeout(resolve, 600));
          held = (await rows(page)).one[1];
          if (held === undefined) one.signal('SIGCONT');
          return held;
        },
        { timeout: 60_000, interval: 50 },
      )
      .toMatch(/^(slippery|narrow)\/[\w-]+-s\d$/);
    await look(page, 'live');
    one.signal('SIGKILL');
    await expect.poll(async () => (await rows(page)).one[0], { timeout: 30_000 }).toBe('gone');
    await ending;
    await expect.poll(() => page.textContent('#headline')).toBe('All 4 units measured.');
    expect(await page.getAttribute(`.unit[aria-label^="${held}:"]`, 'aria-label')).toBe(
      `${held}: done, #${await page.textContent('#workers tr:has-text("two") td')}`,
    );
    expect(await page.locator('.unit[data-state="done"][role]').count()).toBe(4);
    await look(page, 'done');
    for (const each of workers) each.signal('SIGKILL');
    await viewer.close();
    await expect.poll(() => page.textContent('#problem')).toMatch(/^The experiment is over and its server has gone;/);
    await page.close();
  }, 240_000);

  it('that is interrupted says so, and what is left', async () => {
    const asked = ['bench', 'transfer', '--preset', 'smoke', '--targets', 'slippery', '--arms', 'zero-shot'];
    const where = ['--out', join(folder, 'stopped'), '--queue', redis.url, '--shared', join(folder, 'nobody')];
    const running = start([...asked, '--seeds', '3', ...where, '--view', '--port', '0']);
    const [, address] = await running.until('an address', () => /^viewer: +(http:\S+)$/m.exec(running.stderr()));
    const page = await open(address);
    await expect.poll(() => page.textContent('#headline'), { timeout: 60_000 }).toBe('0 of 3 units measured.');
    running.signal('SIGINT');
    expect((await running.done).code).toBe(130);
    await expect
      .poll(() => page.textContent('#headline'))
      .toBe('Stopped: 0 of 3 units measured; the same command goes on.');
    await page.close();
  }, 240_000);

  it('ends with the bytes of one that nobody watched', async () => {
    await benchTransfer(request('local', { arms: ['depth-pca'] }));
    expect(measuredIn('local')).toHaveLength(2);
    expect(measuredIn('queued')).toEqual(measuredIn('local'));
  }, 240_000);
});

describe('an experiment of this process on its page', () => {
  const evaluation = (log: string, pieces?: Pieces) =>
    runEvaluation({
      ...{ policy: 'random', scenario: 'quick', trials: 40, workers: 2, quiet: true, command: 'npx graft evaluate' },
      ...{ log: join(folder, log), ...(pieces && { pieces }), signal: AbortSignal.timeout(240_000) },
    });

  it('has its threads for workers, and ends as one that nobody watched', async () => {
    const viewer = await startWorkViewer({ port: 0 });
    const page = await open(viewer.url);
    await expect.poll(() => page.textContent('#connection')).toBe('live');
    const ending = evaluation('watched.jsonl', { view: viewer });
    await page.locator('#workers tr:has-text("thread 2") td .name').waitFor();
    expect(Object.keys(await rows(page))).toEqual(['thread 1', 'thread 2']);
    const { seconds: _, ...found } = await ending;
    await viewer.close();
    await expect.poll(() => page.textContent('#problem')).toMatch(/^The experiment is over/);
    expect(await page.textContent('#headline')).toBe('All 2 units measured.');
    await page.close();
    expect(await evaluation('alone.jsonl')).toMatchObject(found);
    expect(readFileSync(join(folder, 'watched.jsonl'))).toEqual(readFileSync(join(folder, 'alone.jsonl')));
  }, 240_000);
});

describe('a program of somebody else', () => {
  it('has no units to be watched', async () => {
    const message = "--view: expected a policy that every machine has, got 'external:true', a program of your own";
    expectRefusal(await run(['evaluate', 'external:true', '--view', '--port', '0'], { cwd: folder }), message);
  });
});

describe('the work page', () => {
  let viewer: WorkViewer;
  const hostile = '<img src=x onerror="document.title=1">';
  const [token, wrong] = ['a-token-of-16-letters', 'another-of-16-letters'];
  let clock = 0;
  const observer = startObserver({
    title: `bench ${hostile}`,
    units: Array.from({ length: 40 }, (_, i) => ({ name: `${hostile}-${i}`, cost: 1, kept: i < 3 })),
    shareOf: () => 0.5,
    now: () => clock,
  });

  beforeAll(async () => {
    observer.taken(3, hostile);
    observer.taken(4, 'two');
    observer.taken(5, 'two');
    clock += 61_000;
    observer.done(4);
    observer.failed(5, `because of ${hostile}`);
    viewer = await startWorkViewer({ port: 0, watchToken: token });
    viewer.show(observer.watched);
  }, 120_000);

  afterAll(() => viewer?.close());

  it('takes names and reasons for text, whatever they are', async () => {
    const page = await open(`${viewer.url}#token=${token}`);
    await expect.poll(() => page.textContent('#headline')).toMatch(/^4 of 40 units measured, 1 failed, about \d+ min/);
    expect(await page.title()).toBe(`bench ${hostile} – graft`);
    expect(Object.keys(await rows(page))).toEqual([hostile, 'two']);
    expect(await page.textContent('#failures')).toBe(`${hostile}-5 with two: because of ${hostile}`);
    expect(await page.locator('main img, main script, [onerror]').count()).toBe(0);
    expect(await findings(page)).toEqual([]);
    await look(page, 'many');
    await page.close();
  }, 120_000);

  it('is walked with the keyboard, and says of each unit who has it', async () => {
    const page = await open(`${viewer.url}#token=${token}`);
    await page.locator('.unit[data-state="failed"][role]').waitFor();
    await page.locator('.unit').first().focus();
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
    expect(await page.textContent('#unit')).toMatch(`${hostile}-3: in hand of #1 ${hostile}, for 1 min`);
    await page.keyboard.press('ArrowRight');
    expect(await page.textContent('#unit')).toBe(`${hostile}-4: done by #2 two`);
    await page.keyboard.press('ArrowDown');
    const below = await page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    expect(below).toMatch(/: waiting$/);
    await page.keyboard.press('ArrowUp');
    expect(await page.textContent('#unit')).toBe(`${hostile}-4: done by #2 two`);
    await page.close();
  }, 120_000);

  it('shows nothing to whoever does not know the token, and says why', async () => {
    for (const end of ['', `#token=${wrong}`]) {
      const page = await open(`${viewer.url}${end}`);
      await expect.poll(() => page.textContent('#problem')).toMatch(/does not answer, or wants the token/);
      expect(await page.textContent('#headline')).toBe('Waiting for the experiment.');
      await page.close();
    }
  }, 120_000);

  it('says so when the server goes in the midst of it', async () => {
    const page = await open(`${viewer.url}#token=${token}`);
    await page.locator('.unit[data-state="failed"][role]').waitFor();
    await viewer.close();
    await expect.poll(() => page.textContent('#problem')).toMatch(/^The server does not answer/);
    expect(await page.textContent('#connection')).toBe('reconnecting');
    expect(await page.locator('.unit[data-state="failed"][role]').count()).toBe(1);
    await page.close();
    expect(problems).toEqual([]);
  }, 120_000);
});
