import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { encodeNpy, npyNumbers } from '../../../scenarios/export/npy.ts';
import { answerOf, answerSchema } from '../../../scenarios/predict/answer.ts';
import { openPredictor } from '../../../scenarios/predict/open-predictor.ts';
import { openApi } from '../../../scenarios/predict/openapi.ts';
import type { Predictor } from '../../../scenarios/predict/predict.ts';
import { runPredictJob } from '../../../scenarios/predict/predict-job.ts';
import { type GraspServer, startGraspServer } from '../../../viewer/grasps/server/server.ts';
import { frameMessage } from '../../support/frame-message.ts';

const TOKEN = 'a-token-of-some-length';
const [WIDTH, HEIGHT] = [64, 48];
const intrinsics = { widthPx: WIDTH, heightPx: HEIGHT, fx: 60, fy: 60, cx: 32, cy: 24 };
/** A box on a table, seen from above. */
const depth = Float32Array.from({ length: WIDTH * HEIGHT }, (_, i) =>
  Math.abs((i % WIDTH) - 32) < 4 && Math.abs(Math.floor(i / WIDTH) - 24) < 6 ? 0.46 : 0.5,
);
const file = new Uint8Array(encodeNpy(npyNumbers(depth, [HEIGHT, WIDTH])));

let predictor: Predictor;
let open: GraspServer;
let locked: GraspServer;

beforeAll(async () => {
  predictor = await openPredictor('antipodal');
  const options = {
    ...{ port: 0, host: '127.0.0.1', bytesMax: 200_000, rate: 1000, slots: 2, about: { policy: 'antipodal' } },
    answer: async (question: Parameters<typeof runPredictJob>[1]) => answerOf(runPredictJob(predictor, question)),
    openapi: openApi('1', false),
  };
  open = await startGraspServer(options);
  locked = await startGraspServer({ ...options, token: TOKEN, rate: 3, origins: ['http://robots.example'] });
});

afterAll(async () => {
  await Promise.all([open.close(), locked.close()]);
  predictor.policy.dispose();
});

interface Reply {
  readonly status: number;
  readonly body: { readonly error?: string; readonly [key: string]: unknown };
  readonly headers: Headers;
}

async function ask(init: RequestInit = {}, path = 'grasps', server = open): Promise<Reply> {
  const response = await fetch(server.url + path, { method: 'POST', ...init });
  return { status: response.status, body: (await response.json()) as Reply['body'], headers: response.headers };
}

/** A multipart body. */
function form(
  question: unknown = { intrinsics },
  parts: Readonly<Record<string, Uint8Array>> = { depth: file },
): FormData {
  const body = new FormData();
  body.set('question', new Blob([JSON.stringify(question)], { type: 'application/json' }));
  for (const [name, bytes] of Object.entries(parts)) body.set(name, new Blob([new Uint8Array(bytes)]), name);
  return body;
}

describe('the grasp server', () => {
  it('answers multipart and raw bodies alike, in the shape that its document says', async () => {
    const parts = await ask({ body: form({ intrinsics, show: ['maps', 'overlay'] }) });
    expect(parts.status).toBe(200);
    const answer = answerSchema.strict().parse(parts.body);
    expect(answer.grasps).toHaveLength(1);
    expect(answer.frame).toBe('camera');
    const { size, height } = answer.maps![0];
    expect(Buffer.from(height, 'base64').length).toBe(size * size * 4);
    const raw = await ask(
      { body: file, headers: { 'content-type': 'application/octet-stream' } },
      `grasps?question=${encodeURIComponent(JSON.stringify({ intrinsics }))}`,
    );
    expect(raw.body.grasps).toEqual(answer.grasps);
  });

  it('says how it is and what it understands', async () => {
    expect((await ask({ method: 'GET' }, 'health')).body).toEqual({ status: 'ok', policy: 'antipodal', load: 0 });
    const { body } = await ask({ method: 'GET' }, 'openapi.json');
    expect(Object.keys(body.paths as object)).toEqual(['/grasps', '/health']);
  });

  it.each([
    ['another method', { method: 'GET' }, 405, /^method: expected POST, got GET$/],
    ['no content type', { body: file }, 415, /^content-type: expected multipart\/form-data/],
    [
      'a raw body without a question',
      { body: file, headers: { 'content-type': 'image/png' } },
      400,
      /^query: expected/,
    ],
    [
      'a body that is no multipart',
      { body: 'x', headers: { 'content-type': 'multipart/form-data' } },
      400,
      /^content-type: expected/,
    ],
    [
      'a multipart body that ends too early',
      {
        body: '--a\r\nContent-Disposition: form-data; name="depth"; filename="d"\r\n\r\nxx',
        headers: { 'content-type': 'multipart/form-data; boundary=a' },
      },
      400,
      /^body: expected /,
    ],
    [
      'a question that is no JSON',
      {
        body: (() => {
          const f = form();
          f.set('question', '{');
          return f;
        })(),
      },
      400,
      /^question: expected JSON/,
    ],
    [
      'no question',
      {
        body: (() => {
          const f = form();
          f.delete('question');
          return f;
        })(),
      },
      400,
      /^body: expected a part question, got none/,
    ],
    ['no depth', { body: form({ intrinsics }, {}) }, 400, /^body: expected a part depth, got none/],
    [
      'a part that nothing asks for',
      { body: form({ intrinsics }, { depth: file, more: file }) },
      400,
      /^part: expected question/,
    ],
    [
      'a camera of another size',
      { body: form({ intrinsics: { ...intrinsics, widthPx: 65 } }) },
      400,
      /^depth: expected 65 x 48 pixels/,
    ],
    ['absurd intrinsics', { body: form({ intrinsics: { ...intrinsics, fx: -1 } }) }, 400, /^question: intrinsics.fx/],
    [
      'more than it takes',
      { body: new Uint8Array(200_001), headers: { 'content-type': 'image/png' } },
      413,
      /^body: expected at most 200000 bytes, got 200001/,
    ],
  ] as const)('refuses %s', async (_, init, status, why) => {
    const reply = await ask(init as RequestInit);
    expect(reply).toMatchObject({ status, body: { error: expect.stringMatching(why) } });
    expect(reply.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('stops reading a body without a length that does not end', async () => {
    const { hostname, port } = new URL(open.url);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { 'content-type': 'application/x-npy' };
      const sending = request({ hostname, port, path: '/grasps?question={}', method: 'POST', headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sending.on('error', reject);
      for (let i = 0; i < 5; i++) sending.write(new Uint8Array(50_000));
    });
    expect(status).toBe(413);
  });

  it('answers nobody without its token, and too many questions with 429', async () => {
    const bearer = (token: string): RequestInit => ({ body: form(), headers: { authorization: `Bearer ${token}` } });
    expect(await ask({ body: form() }, 'grasps', locked)).toMatchObject({
      status: 401,
      body: { error: expect.stringMatching(/got none/) },
    });
    expect(await ask(bearer(`${TOKEN}x`), 'grasps', locked)).toMatchObject({
      status: 401,
      body: { error: expect.stringMatching(/got another/) },
    });
    expect((await ask({ method: 'GET' }, 'health', locked)).status).toBe(200);
    const replies = await Promise.all(Array.from({ length: 30 }, () => ask(bearer(TOKEN), 'grasps', locked)));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 429]));
    expect(replies.find(({ status }) => status === 429)).toMatchObject({
      body: { error: expect.stringMatching(/expected at most 3 a second, got/) },
    });
  });

  it('lets a page that was named read its answers, and send its token', async () => {
    const origin = 'http://robots.example';
    const before = await fetch(`${locked.url}grasps`, { method: 'OPTIONS', headers: { origin } });
    expect([before.status, before.headers.get('access-control-allow-headers')]).toEqual([
      204,
      'authorization, content-type',
    ]);
    const health = await ask({ method: 'GET', headers: { origin } }, 'health', locked);
    expect(health.status).toBe(200);
    expect(health.headers.get('access-control-allow-origin')).toBe(origin);
  });

  it('answers no page of another host, under whatever name', async () => {
    expect(await ask({ body: form(), headers: { origin: 'http://evil.example' } })).toMatchObject({ status: 403 });
    const { hostname, port } = new URL(open.url);
    const rebound = await new Promise<number | undefined>((resolve, reject) => {
      const options = { hostname, port, path: '/health', headers: { host: 'evil.example' } };
      request(options, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(rebound).toBe(403);
  });
});

describe('a stream', () => {
  const url = (): string => `${open.url.replace('http', 'ws')}grasps`;

  it('answers the newest frame, says which ones it passed over, and goes on after a bad one', async () => {
    const socket = new WebSocket(url());
    await new Promise((resolve) => socket.once('open', resolve));
    const replies: Record<string, unknown>[] = [];
    socket.on('message', (data) => replies.push(JSON.parse(String(data))));
    const until = async (count: number): Promise<void> => {
      while (replies.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    for (let id = 1; id <= 5; id++)
      socket.send(frameMessage({ id, question: { intrinsics }, depth: file.length }, file));
    await until(5);
    expect(replies.filter((r) => 'superseded' in r).map((r) => r.id)).toEqual([2, 3, 4]);
    expect(replies.filter((r) => 'grasps' in r).map((r) => r.id)).toEqual([1, 5]);
    socket.send('text');
    socket.send(frameMessage({ id: 6, question: {}, depth: file.length }, file));
    await until(7);
    expect(replies.slice(5)).toMatchObject([
      { status: 400, error: 'message: expected a binary one, got text' },
      { id: 6, status: 400, error: expect.stringMatching(/^question: intrinsics/) },
    ]);
    socket.close();
  });

  it('wants the token, in a header or as a sub-protocol', async () => {
    const outcome = (protocols: string[]): Promise<string> =>
      new Promise((resolve) => {
        const socket = new WebSocket(`${locked.url.replace('http', 'ws')}grasps`, protocols);
        socket.once('open', () => {
          resolve(socket.protocol);
          socket.close();
        });
        socket.once('error', (error) => resolve(error.message));
      });
    expect(await outcome([])).toContain('401');
    expect(await outcome(['graft.grasps.v1', `token.${TOKEN}`])).toBe('graft.grasps.v1');
  });
});
