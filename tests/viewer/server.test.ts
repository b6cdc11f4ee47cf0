import { mkdtemp, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { Episode } from '../../viewer/episode.ts';
import { decodeBinary, decodeText, type ServerMessage } from '../../viewer/protocol.ts';
import { startViewer, type Viewer } from '../../viewer/server.ts';
import { simulateEpisode, summarise } from '../support/episodes.ts';

let episode: Episode;
let viewer: Viewer;

beforeAll(async () => {
  episode = await simulateEpisode(3);
});

beforeEach(async () => {
  viewer = await startViewer({ port: 0 });
});

afterEach(() => viewer.close());

const streamUrl = (): string => `${viewer.url.replace('http', 'ws')}stream`;

/** A client that keeps everything it hears. */
class Listener {
  readonly heard: ServerMessage[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly socket: WebSocket;

  constructor() {
    this.socket = new WebSocket(streamUrl());
    this.socket.on('message', (data: Buffer, isBinary) => {
      const bytes = data.buffer.slice(data.byteOffset, data.byteOffset + data.length) as ArrayBuffer;
      this.heard.push(isBinary ? decodeBinary(bytes) : decodeText(data.toString()));
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  of(name: string): ServerMessage[] {
    return this.heard.filter((m) => ('kind' in m ? m.kind : m.type) === name);
  }
}

async function until(what: string, condition: () => boolean): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`expected within 6 s: ${what}`);
}

/** Status line of the answer to a raw request, which no HTTP library would send as it is. */
function raw(lines: readonly string[]): Promise<string> {
  const { port, hostname } = new URL(viewer.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(`${lines.join('\r\n')}\r\n\r\n`));
    socket.once('data', (data) => {
      resolve(data.toString().split('\r\n')[0]);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

const upgrade = (headers: readonly string[]): Promise<string> =>
  raw([
    'GET /stream HTTP/1.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ...headers,
  ]);

describe('a client', () => {
  it('that comes late is told everything so far, once', async () => {
    viewer.setRun({ scenario: 's', seed: 0, arm: 'a', engine: 'e', trialsPlanned: 1300 });
    for (let trial = 0; trial < 1300; trial++) viewer.publishTrial({ ...summarise(episode), trial });
    viewer.publishEpisode(episode);
    viewer.publishResult({ rate: 0.9, low: 0.8, high: 0.95, trials: 100 });
    const client = new Listener();
    await until('poses', () => client.of('poses').length > 3);
    const trials = client.of('trials').flatMap((m) => ('trials' in m && m.type === 'trials' ? m.trials : []));
    expect(trials.map((t) => t.trial)).toEqual(Array.from({ length: 1300 }, (_, i) => i));
    expect(client.heard[0]).toEqual({ type: 'hello', version: 1 });
    expect(client.of('run')).toHaveLength(1);
    expect(client.of('result')).toHaveLength(1);
    expect(client.of('episode')).toMatchObject([{ trial: 3, frames: episode.phases.length, outcome: episode.outcome }]);
    expect(client.of('geometry')).toHaveLength(episode.objects.length);
    const [camera] = client.of('camera');
    expect(camera).toMatchObject({ rgb: episode.image.rgb });
  });

  it('sees the recorded poses in order, as a stream', async () => {
    viewer.publishEpisode(episode);
    const client = new Listener();
    await until('poses', () => client.of('poses').length > 0);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const poses = client.heard.flatMap((m) => ('kind' in m && m.kind === 'poses' ? [m] : []));
    expect(poses.length).toBeGreaterThanOrEqual(10);
    const stride = episode.poses.length / episode.phases.length;
    for (const { frame, phase, poses: got } of poses) {
      expect(phase).toBe(episode.phases[frame]);
      expect(got).toEqual(episode.poses.slice(frame * stride, (frame + 1) * stride));
    }
  });

  it('gets no poses while it has paused', async () => {
    viewer.publishEpisode(episode);
    const client = new Listener();
    await until('poses', () => client.of('poses').length > 0);
    client.socket.send('{"type":"pause"}');
    await new Promise((resolve) => setTimeout(resolve, 150));
    const before = client.of('poses').length;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(client.of('poses').length).toBe(before);
    client.socket.send('{"type":"resume"}');
    await until('poses again', () => client.of('poses').length > before);
  });

  it.each([
    ['what is not JSON', 'hello?', 1008, 'expected JSON'],
    ['an unknown type', '{"type":"shutdown"}', 1008, 'expected type pause | resume'],
    ['binary', Buffer.of(1, 2, 3), 1008, 'got binary'],
    ['a long message', JSON.stringify({ type: 'pause', x: 'x'.repeat(5000) }), 1009, 'at most 4096 bytes'],
  ])('that sends %s is closed with a reason, and no other', async (_, message, code, reason) => {
    viewer.publishEpisode(episode);
    const [good, bad] = [new Listener(), new Listener()];
    await until('both connected', () => viewer.clientCount === 2 && good.of('poses').length > 0);
    bad.socket.send(message);
    expect(await bad.closed).toMatchObject({ code, reason: expect.stringContaining(reason) });
    await until('the bad one forgotten', () => viewer.clientCount === 1);
    const before = good.of('poses').length;
    await until('poses for the good one', () => good.of('poses').length > before + 5);
  });

  it('that sends a flood in one frame is closed before it is read', async () => {
    const bad = new Listener();
    await until('connected', () => viewer.clientCount === 1);
    bad.socket.send('x'.repeat(1_000_000));
    expect((await bad.closed).code).toBe(1009);
  });

  it('that never reads costs a bounded buffer and slows nobody', async () => {
    const { port, hostname } = new URL(viewer.url);
    const deaf = connect(Number(port), hostname);
    deaf.pause();
    deaf.write(
      `GET /stream HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    await until('connected', () => viewer.clientCount === 1);
    // the server's end of the connection lives in this process
    let unread = 0;
    const send = WebSocket.prototype.send as (this: WebSocket, data: unknown) => void;
    const spy = vi.spyOn(WebSocket.prototype, 'send').mockImplementation(function (this: WebSocket, data) {
      send.call(this, data);
      unread = Math.max(unread, this.bufferedAmount);
    });
    const started = performance.now();
    const longName = 'x'.repeat(900);
    for (let trial = 0; trial < 20_000; trial++) {
      viewer.publishTrial({ trial, split: 'training', families: [longName], outcome: 'held', probability: null });
    }
    viewer.publishEpisode(episode);
    expect(performance.now() - started).toBeLessThan(10_000);
    await new Promise((resolve) => setTimeout(resolve, 500));
    spy.mockRestore();
    // the bound, one batch of trials beyond it, and one episode; all of it would be 20 MB
    expect(unread).toBeGreaterThan(0);
    expect(unread).toBeLessThan(1.5e6);
    const good = new Listener();
    await until('all trials', () => {
      const counts = good.heard.map((m) => ('type' in m && m.type === 'trials' ? m.trials.length : 0));
      return counts.reduce((a, b) => a + b, 0) === 20_000;
    });
    await until('poses', () => good.of('poses').length > 5);
    deaf.destroy();
  });
});

describe('episodes', () => {
  it('are wanted until there is one, then only while someone watches the end of one', async () => {
    expect(viewer.wantsEpisode()).toBe(true);
    viewer.publishEpisode(episode);
    expect(viewer.wantsEpisode()).toBe(false);
    new Listener();
    await until('wanted near the end', () => viewer.wantsEpisode());
    viewer.publishEpisode({ ...episode, trial: 4 });
    expect(viewer.wantsEpisode()).toBe(false);
  });

  it('are played newest first, with the geometry that is new', async () => {
    const short = {
      phases: episode.phases.slice(0, 3),
      poses: episode.poses.slice(0, (episode.poses.length / episode.phases.length) * 3),
    };
    viewer.publishEpisode({ ...episode, ...short });
    const client = new Listener();
    await until('the first', () => client.of('episode').length === 1);
    for (const trial of [10, 11, 12]) viewer.publishEpisode({ ...episode, ...short, trial });
    await until('the second', () => client.of('episode').length === 2);
    expect(client.of('episode')[1]).toMatchObject({ trial: 12 });
    expect(client.of('geometry')).toHaveLength(episode.objects.length);
  });

  it('whose arrays do not fit each other are refused', () => {
    expect(() => viewer.publishEpisode({ ...episode, phases: new Uint8Array(2) })).toThrow(/numbers in poses, got/);
    expect(() => viewer.publishEpisode({ ...episode, affordance: new Float32Array(5) })).toThrow(/affordances, got 5/);
  });
});

describe('the server', () => {
  it('says so when its port is in use', async () => {
    const port = Number(new URL(viewer.url).port);
    await expect(startViewer({ port })).rejects.toThrow(
      `viewer: port ${port} is in use; pass --port N or stop the other program`,
    );
  });

  it('refuses websockets of pages from elsewhere', async () => {
    const { host } = new URL(viewer.url);
    expect(await upgrade([`Host: ${host}`, 'Origin: http://evil.example'])).toContain('403');
    expect(await upgrade([`Host: ${host}`, 'Origin: null'])).toContain('403');
    expect(await upgrade(['Host: evil.example', 'Origin: http://evil.example'])).toContain('403');
    expect(await upgrade([`Host: ${host}`, `Origin: http://${host}`])).toContain('101');
    expect(await upgrade([`Host: ${host}`])).toContain('101');
  });

  it.each([
    '/../server.ts',
    '/..%2fserver.ts',
    '/%2e%2e/%2e%2e/package.json',
    '/assets/../../../package.json',
    '/..\\server.ts',
    '/%00',
    '/%',
    '//etc/passwd',
  ])('serves nothing outside the page: %s', async (path) => {
    expect(await raw([`GET ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close'])).toMatch(/ 40[04] /);
  });

  it('serves the page and, once there is one, the report', async () => {
    const page = await fetch(viewer.url);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const script = /src="\.\/(assets\/[^"]+\.js)"/.exec(await page.text())?.[1];
    const code = await fetch(new URL(script!, viewer.url));
    expect(code.headers.get('content-type')).toContain('text/javascript');
    expect(await code.text()).toContain('graftViewer');
    expect((await fetch(`${viewer.url}report`)).status).toBe(404);
    const file = join(await mkdtemp(join(tmpdir(), 'graft-')), 'report.html');
    await writeFile(file, '<h1>done</h1>');
    viewer.serveReport(file);
    expect(await (await fetch(`${viewer.url}report`)).text()).toBe('<h1>done</h1>');
  });
});
