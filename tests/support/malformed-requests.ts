import { encodeNpy, npyNumbers } from '../../scenarios/export/npy.ts';
import type { Rng } from '../../sim/math/rng.ts';

/** What a good request is made of: a depth file, and its camera as JSON. */
interface Good {
  readonly depth: Uint8Array;
  readonly camera: Readonly<Record<string, unknown>>;
}

interface MalformedRequest {
  /** What is wrong. */
  readonly what: string;
  readonly path: string;
  readonly init: RequestInit;
}

const NUMBERS = [Number.NaN, -1, 0, 1e300, -1e300, 0.5, 1e-30, 2 ** 53, '7', null, [], {}, true];
const OCTETS = { 'content-type': 'application/octet-stream' };

/** A request for grasps that must be refused. */
export function malformedRequest(rng: Rng, good: Good): MalformedRequest {
  const { what, ...rest } = rng.pick(KINDS)(rng, good);
  const { path = 'grasps', init } = rest as { path?: string; init: RequestInit };
  return { what, path, init };
}

type Malformed = { readonly what: string; readonly path?: string; readonly init: RequestInit };

const blob = (bytes: Uint8Array): Blob => new Blob([new Uint8Array(bytes)]);

function form(question: unknown, parts: Readonly<Record<string, Uint8Array>>): RequestInit {
  const body = new FormData();
  body.set('question', new Blob([typeof question === 'string' ? question : JSON.stringify(question)]), 'question');
  for (const [name, bytes] of Object.entries(parts)) body.set(name, blob(bytes), name);
  return { body };
}

const asked = (question: object, { depth, camera }: Good): RequestInit => form({ camera, ...question }, { depth });
const raw = (body: Uint8Array, { camera }: Good): Omit<Malformed, 'what'> => ({
  path: `grasps?question=${encodeURIComponent(JSON.stringify({ camera }))}`,
  init: { body: new Uint8Array(body), headers: OCTETS },
});

const KINDS: readonly ((rng: Rng, good: Good) => Malformed)[] = [
  (rng, good) => {
    const cut = Math.floor(rng.next() * (good.depth.length - 1));
    return { what: `a depth file cut after ${cut} bytes`, ...raw(good.depth.subarray(0, cut || 1), good) };
  },
  (rng, good) => {
    // a header that promises another array, or is none
    const broken = good.depth.slice();
    for (let i = 0; i < 40; i++) broken[Math.floor(rng.next() * 64)] = Math.floor(rng.next() * 256);
    return { what: 'a broken header', ...raw(broken, good) };
  },
  (rng, good) => {
    const noise = Uint8Array.from({ length: 1 + Math.floor(rng.next() * 5000) }, () => Math.floor(rng.next() * 256));
    return { what: 'noise in place of depth', ...raw(noise, good) };
  },
  (rng, good) => {
    const shape = [1 + Math.floor(rng.next() * 90), 1 + Math.floor(rng.next() * 90)];
    const wrong = encodeNpy(npyNumbers(new Float32Array(shape[0] * shape[1]), shape));
    return { what: `depth of ${shape}`, ...raw(wrong, good) };
  },
  (rng, good) => {
    const key = rng.pick(['fx', 'fy', 'cx', 'cy', 'widthPx', 'heightPx']);
    const value = rng.pick(
      NUMBERS.filter((v) => !(/^c/.test(key) && (v === -1 || v === 0 || v === 0.5 || v === 1e-30))),
    );
    const intrinsics = { widthPx: 96, heightPx: 96, fx: 100, fy: 100, cx: 48, cy: 48 };
    const question = { intrinsics: { ...intrinsics, [key]: value } };
    return { what: `intrinsics of ${key} ${JSON.stringify(value)}`, init: form(question, { depth: good.depth }) };
  },
  (rng, good) => {
    const value = rng.pick([0, -3, 101, 1e9, 1.5, '3', null, [], Number.NaN]);
    return { what: `count ${JSON.stringify(value)}`, init: asked({ count: value }, good) };
  },
  (rng, good) => {
    const pose = {
      position: [0, 0, rng.pick([0, null, 'x', {}])],
      quaternion: rng.pick([[0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 1], 'up', null]),
    };
    return { what: `pose ${JSON.stringify(pose)}`, init: asked({ T_world_camera: pose }, good) };
  },
  (rng, good) => {
    const workspace = rng.pick([
      { size: [1e9, 1] },
      { size: [0, 0] },
      { size: [-1, 1] },
      { size: 1 },
      { centre: 'here' },
      7,
    ]);
    return { what: `workspace ${JSON.stringify(workspace)}`, init: asked({ workspace }, good) };
  },
  (rng, good) => {
    const hand = rng.pick([{ preset: 'octopus' }, { stroke: -1 }, { kind: 'suction', stroke: 1 }, 'hand', []]);
    return { what: `hand ${JSON.stringify(hand)}`, init: asked({ hand }, good) };
  },
  (rng, good) => {
    const text = rng.pick(['', '{', 'null', '[]', '7', '"x"', '{"a":1}', '{"version":2}', '['.repeat(30_000), '\0']);
    return { what: `a question ${text.slice(0, 20)}`, init: form(text, { depth: good.depth }) };
  },
  (rng, good) => {
    const name = rng.pick(['colour', 'mask']);
    const bytes = Uint8Array.from({ length: 1 + Math.floor(rng.next() * 400) }, () => Math.floor(rng.next() * 256));
    return { what: `noise as ${name}`, init: form({ camera: good.camera }, { depth: good.depth, [name]: bytes }) };
  },
  (rng, good) => {
    // a PNG that says it has 4 thousand million pixels
    const png = Uint8Array.from([
      137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 255, 255, 0, 0, 255, 255,
    ]);
    const padded = new Uint8Array(png.length + Math.floor(rng.next() * 100));
    padded.set(png);
    return { what: 'a huge picture in few bytes', ...raw(padded, good) };
  },
  (rng, good) => {
    const size = 4_000_001 + Math.floor(rng.next() * 1000);
    return { what: `${size} bytes`, ...raw(new Uint8Array(rng.next() < 0.1 ? size : 0), good) };
  },
  (rng) => {
    const type = rng.pick([
      'text/plain',
      'application/json',
      'multipart/form-data',
      'multipart/form-data; boundary=',
      'x',
    ]);
    return { what: `a body of ${type}`, init: { body: 'abc', headers: { 'content-type': type } } };
  },
  (rng, good) => {
    const text = `--b\r\nContent-Disposition: form-data; name="depth"; filename="d"\r\n\r\n${'x'.repeat(rng.next() * 3000)}`;
    const end = rng.pick(['', '\r\n--b', '\r\n--c--\r\n', '\r\n--b--\r\n']);
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    return {
      what: `a multipart body that ends with ${JSON.stringify(end)} ${good ? '' : ''}`.trim(),
      init: { body: text + end, headers },
    };
  },
];
