/** Viewers for `viewers.ts`, in a process of their own, so that what they cost is not counted as the server's. */
import { connect } from 'node:net';
import { FoxgloveTestClient, until } from '../support/process/foxglove-client.ts';

/** What the bench asks: to connect so many, some of which never read, or to tell what came. */
export type Ask =
  | { readonly type: 'connect'; readonly url: string; readonly healthy: number; readonly deaf: number }
  | { readonly type: 'report' };

/** What came: outcomes of each healthy viewer; of the first one bytes, how old poses were on arrival, and the time between them, ms. */
export interface Report {
  readonly outcomes: readonly number[];
  readonly bytes: number;
  readonly lags: readonly number[];
  readonly gaps: readonly number[];
}

const TOPICS = ['/graft/episode', '/trial', '/gripper', '/tf'];
let clients: FoxgloveTestClient[] = [];
let lags: number[] = [];
let arrivals: number[] = [];

/** Subscribes to everything, and never reads. */
function deaf(url: string): void {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  const head = ['GET / HTTP/1.1', `Host: ${hostname}:${port}`, 'Connection: Upgrade', 'Upgrade: websocket'];
  const key = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='];
  socket.write([...head, ...key, 'Sec-WebSocket-Protocol: foxglove.sdk.v1', '', ''].join('\r\n'));
  socket.pause();
  const subscriptions = Array.from({ length: 15 }, (_, i) => ({ id: i, channelId: i + 1 }));
  const text = Buffer.from(JSON.stringify({ op: 'subscribe', subscriptions }));
  socket.write(Buffer.concat([Buffer.of(0x81, 0xfe, text.length >> 8, text.length & 255, 0, 0, 0, 0), text]));
}

/** Counts what comes, and keeps nothing. */
function watch(url: string): { client: FoxgloveTestClient; outcomes(): number } {
  const client = new FoxgloveTestClient(url, { topics: TOPICS });
  let count = 0;
  client.socket.on('message', () => {
    const last = client.heard.pop();
    client.heard.length = 0;
    client.times.length = 0;
    if (last?.topic === '/trial') count++;
    if (last?.topic !== '/tf' || client !== clients[0]) return;
    arrivals.push(performance.now());
    lags.push(performance.timeOrigin + performance.now() - Number(last.time) / 1e6);
  });
  return { client, outcomes: () => count };
}

let watched: ReturnType<typeof watch>[] = [];
process.on('message', async (ask: Ask) => {
  if (ask.type === 'connect') {
    for (const { client } of watched) client.socket.terminate();
    watched = Array.from({ length: ask.healthy }, () => watch(ask.url));
    clients = watched.map((w) => w.client);
    for (let i = 0; i < ask.deaf; i++) deaf(ask.url);
    await until('all connected', () => clients.every((c) => c.channels.length > 0));
    process.send?.('ready');
    return;
  }
  const gaps = arrivals.slice(1).map((at, i) => at - arrivals[i]);
  const report: Report = { outcomes: watched.map((w) => w.outcomes()), bytes: clients[0]?.bytes ?? 0, lags, gaps };
  process.send?.(report);
  lags = [];
  arrivals = [];
});
