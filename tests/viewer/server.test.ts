import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FoxgloveClient } from '@foxglove/ws-protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { deproject } from '../../sim/camera/camera.ts';
import type { Episode } from '../../sim/recording/episode.ts';
import { GRIPPER_BODIES, PHASES } from '../../sim/recording/episode.ts';
import { startViewer, type Viewer } from '../../viewer/server.ts';
import { simulateEpisode, summarise } from '../support/episodes.ts';
import { FoxgloveTestClient, type Heard, until } from '../support/foxglove-client.ts';

const RUN = { scenario: 's', seed: 0, arm: 'a', engine: 'e', trialsPlanned: 1300 };

let episode: Episode;
let viewer: Viewer;

beforeAll(async () => {
  episode = await simulateEpisode(3);
});

beforeEach(async () => {
  viewer = await startViewer({ port: 0 });
});

afterEach(() => viewer.close());

const client = (topics?: readonly string[], protocols?: readonly string[]): FoxgloveTestClient =>
  new FoxgloveTestClient(viewer.url, { ...(topics && { topics }), ...(protocols && { protocols }) });

const HEADERS = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
];

/** Status line and last line of the answer to a raw request, which no HTTP library would send as it is. */
function raw(lines: readonly string[]): Promise<string> {
  const { port, hostname } = new URL(viewer.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(`${lines.join('\r\n')}\r\n\r\n`));
    socket.once('data', (data) => {
      const text = data.toString().split('\r\n');
      resolve(`${text[0]} ${text.at(-1)}`);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

const upgrade = (headers: readonly string[], protocol = 'foxglove.sdk.v1'): Promise<string> =>
  raw(['GET /stream HTTP/1.1', ...HEADERS, `Sec-WebSocket-Protocol: ${protocol}`, ...headers]);

/** A client of raw TCP that never reads what it subscribed to. */
async function deafClient(): Promise<Socket> {
  const { port, hostname } = new URL(viewer.url);
  const before = viewer.clientCount;
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  const lines = ['GET / HTTP/1.1', `Host: ${hostname}:${port}`, ...HEADERS, 'Sec-WebSocket-Protocol: foxglove.sdk.v1'];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  await until('the deaf client', () => viewer.clientCount === before + 1);
  socket.pause();
  const subscriptions = Array.from({ length: 30 }, (_, i) => ({ id: i + 1, channelId: i + 1 }));
  socket.write(frame(1, Buffer.from(JSON.stringify({ op: 'subscribe', subscriptions }))));
  return socket;
}

/** One websocket frame of a client (RFC 6455, 5.2), masked with zeros. */
function frame(opcode: number, payload: Buffer, final = true): Buffer {
  const head = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255];
  head[0] |= 0x80;
  return Buffer.concat([Buffer.of((final ? 0x80 : 0) | opcode), Buffer.from(head), Buffer.alloc(4), payload]);
}

const transforms = ({ message }: Heard): Map<string, number[]> =>
  new Map(
    message.transforms.map(
      ({ child_frame_id, translation: t, rotation: q }: Record<string, Record<string, number>>) => [
        child_frame_id,
        [t.x, t.y, t.z, q.x, q.y, q.z, q.w],
      ],
    ),
  );

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

describe('a client', () => {
  it('that comes late is told every outcome, once and in order, and the newest of the rest', async () => {
    viewer.setRun(RUN);
    for (let trial = 0; trial < 1300; trial++) viewer.publishTrial({ ...summarise(episode), trial });
    viewer.publishEpisode(episode);
    const c = client();
    await until('everything', () => c.of('/trial').length >= 1300 && c.of('/tf').length > 3);
    expect(c.of('/trial').map((t) => t.message.trial)).toEqual(Array.from({ length: 1300 }, (_, i) => i));
    const held = episode.outcome === 'held';
    expect(c.of('/metrics').at(-1)?.message).toMatchObject({ trials: 1300, held: held ? 1300 : 0 });
    expect(c.of('/log').at(-1)?.message.message).toContain('training trial 1299');
    expect(c.of('/graft/episode')[0].message).toMatchObject({ trial: 3, frames: episode.phases.length });
    const [{ message: colour }] = c.of('/camera/colour');
    expect(Buffer.from(colour.data).equals(Buffer.from(episode.image.rgb))).toBe(true);
    expect(c.of('/scene')).toHaveLength(1);
    expect(c.of('/scene')[0].message.entities).toHaveLength(4 + episode.objects.length);
    const { pose } = c.of('/grasp')[0].message;
    expect([pose.position.x, pose.position.y, pose.position.z]).toEqual([...episode.grasp.position]);
  });

  it('gets depth and calibration that lift to the points that the simulator saw', async () => {
    viewer.publishEpisode(episode);
    const c = client(['/camera/depth', '/camera/calibration', '/tf_static']);
    await until('pictures', () => c.heard.length >= 3);
    const { K, width, height } = c.of('/camera/calibration')[0].message;
    const [x, y, z, ...q] = transforms(c.of('/tf_static')[0]).get('camera')!;
    const raw16 = Buffer.from(c.of('/camera/depth')[0].message.data);
    const depth = Float32Array.from({ length: width * height }, (_, i) => raw16.readUInt16LE(2 * i) / 1000);
    const intrinsics = { widthPx: width, heightPx: height, fx: K[0], fy: K[4], cx: K[2], cy: K[5] };
    const pose = { position: [x, y, z], quaternion: q } as unknown as NonNullable<Episode['camera']>['pose'];
    const got = deproject({ intrinsics, pose }, depth);
    const expected = deproject(episode.camera!, episode.depth!);
    const worst = got.reduce((m, v, i) => (Number.isNaN(v) ? m : Math.max(m, Math.abs(v - expected[i]))), 0);
    expect(worst).toBeLessThan(0.001);
  });

  it('sees the recorded poses, complete at first and then what moved, with times of the trial', async () => {
    viewer.publishEpisode(episode);
    const c = client(['/tf', '/graft/episode']);
    await until('a whole play', () => c.of('/graft/episode').length > 1);
    const start = c.of('/graft/episode')[0].time;
    const end = c.of('/graft/episode')[1].time;
    const played = c.of('/tf').filter(({ time }) => time < end);
    const bodies = GRIPPER_BODIES + episode.objects.length;
    const names = ['palm', 'finger_left', 'finger_right', ...episode.objects.map((_, i) => `object_${i}`)];
    expect([...transforms(played[0]).keys()]).toEqual(names);
    const known = new Map<string, number[]>();
    for (const heard of played) {
      const now = Math.round((Number(heard.time - start) / 1e9) * episode.hz);
      for (const [name, pose] of transforms(heard)) known.set(name, pose);
      names.forEach((name, b) => {
        const at = (now * bodies + b) * 7;
        expect(known.get(name), `${name} in frame ${now}`).toEqual([...episode.poses.subarray(at, at + 7)]);
      });
    }
    // the last frame is never left out
    expect(Math.round((Number(played.at(-1)!.time - start) / 1e9) * episode.hz)).toBe(episode.phases.length - 1);
  });

  it('gets the phase and what each finger presses', async () => {
    viewer.publishEpisode(episode);
    const c = client(['/gripper', '/graft/episode']);
    await until('a whole play', () => c.of('/graft/episode').length > 1);
    const start = c.of('/graft/episode')[0].time;
    for (const { time, message } of c.of('/gripper').filter((h) => h.time < c.of('/graft/episode')[1].time)) {
      const now = Math.round((Number(time - start) / 1e9) * episode.hz);
      expect(message.phase).toBe(PHASES[episode.phases[now]]);
      const pressed = episode.pressed!.subarray(
        now * episode.objects.length * 2,
        (now + 1) * episode.objects.length * 2,
      );
      expect(message.left).toBeCloseTo(
        pressed.filter((_, i) => i % 2 === 0).reduce((a, b) => a + b, 0),
        4,
      );
    }
    expect(c.of('/gripper').some((h) => h.message.contacts.length > 0)).toBe(true);
  });

  it('is sent nothing that it did not subscribe to, and nothing more after it unsubscribed', async () => {
    viewer.publishTrial(summarise(episode));
    viewer.publishEpisode(episode);
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
    viewer.publishEpisode(episode);
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
    viewer.setRun(RUN);
    const c = client([]);
    await until('connected', () => c.channels.length > 0);
    c.send({ op: 'subscribeParameterUpdates', parameterNames: [] });
    await until('the run', () => c.op('parameterValues').length > 0);
    const result = { rate: 0.9, low: 0.8, high: 0.95, trials: 100 };
    viewer.publishResult(result);
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
    viewer.publishEpisode(episode);
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
    viewer.publishEpisode(episode);
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

describe("Foxglove's own client (@foxglove/ws-protocol)", () => {
  it('connects, subscribes, reads messages, parameters and a service', async () => {
    viewer.setRun(RUN);
    viewer.publishTrial(summarise(episode));
    viewer.publishEpisode(episode);
    const ws = new WebSocket(viewer.url.replace('http', 'ws'), [FoxgloveClient.SUPPORTED_SUBPROTOCOL]);
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

describe('a client that makes no sense', () => {
  it.each([
    ['what is not JSON', 'hello?', 1008, 'expected JSON'],
    ['no op', '{"type":"shutdown"}', 1008, 'expected an object with an op'],
    ['wrong fields', '{"op":"subscribe","subscriptions":7}', 1008, 'subscribe: subscriptions'],
    ['a message to publish', Buffer.of(1, 2, 3, 4, 5), 1008, 'expected opcode 2 (service call), got 1'],
    ['half a call', Buffer.of(2, 3), 1008, 'expected at least 13 bytes, got 2'],
  ])('and sends %s is told and closed, and no other', async (_, message, code, reason) => {
    viewer.publishEpisode(episode);
    const [good, bad] = [client(['/tf']), client(['/tf'])];
    await until('both connected', () => bad.of('/tf').length > 0 && good.of('/tf').length > 0);
    bad.socket.send(message);
    expect(await bad.closed).toMatchObject({ code, reason: expect.stringContaining(reason) });
    expect(bad.op('status').at(-1)).toMatchObject({ level: 2, message: expect.stringContaining(reason) });
    await until('the bad one forgotten', () => viewer.clientCount === 1);
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
    const socket = await deafClient();
    let open = true;
    socket.on('close', () => {
      open = false;
    });
    // parts of one text message, none of them the last
    socket.write(frame(1, Buffer.alloc(1000, 0x20), false));
    for (let i = 0; i < 100 && open; i++) socket.write(frame(0, Buffer.alloc(1000, 0x20), false));
    socket.resume();
    await until('closed', () => viewer.clientCount === 0);
  });

  it('and asks without end is closed', async () => {
    const bad = client([]);
    await until('connected', () => bad.channels.length > 0);
    for (let i = 0; i < 1000; i++) bad.send({ op: 'getParameters', parameterNames: [] });
    expect(await bad.closed).toMatchObject({ code: 1008, reason: expect.stringContaining('in a second') });
  });

  it('and sends random bytes in frames does no harm', async () => {
    viewer.publishEpisode(episode);
    const good = client(['/tf']);
    for (let seed = 1; seed <= 40; seed++) {
      const bad = new FoxgloveTestClient(viewer.url, { topics: [] });
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

describe('a client that does not read', () => {
  it('is told, loses no outcome if it comes back, and poses in between', async () => {
    await viewer.close();
    viewer = await startViewer({ port: 0, patience: { warnMs: 100, closeMs: 600_000 } });
    const c = client();
    await until('connected', () => c.channels.length > 0);
    // the socket alone: what was sent stays unread
    c.socket.pause();
    const families = ['x'.repeat(900)];
    const total = 20_000;
    for (let trial = 0; trial < total; trial++)
      viewer.publishTrial({ trial, split: 'training', families, outcome: 'held', probability: null });
    viewer.publishEpisode(episode);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const late = { ...episode, trial: 77 };
    viewer.publishEpisode(late);
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
    await viewer.close();
    viewer = await startViewer({ port: 0, patience: { warnMs: 200, closeMs: 1500 } });
    const deaf = await deafClient();
    const good = client(['/trial', '/tf']);
    const total = 30_000;
    const families = ['x'.repeat(900)];
    for (let trial = 0; trial < total; trial++)
      viewer.publishTrial({ trial, split: 'training', families, outcome: 'held', probability: null });
    viewer.publishEpisode(episode);
    await until('all outcomes for the good one', () => good.of('/trial').length === total);
    await until('the deaf one gone', () => viewer.clientCount === 1);
    const before = good.of('/tf').length;
    await until('poses for the good one', () => good.of('/tf').length > before + 3);
    deaf.destroy();
  });
});

describe('fifty viewers, five of them stalled', () => {
  it('take no memory that grows, and the healthy ones lose no outcome', async () => {
    await viewer.close();
    viewer = await startViewer({ port: 0, patience: { warnMs: 500, closeMs: 600_000 } });
    const stalled: Socket[] = [];
    for (let i = 0; i < 5; i++) stalled.push(await deafClient());
    const healthy = Array.from({ length: 45 }, () => client(['/trial', '/tf', '/gripper']));
    await until('all connected', () => viewer.clientCount === 50 && healthy.every((c) => c.channels.length > 0));
    let trial = 0;
    const second = async (): Promise<void> => {
      for (let i = 0; i < 200; i++) viewer.publishTrial({ ...summarise(episode), trial: trial++ });
      viewer.publishEpisode({ ...episode, trial });
      await new Promise((resolve) => setTimeout(resolve, 500));
      // what the clients of this test keep is not the server's
      for (const c of healthy) c.heard.splice(0, c.heard.length, ...c.of('/trial'));
    };
    for (let i = 0; i < 4; i++) await second();
    global.gc?.();
    const before = process.memoryUsage();
    for (let i = 0; i < 8; i++) await second();
    await until('all outcomes', () => healthy.every((c) => c.of('/trial').length === trial));
    for (const c of healthy) expect(c.of('/trial').every(({ message }, i) => message.trial === i)).toBe(true);
    global.gc?.();
    const after = process.memoryUsage();
    // 5 x 13 MB would have been queued for the stalled ones otherwise: pictures and poses of eight episodes
    expect(after.external + after.arrayBuffers - before.external - before.arrayBuffers).toBeLessThan(40e6);
    for (const socket of stalled) socket.destroy();
    for (const c of healthy) c.socket.terminate();
  });
});

describe('episodes', () => {
  it('are wanted until there is one, then only while someone watches the end of one', async () => {
    expect(viewer.wantsEpisode()).toBe(true);
    viewer.publishEpisode(episode);
    expect(viewer.wantsEpisode()).toBe(false);
    client([]);
    await until('wanted near the end', () => viewer.wantsEpisode());
    viewer.publishEpisode({ ...episode, trial: 4 });
    expect(viewer.wantsEpisode()).toBe(false);
  });

  it('are played newest first; scene and pictures that are the same are not sent again', async () => {
    const short = {
      phases: episode.phases.slice(0, 3),
      poses: episode.poses.slice(0, (episode.poses.length / episode.phases.length) * 3),
      pressed: episode.pressed!.slice(0, (episode.pressed!.length / episode.phases.length) * 3),
    };
    viewer.publishEpisode({ ...episode, ...short });
    const c = client();
    await until('the first', () => c.of('/graft/episode').length > 0);
    for (const trial of [10, 11, 12]) viewer.publishEpisode({ ...episode, ...short, trial });
    await until('the second', () => c.of('/graft/episode').some((h) => h.message.episode === 2));
    expect(c.of('/graft/episode').find((h) => h.message.episode === 2)?.message).toMatchObject({ trial: 12 });
    await until('its grasp', () => c.of('/grasp').length === 2);
    for (const topic of ['/scene', '/camera/colour', '/camera/depth', '/heightmap'])
      expect(c.of(topic), topic).toHaveLength(1);
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

  it('refuses websockets of pages from elsewhere, and lets in those that were named', async () => {
    const { host } = new URL(viewer.url);
    expect(await upgrade([`Host: ${host}`, 'Origin: http://evil.example'])).toMatch(/403.*got one of http:\/\/evil/);
    expect(await upgrade([`Host: ${host}`, 'Origin: null'])).toContain('403');
    expect(await upgrade(['Host: evil.example', 'Origin: http://evil.example'])).toContain('403');
    expect(await upgrade([`Host: ${host}`, `Origin: http://${host}`])).toContain('101');
    expect(await upgrade([`Host: ${host}`, 'Origin: https://app.foxglove.dev'])).toContain('101');
    expect(await upgrade([`Host: ${host}`])).toContain('101');
    await viewer.close();
    viewer = await startViewer({ port: 0, origins: ['https://viewer.example'] });
    const { host: second } = new URL(viewer.url);
    expect(await upgrade([`Host: ${second}`, 'Origin: https://viewer.example'])).toContain('101');
  });

  it.each([
    ['another sub-protocol', ['chat'], 'expected sub-protocol foxglove.sdk.v1 or foxglove.websocket.v1, got chat'],
    ['none', [], 'got none'],
  ])('refuses clients with %s, saying which it speaks', async (_, protocols, message) => {
    const c = client([], protocols);
    expect(await c.refused).toMatchObject({ status: 400, body: expect.stringContaining(message) });
  });

  it('answers a client that is gone before it is refused', async () => {
    const { port, hostname } = new URL(viewer.url);
    for (let i = 0; i < 20; i++) {
      const socket = connect(Number(port), hostname, () => {
        socket.write(['GET /stream HTTP/1.1', ...HEADERS, '', ''].join('\r\n'));
        socket.resetAndDestroy();
      });
      socket.on('error', () => undefined);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await fetch(viewer.url)).status).toBe(200);
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
    '/recordings/../server.ts',
    '/recordings/%2e%2e%2fserver.ts',
    '/recordings/other.mcap',
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

  it('serves the play page with what its worker loads, compressed, and a trained policy once there is one', async () => {
    const get = (path: string): Promise<Response> => fetch(new URL(path, viewer.url));
    const page = await get('play.html');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self' 'wasm-unsafe-eval'");
    const wasm = await get('assets/tfjs-backend-wasm-simd.wasm');
    expect([wasm.headers.get('content-type'), wasm.headers.get('content-encoding')]).toEqual([
      'application/wasm',
      'gzip',
    ]);
    expect([...new Uint8Array(await wasm.arrayBuffer()).subarray(0, 4)]).toEqual([0, 97, 115, 109]);
    expect(await (await get('policy.json')).json()).toEqual({ policy: null });
    expect((await get('policy.safetensors')).status).toBe(404);
    viewer.servePolicy({ bytes: Uint8Array.of(1, 2, 3), about: 'of a test', scenario: 'bin' });
    const { policy } = await (await get('policy.json')).json();
    expect(policy).toEqual({ file: 'policy.safetensors', about: 'of a test', scenario: 'bin' });
    expect([...new Uint8Array(await (await get(policy.file)).arrayBuffer())]).toEqual([1, 2, 3]);
  });

  it('serves the ranges of a recording', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'graft-')), 'a run.mcap');
    await writeFile(file, Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251)));
    const url = new URL(viewer.serveRecording(file), viewer.url);
    expect(await (await fetch(new URL('/recordings/', viewer.url))).json()).toEqual(['recordings/a%20run.mcap']);
    const bytes = await readFile(file);
    const get = (range?: string): Promise<Response> => fetch(url, range ? { headers: { range } } : {});
    const whole = await get();
    expect([whole.status, whole.headers.get('accept-ranges')]).toEqual([200, 'bytes']);
    expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
    for (const [range, start, end] of [
      ['bytes=0-9', 0, 10],
      ['bytes=990-5000', 990, 1000],
      ['bytes=7-', 7, 1000],
      ['bytes=-5', 995, 1000],
    ] as const) {
      const part = await get(range);
      expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes ${start}-${end - 1}/1000`]);
      expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(start, end))).toBe(true);
    }
    expect((await get('bytes=1000-')).status).toBe(416);
    expect((await get('bytes=5-2')).status).toBe(200);
    expect((await get('furlongs=1-2')).status).toBe(200);
  });
});
