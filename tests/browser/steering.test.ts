import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRecordingFile } from '../../scenarios/recordings/open.ts';
import type { TrainingJson } from '../../scenarios/run/conclude.ts';
import { runTraining } from '../../scenarios/run/training-run.ts';
import { verify } from '../../scenarios/verify/verify.ts';
import { replayOf } from '../../scenarios/view/replayed.ts';
import type { SteeringRequest, SteeringState } from '../../sim/recording/steering.ts';
import { startViewer, type Viewer } from '../../viewer/server.ts';
import { launchChromium } from '../support/process/chromium.ts';
import { temporaryFolder } from '../support/process/cli.ts';
import { FoxgloveTestClient, until } from '../support/process/foxglove-client.ts';

const TOKEN = 'a-token-of-sixteen-and-more';
const folder = temporaryFolder();
const scenario = join(folder, 'steered.yaml');
let browser: Browser;
let viewer: Viewer;

beforeAll(async () => {
  browser = await launchChromium();
  viewer = await startViewer({ port: 0, token: TOKEN });
  writeFileSync(
    scenario,
    `description: short, on a small trunk
training: { trials: 48, scenesPerRound: 2, graspsPerScene: 2, warmupTrials: 4 }
evaluation: { trials: 2 }
action: { angles: 6, depths: [0.03, 0.05] }
learner: { backbone: grasp-passive, batchSize: 8, updatesPerTrial: 0.25 }`,
  );
});

afterAll(async () => {
  await browser?.close();
  await viewer?.close();
});

/** A client that steers. */
class Hand extends FoxgloveTestClient {
  #calls = 0;

  constructor(...protocols: string[]) {
    super(viewer.url, { protocols: ['foxglove.sdk.v1', ...protocols], topics: ['/trial'] });
    this.socket.on('open', () => this.send({ op: 'subscribeParameterUpdates', parameterNames: [] }));
  }

  parameter(name: string): unknown {
    const lists = this.op('parameterValues').map(({ parameters }) => parameters as { name: string; value: unknown }[]);
    return lists.at(-1)?.find((p) => p.name === name)?.value;
  }

  get state(): SteeringState {
    return this.parameter('graft.steering') as SteeringState;
  }

  /** @returns the answer, or why there is none. */
  async ask(request: SteeringRequest | object): Promise<SteeringState | string> {
    const call = ++this.#calls;
    this.call(2, call, JSON.stringify(request));
    const refusal = () => this.op('serviceCallFailure').find(({ callId }) => callId === call)?.message as string;
    await until('an answer', () => this.answers.has(call) || refusal() !== undefined);
    const answer = this.answers.get(call);
    return answer ? (JSON.parse(answer.payload.toString()) as SteeringState) : refusal();
  }

  /** One trial. */
  async step(): Promise<void> {
    const before = this.of('/trial').length;
    await this.ask({ do: 'step' });
    await until('a trial', () => this.of('/trial').length > before && this.state.waiting);
  }
}

it('a person pauses, steps, tries grasps and changes settings; watchers do not, and the recording verifies', async () => {
  const hand = new Hand(`token.${TOKEN}`);
  await once(hand.socket, 'open');
  const run: Promise<TrainingJson> = runTraining({
    ...{ scenario, seed: 7, out: join(folder, 'run'), resume: false, workers: 1, quiet: true, command: 'a test' },
    ...{ view: viewer, signal: new AbortController().signal },
    record: { rule: { every: 1, failuresOnly: false }, path: join(folder, 'run.mcap') },
  });
  // it would be over before somebody who opens a page could pause it
  await until('the state', () => hand.state !== undefined);
  await hand.ask({ do: 'pause' });
  const problems: string[] = [];
  const watcher = await open('', problems);
  const page = await open(`#token=${TOKEN}`, problems);
  expect(page.url()).not.toContain('token');
  await byButtons(page);
  await page.close();
  // a page behind another draws seldom
  await watcher.bringToFront();
  await watcher.click('#steer');
  await watcher.waitForSelector('#steer-state:has-text("You watch")');
  expect(await watcher.locator('#steer-pause').isDisabled()).toBe(true);
  await watcher.close();

  const stranger = new Hand();
  await until('the state', () => stranger.state !== undefined);
  expect(stranger.parameter('graft.maySteer')).toBe(false);
  expect(await stranger.ask({ do: 'resume' })).toBe(
    '/graft/steering: expected a client that may steer, got one that may watch',
  );
  await until('a pause', () => hand.state.waiting);
  await bySocket(hand);
  const { changes, grasps } = hand.state;
  expect(changes + grasps).toBeGreaterThanOrEqual(20);

  await rested();
  expect(await hand.ask({ do: 'resume' })).toHaveProperty('paused', false);
  const { byHand, logHash, trials } = await run;
  expect(trials).toBe(48);
  expect(byHand).toEqual({ changes, grasps });
  expect(await hand.ask({ do: 'pause' })).toMatch(/expected a training that runs, got none/);
  const found = await verify(await openRecordingFile(join(folder, 'run.mcap')), { note: () => undefined });
  expect(found).toMatchObject({ trials: 50, same: 50, mismatches: [] });
  expect(found.notes).toEqual([
    `a person changed settings ${changes} times and tried ${grasps} grasps: the log says where, the seed does not`,
  ]);
  expect(logHash).toHaveLength(64);
  // without the recording, the log alone gives the same trials
  const again = join(folder, 'again.mcap');
  const { training, record } = await replayOf(join(folder, 'run'), 24);
  await record(again, { onTrial: () => undefined, signal: new AbortController().signal });
  const { trials: replayed, same, notes } = await verify(await openRecordingFile(again), { note: () => undefined });
  expect([training, replayed, same]).toEqual([12, 14, 14]);
  expect(notes.join()).toMatch(/^a person changed settings \d+ times and tried [1-6] grasps/);
  const report = readFileSync(join(folder, 'run', 'report.html'), 'utf8');
  expect(report).toContain(`A person changed settings ${changes} times`);
  expect(problems).toEqual([]);
});

async function open(hash: string, problems: string[]): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.goto(viewer.url + hash);
  await page.waitForSelector('#steer:not([hidden])');
  return page;
}

/** Waits until all calls of a second are free again. */
const rested = (): Promise<void> => new Promise((done) => setTimeout(done, 1000));

/** Pause, a grasp on the map, a setting, one trial. */
async function byButtons(page: Page): Promise<void> {
  await page.click('#steer');
  await page.waitForSelector('#steer-state:has-text("stands still")');
  // in the page, for a short training would be over before two clicks from here have come through
  await page.evaluate(async () => {
    const button = document.querySelector<HTMLButtonElement>('#steer-pause')!;
    button.click();
    while (button.textContent !== 'Pause for all') await new Promise((soon) => setTimeout(soon, 5));
    button.click();
  });
  await page.waitForSelector('#steer-state:has-text("stands still")');
  await page.waitForFunction(() => window.graftViewer.shownCount > 0);
  await page.click('#map');
  await page.click('#steer-try');
  await page.waitForSelector('#steer-count:has-text("1 grasp by hand")');
  await page.waitForSelector('#trial-detail:has-text("person")');
  const temperature = page.locator('[id="steer-training.temperature"]');
  await temperature.fill('-1');
  await temperature.press('Enter');
  await page.waitForSelector(
    '#steer-trouble:has-text("training.temperature: expected a number from 0.001 to 100, got -1")',
  );
  await temperature.fill('1.5');
  await temperature.press('Enter');
  await page.click('#steer-step');
  await page.waitForSelector('#steer-count:has-text("1 change and 1 grasp by hand")');
}

/** Changes of everything that can be changed, and grasps, a trial or two apart. */
async function bySocket(hand: Hand): Promise<void> {
  const keys = hand.state.settings.map(({ key }) => key);
  expect(keys).toContain('sensor.noise.pixel');
  for (let i = 0; i < 14; i++) {
    if (i % 4 === 0) await rested();
    const { low, own, key } = hand.state.settings[i % keys.length];
    const value = i < keys.length ? low + (own - low || 0.01) * 0.7 : own;
    expect(await hand.ask({ do: 'set', values: { [key]: value } })).toHaveProperty('paused', true);
    if (i % 3 > 0) {
      await hand.step();
      continue;
    }
    const trial = hand.of('/trial').length - 1;
    const grasp = { do: 'grasp', trial, cell: 96 * (40 + i) + 48, angle: i % 6, shape: i % 2 };
    const before = hand.state.grasps;
    await hand.ask(grasp);
    await until('the grasp', () => hand.state.grasps > before && hand.state.waiting);
  }
  await rested();
  for (const [wrong, reason] of [
    [{ do: 'fly' }, /^\/graft\/steering: do: /],
    [{ do: 'set', values: { 'training.epsilon': '1' } }, /^\/graft\/steering: values\.training\.epsilon: /],
    [{ do: 'grasp', trial: 0, cell: 1e6, angle: 0, shape: 0 }, /^grasp: expected a cell inside 96 x 96/],
    [{ do: 'pause', and: 'more' }, /and/],
  ] as const)
    expect(await hand.ask(wrong)).toMatch(reason);
  const answers = await Promise.all(Array.from({ length: 25 }, () => hand.ask({ do: 'pause' })));
  expect(answers).toContain('/graft/steering: expected at most 10 calls in a second, got more');
}
