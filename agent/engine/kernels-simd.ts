/**
 * One WebAssembly SIMD routine of graft's own, on the heap of tfjs's wasm backend: C += A^T B with both operands stored
 * by row. Filter gradients and transposed products are sums of outer products over pixels; in this form they need
 * neither a transposed copy nor an im2col matrix. The module is assembled here, a few kilobytes, when it is first used.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/**
 * One operand: `lines` runs of `steps` rows, at byte address `at`; `step` and `line` are the bytes from one row, and
 * from one run, to the next.
 */
type Rows = { readonly at: number; readonly step: number; readonly line: number };

/** Adds the sum over all rows of (row of a, m values) x (row of b, n values) to c, [m, n] float32 at a byte address. */
export type OuterProducts = (a: Rows, b: Rows, steps: number, lines: number, c: number, m: number, n: number) => void;

/** What tfjs's type of its own module leaves out: the exports, the heap's memory among them, and a view of it. */
type EmscriptenModule = BackendWasm['wasm'] & { asm?: Readonly<Record<string, unknown>>; HEAPU8?: Uint8Array };

const known = new WeakMap<BackendWasm, OuterProducts | undefined>();

/** The routine bound to a backend's heap; undefined where the heap cannot be shared or the platform has no SIMD. */
export function outerProductsFor(backend: BackendWasm): OuterProducts | undefined {
  if (!known.has(backend)) known.set(backend, instantiate(backend));
  return known.get(backend);
}

function instantiate(backend: BackendWasm): OuterProducts | undefined {
  const { asm, HEAPU8 } = backend.wasm as EmscriptenModule;
  const memory = Object.values(asm ?? {}).find((each) => each instanceof WebAssembly.Memory);
  const code = new Uint8Array(assemble());
  if (!memory || memory.buffer !== HEAPU8?.buffer || !WebAssembly.validate(code)) return undefined;
  const { run } = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } }).exports;
  const call = run as (...args: number[]) => void;
  return (a, b, steps, lines, c, m, n) => {
    if (steps > 0 && lines > 0) call(a.at, a.step, a.line, b.at, b.step, b.line, steps, lines, c, m, n);
  };
}

// The assembler. Numbers are the opcodes of the WebAssembly core specification, section 5.4 (binary format).

type Code = readonly number[];
const I32 = 0x7f;
const F32 = 0x7d;
const V128 = 0x7b;

/** Unsigned LEB128; signed values here are small and positive, and coded with a spare zero bit by `constant`. */
const leb = (value: number): Code => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]);
const sized = (bytes: Code): Code => [...leb(bytes.length), ...bytes];
const section = (id: number, bytes: Code): Code => [id, ...sized(bytes)];
const name = (text: string): Code => sized([...new TextEncoder().encode(text)]);

const get = (local: number): Code => [0x20, ...leb(local)];
const set = (local: number, value: Code): Code => [...value, 0x21, ...leb(local)];
const constant = (value: number): Code => [0x41, value]; // value < 64
const add = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
const sub = (a: Code, b: Code): Code => [...a, ...b, 0x6b];
const increase = (local: number, by: Code): Code => set(local, add(get(local), by));
/** Runs the body while local >= least, taking `least` off it each time. */
const countDown = (local: number, least: number, body: Code): Code => [
  ...[0x02, 0x40, 0x03, 0x40], // block, loop
  ...[...get(local), ...constant(least), 0x49, 0x0d, 1], // br_if to the block's end: local < least
  ...body,
  ...set(local, sub(get(local), constant(least))),
  ...[0x0c, 0, 0x0b, 0x0b], // br to the loop's start, end, end
];
/** Runs the body `local` times, at least once. */
const repeat = (local: number, body: Code): Code => [
  ...[0x03, 0x40, ...body],
  ...[...sub(get(local), constant(1)), 0x22, ...leb(local), 0x0d, 0, 0x0b], // br_if to the loop's start: --local
];

/** What differs between four lanes and one. */
const VECTOR = {
  load: [0xfd, 0x00],
  splat: [0xfd, 0x09],
  store: [0xfd, 0x0b],
  add: [0xfd, 0xe4, 1],
  mul: [0xfd, 0xe6, 1],
};
const SCALAR = { load: [0x2a], splat: [0x2a], store: [0x38], add: [0x92], mul: [0x94] };

/** Parameters of `run`, then its locals. */
const [A, A_STEP, A_LINE, B, B_STEP, B_LINE, STEPS, LINES, C, M, N] = Array.from({ length: 11 }, (_, i) => i);
const [N_LEFT, ROW_BYTES, B_TILE, C_TILE, A_RUN, B_RUN, LINES_LEFT, A_AT, B_AT, STEPS_LEFT] = Array.from(
  { length: 10 },
  (_, i) => 11 + i,
);
const VECTORS = 21; // 8 accumulators, 2 values of b, 1 of a
const SCALARS = VECTORS + 11; // 4 accumulators, 1 value of b, 1 of a

/** Accumulates `height` x `width` elements of C in registers over all rows. */
function tile(height: number, width: number): Code {
  const { load, splat, store, add: plus, mul: times } = width === 1 ? SCALAR : VECTOR;
  const lanes = Math.ceil(width / 4);
  const base = width === 1 ? SCALARS : VECTORS;
  const sums = (i: number, j: number) => base + i * lanes + j;
  const fromB = (j: number) => base + (width === 1 ? 4 : 8) + j;
  const fromA = base + (width === 1 ? 5 : 10);
  const memory = (op: Code, offset: number): Code => [...op, 2, offset];
  const rows = Array.from({ length: height }, (_, i) => i);
  const columns = Array.from({ length: lanes }, (_, j) => j);
  const cRow = (i: number): Code => rows.slice(0, i).reduce<Code>((at) => add(at, get(ROW_BYTES)), get(C_TILE));
  const each = (make: (i: number, j: number) => Code): Code => rows.flatMap((i) => columns.flatMap((j) => make(i, j)));
  const outerProduct = [
    ...columns.flatMap((j) => set(fromB(j), [...get(B_AT), ...memory(load, 16 * j)])),
    ...rows.flatMap((i) => [
      ...set(fromA, [...get(A_AT), ...memory(splat, 4 * i)]),
      ...columns.flatMap((j) =>
        set(sums(i, j), [...get(sums(i, j)), ...get(fromA), ...get(fromB(j)), ...times, ...plus]),
      ),
    ]),
    ...increase(A_AT, get(A_STEP)),
    ...increase(B_AT, get(B_STEP)),
  ];
  return [
    ...each((i, j) => set(sums(i, j), [...cRow(i), ...memory(load, 16 * j)])),
    ...set(A_RUN, get(A)),
    ...set(B_RUN, get(B_TILE)),
    ...set(LINES_LEFT, get(LINES)),
    ...repeat(LINES_LEFT, [
      ...set(A_AT, get(A_RUN)),
      ...set(B_AT, get(B_RUN)),
      ...set(STEPS_LEFT, get(STEPS)),
      ...repeat(STEPS_LEFT, outerProduct),
      ...increase(A_RUN, get(A_LINE)),
      ...increase(B_RUN, get(B_LINE)),
    ]),
    ...each((i, j) => [...cRow(i), ...get(sums(i, j)), ...memory(store, 16 * j)]),
  ];
}

function assemble(): Code {
  const bytes = (count: number): Code => [...constant(count), ...constant(2), 0x74]; // count << 2
  const strip = (height: number): Code => [
    ...set(N_LEFT, get(N)),
    ...set(B_TILE, get(B)),
    ...set(C_TILE, get(C)),
    ...[8, 4, 1].flatMap((width) =>
      countDown(N_LEFT, width, [
        ...tile(height, width),
        ...increase(B_TILE, bytes(width)),
        ...increase(C_TILE, bytes(width)),
      ]),
    ),
    ...increase(A, bytes(height)),
    ...Array.from({ length: height }, () => increase(C, get(ROW_BYTES))).flat(),
  ];
  const body = [
    ...[3, 10, I32, 11, V128, 6, F32], // three groups of locals
    ...set(ROW_BYTES, [...get(N), ...constant(2), 0x74]),
    ...[4, 2, 1].flatMap((height) => countDown(M, height, strip(height))),
    0x0b,
  ];
  return [
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, ...sized(Array<number>(11).fill(I32)), 0]), // type 0: 11 x i32 to nothing
    ...section(2, [1, ...name('env'), ...name('memory'), 2, 0, 1]), // import a memory of at least one page
    ...section(3, [1, 0]), // function 0 has type 0
    ...section(7, [1, ...name('run'), 0, 0]), // export function 0
    ...section(10, [1, ...sized(body)]),
  ];
}
