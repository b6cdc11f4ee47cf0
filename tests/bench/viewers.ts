/**
 * What watching costs: `npx tsx tests/bench/viewers.ts [seconds] [--long]`. Trials of real scenes are simulated in this
 * process with 0, 1 and 50 viewers in turn, again and again, so that other work on the machine meets all alike; the ratios
 * are what counts. Also kB/s a viewer without pictures, and the time from the simulation to a client. `--long` ends with ten
 * minutes of 50 viewers of which 5 do not read.
 */
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { loadPhysics } from '../../sim/physics.ts';
import type { Episode } from '../../viewer/episode.ts';
import { startViewer, type Viewer } from '../../viewer/server.ts';
import { simulateEpisode, summarise } from '../support/episodes.ts';
import { FoxgloveTestClient } from '../support/foxglove-client.ts';

const WATCHED = ['/graft/episode', '/trial', '/gripper', '/tf'];
const seconds = Number(process.argv.find((a) => /^\d+$/.test(a)) ?? 20);
const long = process.argv.includes('--long');
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Trials a second while so many watch. */
async function throughput(viewers: number, forSeconds: number): Promise<number> {
  const viewer = await startViewer({ port: 0 });
  const clients = Array.from({ length: viewers }, () => new FoxgloveTestClient(viewer.url, { topics: WATCHED }));
  await pause(500);
  const started = performance.now();
  let trials = 0;
  while (performance.now() - started < 1000 * forSeconds) {
    const episode = await simulateEpisode(trials++);
    viewer.publishTrial(summarise(episode));
    if (viewer.wantsEpisode()) viewer.publishEpisode(episode);
    for (const client of clients) client.heard.length = 0;
    // a run yields between trials, too
    await new Promise((done) => setImmediate(done));
  }
  const rate = (1000 * trials) / (performance.now() - started);
  for (const client of clients) client.socket.terminate();
  await viewer.close();
  return rate;
}

/** An episode with ten objects: the objects of several, side by side. */
async function tenObjects(): Promise<Episode> {
  const one = await simulateEpisode(3);
  const times = Math.ceil(10 / one.objects.length);
  const objects = Array.from({ length: times }, () => one.objects)
    .flat()
    .slice(0, 10);
  const [frames, before] = [one.phases.length, 3 + one.objects.length];
  const poses = new Float32Array(frames * 13 * 7);
  for (let f = 0; f < frames; f++)
    for (let b = 0; b < 13; b++) {
      const from = b < 3 ? b : 3 + ((b - 3) % one.objects.length);
      poses.set(one.poses.subarray((f * before + from) * 7, (f * before + from + 1) * 7), (f * 13 + b) * 7);
    }
  const { pressed: _, ...rest } = one;
  return { ...rest, objects, poses };
}

async function network(viewer: Viewer, episode: Episode): Promise<void> {
  const client = new FoxgloveTestClient(viewer.url, { topics: WATCHED });
  viewer.publishEpisode(episode);
  await pause(1000);
  const lags: number[] = [];
  client.socket.on('message', () => {
    const last = client.heard.at(-1);
    if (last?.topic === '/tf') lags.push(performance.timeOrigin + performance.now() - Number(last.time) / 1e6);
  });
  const before = client.bytes;
  await pause(1000 * seconds);
  lags.sort((a, b) => a - b);
  say(
    `network, ${episode.objects.length} objects, no pictures: ${((client.bytes - before) / seconds / 1000).toFixed(1)} kB/s`,
  );
  say(
    `latency to a client: p50 ${lags[Math.floor(lags.length / 2)]?.toFixed(0)} ms, p95 ${lags[Math.floor(lags.length * 0.95)]?.toFixed(0)} ms`,
  );
  client.socket.terminate();
}

/** Connects, subscribes to everything, and never reads. */
function deaf(viewer: Viewer): Socket {
  const { port, hostname } = new URL(viewer.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';
  socket.write(
    `GET / HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\nSec-WebSocket-Protocol: foxglove.sdk.v1\r\n\r\n`,
  );
  socket.pause();
  const text = JSON.stringify({
    op: 'subscribe',
    subscriptions: Array.from({ length: 15 }, (_, i) => ({ id: i, channelId: i + 1 })),
  });
  const payload = Buffer.from(text);
  socket.write(Buffer.concat([Buffer.of(0x81, 0xfe, payload.length >> 8, payload.length & 255, 0, 0, 0, 0), payload]));
  return socket;
}

async function stalled(minutes: number): Promise<void> {
  const viewer = await startViewer({ port: 0, patience: { warnMs: 3000, closeMs: 3_600_000 } });
  const healthy = Array.from({ length: 45 }, () => new FoxgloveTestClient(viewer.url, { topics: WATCHED }));
  const sockets = Array.from({ length: 5 }, () => deaf(viewer));
  const counts = healthy.map(() => 0);
  const started = performance.now();
  let [trials, memory] = [0, 0];
  while (performance.now() - started < 60_000 * minutes) {
    const episode = await simulateEpisode(trials % 200);
    viewer.publishTrial({ ...summarise(episode), trial: trials++ });
    if (viewer.wantsEpisode()) viewer.publishEpisode(episode);
    await new Promise((done) => setImmediate(done));
    healthy.forEach((c, i) => {
      counts[i] += c.of('/trial').length;
      c.heard.length = 0;
      c.times.length = 0;
    });
    if (performance.now() - started > 6000 * minutes && memory === 0) memory = process.memoryUsage.rss();
  }
  await pause(2000);
  healthy.forEach((c, i) => {
    counts[i] += c.of('/trial').length;
  });
  const growth = (process.memoryUsage.rss() - memory) / 1e6;
  say(
    `50 viewers, 5 stalled, ${minutes} minutes: ${trials} trials; memory grew by ${growth.toFixed(1)} MB; ${counts.filter((n) => n !== trials).length} healthy viewers lost an outcome`,
  );
  for (const socket of sockets) socket.destroy();
  for (const client of healthy) client.socket.terminate();
  await viewer.close();
}

await loadPhysics();
const rates: Record<number, number[]> = { 0: [], 1: [], 50: [] };
for (let round = 0; round < 3; round++)
  for (const viewers of [0, 1, 50]) rates[viewers].push(await throughput(viewers, seconds / 3));
const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
for (const viewers of [1, 50])
  say(
    `trials a second with ${viewers} viewers: ${(100 * (median(rates[viewers]) / median(rates[0]))).toFixed(1)} % of those without`,
  );
const viewer = await startViewer({ port: 0 });
await network(viewer, await tenObjects());
await viewer.close();
await stalled(long ? 10 : seconds / 60);
process.exit(0);
