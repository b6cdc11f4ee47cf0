import { exp, log, pow } from '../../sim/math/exponential.ts';
import { rngStream } from '../../sim/math/rng.ts';
import { atan, atan2, cos, hypot, sin, tan } from '../../sim/math/trigonometry.ts';

/** An elementary function with the engine's own version of it and arguments to try. */
interface Elementary {
  readonly own: (x: number, y: number) => number;
  readonly engine: (x: number, y: number) => number;
  /** From two numbers in [0, 1). */
  readonly arguments: (u: number, v: number) => readonly [number, number];
}

const turn = (u: number, v: number): readonly [number, number] => [(u - 0.5) * 40, v];
/** Multiples of 7.5 degrees, where reducing the argument loses the most digits, and their neighbours. */
const near = (u: number, v: number): readonly [number, number] => [
  (Math.floor((u - 0.5) * 400) * Math.PI) / 24 + (v < 0.5 ? 0 : (v - 0.75) * 1e-9),
  0,
];
const far = (u: number): readonly [number, number] => [(u - 0.5) * 1.6e6, 0];
const plane = (u: number, v: number): readonly [number, number] => [(u - 0.5) * 8, (v - 0.5) * 8];

const ELEMENTARY: Readonly<Record<string, Elementary>> = {
  sin: { own: sin, engine: Math.sin, arguments: turn },
  'sin of multiples': { own: sin, engine: Math.sin, arguments: near },
  'sin far out': { own: sin, engine: Math.sin, arguments: far },
  cos: { own: cos, engine: Math.cos, arguments: turn },
  'cos of multiples': { own: cos, engine: Math.cos, arguments: near },
  tan: { own: tan, engine: Math.tan, arguments: turn },
  'tan of multiples': { own: tan, engine: Math.tan, arguments: near },
  atan: { own: atan, engine: Math.atan, arguments: turn },
  atan2: { own: atan2, engine: Math.atan2, arguments: plane },
  hypot: { own: hypot, engine: Math.hypot, arguments: plane },
  exp: { own: exp, engine: Math.exp, arguments: (u) => [(u - 0.5) * 1400, 0] },
  'exp of logits': { own: exp, engine: Math.exp, arguments: (u) => [(u - 0.5) * 8, 0] },
  log: { own: log, engine: Math.log, arguments: (u) => [u * 100 + 1e-300, 0] },
  'log near 1': { own: log, engine: Math.log, arguments: (u) => [1 + (u - 0.5) * 1e-5, 0] },
  pow: { own: pow, engine: Math.pow, arguments: (u, v) => [u * 4 + 1e-9, (v - 0.5) * 8] },
};

const ARGUMENTS = 20_000;

/** Calls back with many arguments of a function, always the same. */
function forEach(name: string, visit: (x: number, y: number) => void): void {
  const rng = rngStream(0, `test/elementary/${name}`);
  for (let i = 0; i < ARGUMENTS; i++) visit(...ELEMENTARY[name].arguments(rng.next(), rng.next()));
}

/** Largest difference from the engine's function, in units of the last place of its result. */
export function worstError(name: string): number {
  const { own, engine } = ELEMENTARY[name];
  let worst = 0;
  forEach(name, (x, y) => {
    const expected = engine(x, y);
    const unit = 2 ** Math.floor(Math.log2(Math.abs(expected)) - 52) || Number.MIN_VALUE;
    worst = Math.max(worst, Math.abs(own(x, y) - expected) / unit);
  });
  return worst;
}

/** A hash over the bits of a function's results: the same in every engine. */
export function elementaryHash(name: string): string {
  const [value, bits] = [new Float64Array(1), new Uint32Array(2)];
  const bytes = new Uint32Array(value.buffer);
  forEach(name, (x, y) => {
    value[0] = ELEMENTARY[name].own(x, y);
    for (const k of [0, 1]) bits[k] = Math.imul(bits[k] ^ bytes[k], 0x01000193) ^ (bits[k] >>> 15);
  });
  return [...bits].map((b) => b.toString(16).padStart(8, '0')).join('');
}
