import type { Socket } from 'node:net';
import { FoxgloveClient } from '@foxglove/ws-protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Episode } from '../../../sim/recording/episode.ts';
import { chooseSubprotocol } from '../../../viewer/foxglove/server.ts';
import { simulateEpisode, summarise } from '../../support/episodes.ts';
import { FoxgloveTestClient, until } from '../../support/process/foxglove-client.ts';
import { MIB, reachableBytes } from '../../support/process/memory.ts';
import { deafClient, type Stream, startStream } from '../../support/process/stream.ts';

const RUN = { scenario: 's', seed: 0, arm: 'a', engine: 'e', trialsPlanned: 1300 };

let episode: Episode;
let stream: Stream;

beforeAll(async () => {
  episode = await simulateEpisode(3);
});

beforeEach(async () => {
  stream = await startStream();
});

afterEach(() => stream.close());

const client = (topics?: readonly string[], protocols?: readonly string[]): FoxgloveTestClient =>
  new FoxgloveTestClient(stream.url, { ...(topics && { topics }), ...(protocols && { protocols }) });

describe('the sub-protocol', () => {
  it.each([
    ['foxglove.sdk.v1', 'foxglove.sdk.v1'],
    ['foxglove.websocket.v1, foxglove.sdk.v1', 'foxglove.sdk.v1'],
    [' chat ,foxglove.websocket.v1', 'foxglove.websocket.v1'],
    ['chat', undefined],
    ['foxglove.sdk.v10', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('of %j is %j', (offered, chosen) => expect(chooseSubprotocol(offered)).toBe(chosen));
});

describe.each(['foxglove.sdk.v1', 'foxglove.websocket.v1'])('a client that speaks %s', (protocol) => {
  it('is greeted, told of channels with complete schemas, and of services', async () => {
    const c = client([], [protocol]);
    await until('an offer', () => c.op('advertiseServices').length > 0);
    expect(c.socket.protocol).toBe(protocol);
    expect(c.json[0]).toMatchObject({
      ...{ op: 'serverInfo', name: 'graft', supportedEncodings: ['json'] },
      capabilities: ['time', 'parameters', 'parametersSubscribe', 'services'],
      sessionId: expect.any(String),
    });
    expect(c.channels.map((x) => x.topic)).toEqual(
      expect.arrayContaining(['/scene', '/tf', '/tf_static', '/camera/colour', '/trial', '/metrics', '/graft/episode']),
    );
    c.subscribe();
  });
});

describe("Foxglove's own client (@foxglove/ws-protocol)", () => {
  it('connects, subscribes, reads messages, parameters and a service', async () => {
    stream.run.setRun(RUN);
    stream.run.addTrial(summarise(episode));
    stream.run.addEpisode(episode);
    const ws = new WebSocket(stream.url.replace('http', 'ws'), [FoxgloveClient.SUPPORTED_SUBPROTOCOL]);
    const theirs = new FoxgloveClient({ ws: ws as never });
    const messages = new Map<number, Uint8Array>();
    const topics = new Map<string, number>();
    const errors: unknown[] = [];
    const times: unknown[] = [];
    let [run, answer] = [undefined as unknown, undefined as unknown];
    theirs.on('error', (error) => errors.push(error));
    theirs.on('advertise', (channels) => {
      for (const { topic, id } of channels) topics.set(topic, theirs.subscribe(id));
      theirs.getParameters([], 'all');
    });
    theirs.on('message', ({ subscriptionId, data }) => {
      messages.set(subscriptionId, new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice());
    });
    theirs.on('time', ({ timestamp }) => times.push(timestamp));
    theirs.on('parameterValues', ({ parameters }) => {
      run = parameters.find((p) => p.name === 'graft.run')?.value;
    });
    theirs.on('serviceCallResponse', (response) => {
      answer = response;
    });
    await until(
      'a message on every topic',
      () => [...topics.values()].every((id) => messages.has(id)) && topics.size > 10,
    );
    await until('parameters and time', () => run !== undefined && times.length > 0);
    expect(run).toEqual(RUN);
    const info = JSON.parse(Buffer.from(messages.get(topics.get('/graft/episode')!)!).toString());
    const request = Buffer.from(JSON.stringify({ hashes: [info.objects[0].geometry] }));
    const data = new DataView(request.buffer, request.byteOffset, request.byteLength);
    theirs.sendServiceCallRequest({ serviceId: 1, callId: 3, encoding: 'json', data });
    await until('an answer', () => answer !== undefined);
    expect(answer).toMatchObject({ serviceId: 1, callId: 3, encoding: 'json' });
    expect(errors).toEqual([]);
    ws.terminate();
  });
});

describe('a client that does not read', () => {
  it('is told, loses no outcome if it comes back, and poses in between', async () => {
    await stream.close();
    stream = await startStream({ warnMs: 100, closeMs: 600_000 });
    const c = client();
    await until('connected', () => c.channels.length > 0);
    // the socket alone: what was sent stays unread
    c.socket.pause();
    const families = ['x'.repeat(900)];
    const total = 20_000;
    for (let trial = 0; trial < total; trial++)
      stream.run.addTrial({ trial, split: 'training', families, outcome: 'held', probability: null });
    stream.run.addEpisode(episode);
    // until the system's own buffers are full, too
    await new Promise((resolve) => setTimeout(resolve, 2500));
    const late = { ...episode, trial: 77 };
    stream.run.addEpisode(late);
    c.socket.resume();
    await until('all outcomes', () => c.of('/trial').length === total);
    expect(c.of('/trial').every(({ message }, i) => message.trial === i)).toBe(true);
    const statuses = c.op('status').map((s) => s.message);
    expect(statuses).toEqual([
      expect.stringContaining('reads too slowly'),
      expect.stringMatching(/up to date again; \d+ updates of poses and pictures were left out, no outcome was/),
    ]);
    await until('poses', () => c.of('/tf').length > 3);
  });

  it('costs a bounded buffer, slows nobody, and is disconnected in the end', async () => {
    await stream.close();
    stream = await startStream({ warnMs: 100, closeMs: 500 });
    const deaf = await deafClient(stream);
    const good = client(['/trial', '/tf']);
    const total = 20_000;
    const families = ['x'.repeat(900)];
    for (let trial = 0; trial < total; trial++)
      stream.run.addTrial({ trial, split: 'training', families, outcome: 'held', probability: null });
    stream.run.addEpisode(episode);
    await until('all outcomes for the good one', () => good.of('/trial').length === total);
    await until('the deaf one gone', () => stream.clientCount === 1);
    const before = good.of('/tf').length;
    await until('poses for the good one', () => good.of('/tf').length > before + 3);
    deaf.destroy();
  });
});

describe('fifty viewers, five of them stalled', () => {
  it('take no memory that grows, and the healthy ones lose no outcome', async () => {
    await stream.close();
    stream = await startStream({ warnMs: 500, closeMs: 600_000 });
    const stalled: Socket[] = [];
    for (let i = 0; i < 5; i++) stalled.push(await deafClient(stream));
    const healthy = Array.from({ length: 45 }, () => client(['/trial', '/tf', '/gripper']));
    await until('all connected', () => stream.clientCount === 50 && healthy.every((c) => c.channels.length > 0));
    let trial = 0;
    /** Trials that each has heard of; what else the clients of this test keep is thrown away: it is not the server's. */
    const told: number[][] = healthy.map(() => []);
    const second = async (): Promise<void> => {
      for (let i = 0; i < 200; i++) stream.run.addTrial({ ...summarise(episode), trial: trial++ });
      stream.run.addEpisode({ ...episode, trial });
      await new Promise((resolve) => setTimeout(resolve, 150));
      listen();
    };
    const listen = (): void =>
      healthy.forEach((c, i) => {
        told[i].push(...c.of('/trial').map(({ message }) => message.trial as number));
        c.heard.length = 0;
      });
    for (let i = 0; i < 4; i++) await second();
    const before = reachableBytes();
    for (let i = 0; i < 8; i++) await second();
    await until('all outcomes', () => {
      listen();
      return told.every((trials) => trials.length === trial);
    });
    for (const trials of told) expect(trials.every((t, i) => t === i)).toBe(true);
    // 5 x 13 MB would have been queued for the stalled ones otherwise: pictures and poses of eight episodes
    expect(reachableBytes() - before).toBeLessThan(20 * MIB);
    for (const socket of stalled) socket.destroy();
    for (const c of healthy) c.socket.terminate();
  });
});
