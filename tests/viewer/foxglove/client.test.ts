import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Episode } from '../../../sim/recording/episode.ts';
import { simulateEpisode, summarise } from '../../support/episodes.ts';
import { FoxgloveTestClient, until } from '../../support/process/foxglove-client.ts';
import { deafClient, type Stream, startStream, websocketFrame } from '../../support/process/stream.ts';

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

describe('a client', () => {
  it('is sent nothing that it did not subscribe to, and nothing more after it unsubscribed', async () => {
    stream.run.addTrial(summarise(episode));
    stream.run.addEpisode(episode);
    const c = client(['/tf']);
    await until('poses', () => c.of('/tf').length > 5);
    expect(new Set(c.heard.map((h) => h.topic))).toEqual(new Set(['/tf']));
    const id = c.channels.find((x) => x.topic === '/tf')!.id;
    c.send({ op: 'unsubscribe', subscriptionIds: [id + 100] });
    c.send({ op: 'getParameters', parameterNames: [], id: 'after' });
    await until('an answer', () => c.op('parameterValues').length > 0);
    const before = c.heard.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(c.heard.length).toBe(before);
  });

  it('holds its own stream, and nobody else his, with a parameter', async () => {
    stream.run.addEpisode(episode);
    const [c, other] = [client(['/tf']), client(['/tf'])];
    await until('poses', () => c.of('/tf').length > 0 && other.of('/tf').length > 0);
    c.send({ op: 'setParameters', parameters: [{ name: 'graft.paused', value: true }], id: 'p' });
    await until('an answer', () => c.op('parameterValues').length > 0);
    expect(c.op('parameterValues')[0]).toMatchObject({ id: 'p', parameters: [{ name: 'graft.paused', value: true }] });
    const [mine, theirs] = [c.heard.length, other.heard.length];
    await until('poses for the other', () => other.heard.length > theirs + 5);
    expect(c.heard.length).toBe(mine);
    c.send({ op: 'setParameters', parameters: [{ name: 'graft.paused', value: false }] });
    await until('poses again', () => c.heard.length > mine);
  });

  it('reads the run and its result as parameters, and hears when they change', async () => {
    stream.run.setRun(RUN);
    const c = client([]);
    await until('connected', () => c.channels.length > 0);
    c.send({ op: 'subscribeParameterUpdates', parameterNames: [] });
    await until('the run', () => c.op('parameterValues').length > 0);
    const result = { rate: 0.9, low: 0.8, high: 0.95, trials: 100 };
    stream.run.setResult(result);
    await until('the result', () => c.op('parameterValues').length > 1);
    expect(c.op('parameterValues').at(-1)?.parameters).toEqual([
      { name: 'graft.run', value: RUN },
      { name: 'graft.result', value: result },
      { name: 'graft.paused', value: false },
    ]);
    c.send({ op: 'setParameters', parameters: [{ name: 'graft.run', value: 1 }] });
    await until('a refusal', () => c.op('status').length > 0);
    expect(c.op('status')[0]).toMatchObject({ level: 2, message: expect.stringContaining('the only parameter') });
  });

  it('gets meshes by their hash from a service, bit for bit', async () => {
    stream.run.addEpisode(episode);
    const c = client(['/graft/episode']);
    await until('an episode', () => c.of('/graft/episode').length > 0);
    const hashes = c.of('/graft/episode')[0].message.objects.map((o: { geometry: string }) => o.geometry);
    const service = (c.op('advertiseServices')[0].services as { id: number; name: string }[])[0];
    expect(service.name).toBe('/graft/geometry');
    c.call(service.id, 7, JSON.stringify({ hashes }));
    await until('an answer', () => c.answers.has(7));
    const { meshes } = JSON.parse(c.answers.get(7)!.payload.toString());
    episode.objects.forEach(({ mesh }, i) => {
      const bytes = (a: Float32Array | Uint32Array): Buffer => Buffer.from(a.buffer, a.byteOffset, a.byteLength);
      expect(Buffer.from(meshes[i].positions, 'base64').equals(bytes(mesh.positions))).toBe(true);
      expect(Buffer.from(meshes[i].indices, 'base64').equals(bytes(mesh.indices))).toBe(true);
    });
    c.call(service.id, 8, '{"hashes":["nothing"]}');
    c.call(service.id, 9, 'garbage');
    c.call(service.id, 10, '{}', 'cdr');
    c.call(99, 11, '{}');
    await until('four refusals', () => c.op('serviceCallFailure').length === 4);
    expect(c.op('serviceCallFailure').map(({ callId, message }) => `${callId} ${message}`)).toEqual([
      expect.stringContaining('8 /graft/geometry: expected the hash of a mesh that is shown, got nothing'),
      expect.stringContaining('9 /graft/geometry: expected {"hashes": [...]}'),
      expect.stringContaining('10 /graft/geometry: expected encoding json, got cdr'),
      expect.stringContaining('11 service: expected an advertised one, got 99'),
    ]);
  });

  it('is told about subscriptions that cannot be, and keeps the others', async () => {
    stream.run.addEpisode(episode);
    const c = client(['/tf']);
    await until('poses', () => c.of('/tf').length > 0);
    const { id } = c.channels.find((x) => x.topic === '/tf')!;
    c.send({ op: 'subscribe', subscriptions: [{ id: 1, channelId: 4711 }] });
    c.send({ op: 'subscribe', subscriptions: [{ id: 2, channelId: id }] });
    c.send({ op: 'connectionGraphPlease' });
    await until('three complaints', () => c.op('status').length === 3);
    expect(c.op('status').map((s) => s.message)).toEqual([
      'subscribe: expected an advertised channel, got 4711',
      `subscribe: expected a new id and channel, got 2 and ${id} again`,
      "op 'connectionGraphPlease' is not offered here",
    ]);
    const before = c.heard.length;
    await until('poses still', () => c.heard.length > before);
  });
});

describe('a client that makes no sense', () => {
  it.each([
    ['what is not JSON', 'hello?', 1008, 'expected JSON'],
    ['no op', '{"type":"shutdown"}', 1008, 'expected an object with an op'],
    ['wrong fields', '{"op":"subscribe","subscriptions":7}', 1008, 'subscribe: subscriptions'],
    ['a message to publish', Buffer.of(1, 2, 3, 4, 5), 1008, 'expected opcode 2 (service call), got 1'],
    ['half a call', Buffer.of(2, 3), 1008, 'expected at least 13 bytes, got 2'],
  ])('and sends %s is told and closed, and no other', async (_, message, code, reason) => {
    stream.run.addEpisode(episode);
    const [good, bad] = [client(['/tf']), client(['/tf'])];
    await until('both connected', () => bad.of('/tf').length > 0 && good.of('/tf').length > 0);
    bad.socket.send(message);
    expect(await bad.closed).toMatchObject({ code, reason: expect.stringContaining(reason) });
    expect(bad.op('status').at(-1)).toMatchObject({ level: 2, message: expect.stringContaining(reason) });
    await until('the bad one forgotten', () => stream.clientCount === 1);
    const before = good.of('/tf').length;
    await until('poses for the good one', () => good.of('/tf').length > before + 5);
  });

  it('and sends a flood in one frame is closed before it is read', async () => {
    const bad = client([]);
    await until('connected', () => bad.channels.length > 0);
    bad.socket.send('x'.repeat(1_000_000));
    expect((await bad.closed).code).toBe(1009);
  });

  it('and sends a message that never ends is closed', async () => {
    const socket = await deafClient(stream);
    let open = true;
    socket.on('close', () => {
      open = false;
    });
    // parts of one text message, none of them the last
    socket.write(websocketFrame(1, Buffer.alloc(1000, 0x20), false));
    for (let i = 0; i < 100 && open; i++) socket.write(websocketFrame(0, Buffer.alloc(1000, 0x20), false));
    socket.resume();
    await until('closed', () => stream.clientCount === 0);
  });

  it('and asks without end is closed', async () => {
    const bad = client([]);
    await until('connected', () => bad.channels.length > 0);
    for (let i = 0; i < 1000; i++) bad.send({ op: 'getParameters', parameterNames: [] });
    expect(await bad.closed).toMatchObject({ code: 1008, reason: expect.stringContaining('in a second') });
  });

  it('and asks slowly, but never reads an answer, is closed before it costs memory', async () => {
    // a run that is long to tell
    stream.run.setRun({ ...RUN, engine: 'e'.repeat(200_000) });
    const socket = await deafClient(stream);
    let open = true;
    socket.on('close', () => {
      open = false;
    });
    const question = websocketFrame(1, Buffer.from(JSON.stringify({ op: 'getParameters', parameterNames: [] })));
    const before = process.memoryUsage().external;
    for (let i = 0; i < 600 && open && stream.clientCount > 0; i++) {
      socket.write(question);
      await new Promise((resolve) => setTimeout(resolve, 6));
    }
    await until('closed', () => stream.clientCount === 0);
    expect(process.memoryUsage().external - before).toBeLessThan(64e6);
    socket.destroy();
  });

  it('and sends random bytes in frames does no harm', async () => {
    stream.run.addEpisode(episode);
    const good = client(['/tf']);
    for (let seed = 1; seed <= 40; seed++) {
      const bad = new FoxgloveTestClient(stream.url, { topics: [] });
      await until('connected', () => bad.channels.length > 0);
      const noise = Buffer.from(Array.from({ length: seed * 7 }, (_, i) => (i * seed * 2654435761) >>> 13));
      bad.socket.send(noise);
      bad.socket.send(noise.toString('latin1'));
      await bad.closed;
    }
    const before = good.of('/tf').length;
    await until('poses for the good one', () => good.of('/tf').length > before + 3);
  });
});
