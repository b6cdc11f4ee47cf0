/**
 * What watching costs: `npx tsx tests/bench/viewers.ts [seconds] [--long]`. Trials of real scenes are simulated in this
 * process with 0, 1 and 50 viewers (in another process) in turn, again and again, so that other work on the machine meets all
 * alike; the ratios are what counts. Also kB/s a viewer without pictures, and the time from the simulation to a client.
 * `--long` ends with ten minutes of 50 viewers of which 5 do not read.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { loadPhysics } from '../../sim/physics.ts';
import { startViewer, type Viewer } from '../../viewer/server.ts';
import { simulateEpisode, summarise, tenObjects } from '../support/episodes.ts';
import type { Ask, Report } from './viewer-clients.ts';

/** Longer without a pose means that nothing moved. */
const STILL_MS = 300;
const seconds = Number(process.argv.find((a) => /^\d+$/.test(a)) ?? 30);
const long = process.argv.includes('--long');
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

const clients: ChildProcess = fork(fileURLToPath(new URL('viewer-clients.ts', import.meta.url)), {
  execArgv: ['--import', 'tsx'],
});

async function ask(request: Ask): Promise<unknown> {
  clients.send(request);
  const [answer] = await once(clients, 'message');
  return answer;
}
const report = (): Promise<Report> => ask({ type: 'report' }) as Promise<Report>;

/** Simulates and publishes for a while. @returns trials. */
async function simulate(viewer: Viewer, forSeconds: number): Promise<number> {
  const end = performance.now() + 1000 * forSeconds;
  let trials = 0;
  while (performance.now() < end) {
    const episode = await simulateEpisode(trials % 200);
    viewer.publishTrial({ ...summarise(episode), trial: trials++ });
    if (viewer.wantsEpisode()) viewer.publishEpisode(episode);
    // a run waits for its workers between trials
    await pause(0);
  }
  return trials;
}

/** Trials a second while so many watch. */
async function throughput(healthy: number, forSeconds: number): Promise<number> {
  const viewer = await startViewer({ port: 0 });
  await ask({ type: 'connect', url: viewer.url, healthy, deaf: 0 });
  const started = performance.now();
  const rate = (1000 * (await simulate(viewer, forSeconds))) / (performance.now() - started);
  await viewer.close();
  return rate;
}

async function network(): Promise<void> {
  const viewer = await startViewer({ port: 0 });
  viewer.publishEpisode(await tenObjects());
  await ask({ type: 'connect', url: viewer.url, healthy: 1, deaf: 0 });
  await pause(1000);
  const before = await report();
  await pause(1000 * seconds);
  const after = await report();
  const lags = [...after.lags].sort((a, b) => a - b);
  const at = (share: number): string => (lags[Math.floor(lags.length * share)] ?? Number.NaN).toFixed(0);
  // nothing is sent while nothing moves: between the end of a trial and the next one
  const gaps = after.gaps.filter((gap) => gap < STILL_MS);
  const rate = (1000 * gaps.length) / gaps.reduce((sum, gap) => sum + gap, 0);
  say(`network, ten objects, no pictures: ${((after.bytes - before.bytes) / seconds / 1000).toFixed(1)} kB/s`);
  say(
    `poses: ${rate.toFixed(1)} a second while something moves; from the simulation to a client p50 ${at(0.5)} ms, p95 ${at(0.95)} ms`,
  );
  await viewer.close();
}

async function stalled(forSeconds: number): Promise<void> {
  const viewer = await startViewer({ port: 0, patience: { warnMs: 3000, closeMs: 3_600_000 } });
  await ask({ type: 'connect', url: viewer.url, healthy: 45, deaf: 5 });
  const early = await simulate(viewer, forSeconds / 5);
  const memory = process.memoryUsage.rss();
  const trials = early + (await simulate(viewer, (forSeconds * 4) / 5));
  await pause(5000);
  const growth = (process.memoryUsage.rss() - memory) / 1e6;
  const { outcomes } = await report();
  const lost = outcomes.filter((n) => n !== trials).length;
  say(
    `50 viewers, 5 stalled, ${forSeconds} s: ${trials} trials, memory +${growth.toFixed(1)} MB, ${lost} of 45 lost an outcome`,
  );
  await viewer.close();
}

await loadPhysics();
const rates: Record<number, number[]> = { 0: [], 1: [], 50: [] };
for (let round = 0; round < 3; round++)
  for (const viewers of [0, 1, 50]) rates[viewers].push(await throughput(viewers, seconds / 3));
for (const viewers of [1, 50]) {
  const ratio = median(rates[viewers].map((rate, i) => rate / rates[0][i]));
  say(`trials a second with ${viewers} viewers: ${(100 * ratio).toFixed(1)} % of those without`);
}
await network();
await stalled(long ? 600 : seconds);
clients.disconnect();
process.exit(0);
