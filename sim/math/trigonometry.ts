/**
 * The elementary functions that simulation and policies use, with the same bits in every JavaScript engine. The language leaves
 * the last bit of `Math.sin` and its kin to the engine, and Node's and Chromium's differ; one bit is enough for another trial.
 * Plain arithmetic and square roots are exact everywhere, so these are fdlibm 5.3 (Sun Microsystems, 1993) in plain arithmetic:
 * the same algorithms that V8 had up to Node 20, errors under 1 unit in the last place.
 *
 * fdlibm: Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved. Developed at SunPro, a Sun Microsystems, Inc.
 * business. Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice is
 * preserved.
 */
import { highWord, truncated, withHigh } from './float-bits.ts';

/** Largest magnitude of an angle, radians: beyond it the reduction below loses digits. */
const MAX_ANGLE = 2 ** 19 * (Math.PI / 2);

/** High words of n pi / 2, n = 1..32: arguments near one of them need more digits of pi. */
const MULTIPLES = Int32Array.from({ length: 32 }, (_, i) => highWord(((i + 1) * Math.PI) / 2));

/** |x| - n pi / 2 within [-pi / 4, pi / 4], as y0 + y1. Of three parts of pi / 2, 33 bits each, as many as needed are used. */
const reduced = { n: 0, y0: 0, y1: 0 };

function reduce(x: number): void {
  const t = Math.abs(x);
  const n = Math.floor(t * 0.6366197723675814 + 0.5);
  let r = t - n * 1.5707963267341256;
  let w = n * 6.077100506506192e-11;
  let y0 = r - w;
  const high = highWord(t);
  if (n >= 32 || high === MULTIPLES[n - 1]) {
    const lost = (): number => (high >> 20) - ((highWord(y0) >> 20) & 0x7ff);
    if (lost() > 16) {
      let before = r;
      w = n * 6.077100506303966e-11;
      r = before - w;
      w = n * 2.0222662487959506e-21 - (before - r - w);
      y0 = r - w;
      if (lost() > 49) {
        before = r;
        w = n * 2.0222662487111665e-21;
        r = before - w;
        w = n * 8.4784276603689e-32 - (before - r - w);
        y0 = r - w;
      }
    }
  }
  const sign = x < 0 ? -1 : 1;
  reduced.n = sign * n;
  reduced.y0 = sign * y0;
  reduced.y1 = sign * (r - y0 - w);
}

/** sin(x + y) for |x| <= pi / 4 and a tail y. */
function sinKernel(x: number, y: number): number {
  const z = x * x;
  const v = z * x;
  const r =
    0.00833333333332249 +
    z *
      (-0.0001984126982985795 + z * (2.7557313707070068e-6 + z * (-2.5050760253406863e-8 + z * 1.58969099521155e-10)));
  return x - (z * (0.5 * y - v * r) - y - v * -0.16666666666666632);
}

/** cos(x + y), likewise. */
function cosKernel(x: number, y: number): number {
  const high = highWord(x) & 0x7fffffff;
  const z = x * x;
  const r =
    z *
    (0.0416666666666666 +
      z *
        (-0.001388888888887411 +
          z *
            (2.480158728947673e-5 +
              z * (-2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11)))));
  if (high < 0x3fd33333) return 1 - (0.5 * z - (z * r - x * y));
  const q = high > 0x3fe90000 ? 0.28125 : truncated(withHigh(0, high - 0x00200000));
  return 1 - q - (0.5 * z - q - (z * r - x * y));
}

function checkAngle(name: string, x: number): void {
  if (Math.abs(x) > MAX_ANGLE) throw new RangeError(`${name}: expected an angle up to ${MAX_ANGLE}, got ${x}`);
}

/** Sine. @param x radians. @throws RangeError beyond 2^19 quarter turns. */
export function sin(x: number): number {
  checkAngle('sin', x);
  const high = highWord(x) & 0x7fffffff;
  if (high <= 0x3fe921fb) return high < 0x3e400000 ? x : shortSin(x);
  reduce(x);
  const { n, y0, y1 } = reduced;
  const value = n & 1 ? cosKernel(y0, y1) : sinKernel(y0, y1);
  return n & 2 ? -value : value;
}

/** Sine without a tail: the formula has one rounding less. */
function shortSin(x: number): number {
  const z = x * x;
  const r =
    0.00833333333332249 +
    z *
      (-0.0001984126982985795 + z * (2.7557313707070068e-6 + z * (-2.5050760253406863e-8 + z * 1.58969099521155e-10)));
  return x + z * x * (-0.16666666666666632 + z * r);
}

/** Cosine. @param x radians. @throws RangeError beyond 2^19 quarter turns. */
export function cos(x: number): number {
  checkAngle('cos', x);
  const high = highWord(x) & 0x7fffffff;
  if (high <= 0x3fe921fb) return high < 0x3e400000 ? 1 : cosKernel(x, 0);
  reduce(x);
  const { n, y0, y1 } = reduced;
  const value = n & 1 ? sinKernel(y0, y1) : cosKernel(y0, y1);
  return (n + 1) & 2 ? -value : value;
}

const TAN = [
  0.3333333333333341, 0.13333333333320124, 0.05396825397622605, 0.021869488294859542, 0.0088632398235993,
  0.0035920791075913124, 0.0014562094543252903, 0.0005880412408202641, 0.0002464631348184699, 7.817944429395571e-5,
  7.140724913826082e-5, -1.8558637485527546e-5, 2.590730518636337e-5,
] as const;

/** tan(x + y), or -1 / tan(x + y), for |x| <= pi / 4 and a tail y. */
function tanKernel(x0: number, y0: number, inverse: boolean): number {
  let [x, y] = [x0, y0];
  const high = highWord(x);
  const large = (high & 0x7fffffff) >= 0x3fe59428;
  if (large) {
    const sign = high < 0 ? -1 : 1;
    x = 0.7853981633974483 - sign * x + (3.061616997868383e-17 - sign * y);
    y = 0;
  }
  const z = x * x;
  const w = z * z;
  let r = TAN[1] + w * (TAN[3] + w * (TAN[5] + w * (TAN[7] + w * (TAN[9] + w * TAN[11]))));
  const v = z * (TAN[2] + w * (TAN[4] + w * (TAN[6] + w * (TAN[8] + w * (TAN[10] + w * TAN[12])))));
  const s = z * x;
  r = y + z * (s * (r + v) + y);
  r += TAN[0] * s;
  const sum = x + r;
  if (large) {
    const k = inverse ? -1 : 1;
    return (1 - ((high >> 30) & 2)) * (k - 2 * (x - ((sum * sum) / (sum + k) - r)));
  }
  if (!inverse) return sum;
  // -1 / sum, in two parts
  const top = truncated(sum);
  const tail = r - (top - x);
  const a = -1 / sum;
  const t = truncated(a);
  return t + a * (1 + t * top + t * tail);
}

/** Tangent. @param x radians. @throws RangeError beyond 2^19 quarter turns. */
export function tan(x: number): number {
  checkAngle('tan', x);
  const high = highWord(x) & 0x7fffffff;
  if (high <= 0x3fe921fb) return high < 0x3e300000 ? x : tanKernel(x, 0, false);
  reduce(x);
  return tanKernel(reduced.y0, reduced.y1, (reduced.n & 1) === 1);
}

const [ATAN_HIGH, ATAN_LOW] = [
  [0.4636476090008061, 0.7853981633974483, 0.982793723247329, 1.5707963267948966],
  [2.2698777452961687e-17, 3.061616997868383e-17, 1.3903311031230998e-17, 6.123233995736766e-17],
] as const;
const ATAN = [
  0.3333333333333293, -0.19999999999876483, 0.14285714272503466, -0.11111110405462356, 0.09090887133436507,
  -0.0769187620504483, 0.06661073137387531, -0.058335701337905735, 0.049768779946159324, -0.036531572744216916,
  0.016285820115365782,
] as const;

/** Arc tangent of |x|'s distance from a point whose arc tangent is known: which point (-1: none), and the distance. */
function atanStart(x: number, high: number): readonly [number, number] {
  if (high < 0x3fdc0000) return [-1, x];
  const a = Math.abs(x);
  if (high < 0x3fe60000) return [0, (2 * a - 1) / (2 + a)];
  if (high < 0x3ff30000) return [1, (a - 1) / (a + 1)];
  if (high < 0x40038000) return [2, (a - 1.5) / (1 + 1.5 * a)];
  return [3, -1 / a];
}

/** Arc tangent, radians. */
export function atan(x: number): number {
  if (Number.isNaN(x)) return x;
  const high = highWord(x) & 0x7fffffff;
  if (high >= 0x44100000) return Math.sign(x) * (ATAN_HIGH[3] + ATAN_LOW[3]);
  if (high < 0x3e400000) return x;
  const [at, d] = atanStart(x, high);
  const z = d * d;
  const w = z * z;
  const odd = z * (ATAN[0] + w * (ATAN[2] + w * (ATAN[4] + w * (ATAN[6] + w * (ATAN[8] + w * ATAN[10])))));
  const even = w * (ATAN[1] + w * (ATAN[3] + w * (ATAN[5] + w * (ATAN[7] + w * ATAN[9]))));
  if (at < 0) return d - d * (odd + even);
  const value = ATAN_HIGH[at] - (d * (odd + even) - ATAN_LOW[at] - d);
  return x < 0 ? -value : value;
}

/** 53 more bits of pi. */
const PI_LOW = 1.2246467991473532e-16;

/** Angle of the point (x, y) from the +x axis, radians in [-pi, pi]. @throws RangeError unless both are finite. */
export function atan2(y: number, x: number): number {
  if (!Number.isFinite(x) || !Number.isFinite(y))
    throw new RangeError(`atan2: expected finite numbers, got ${y}, ${x}`);
  const [right, below] = [highWord(x) >= 0, highWord(y) < 0];
  if (y === 0) return right ? y : below ? -Math.PI : Math.PI;
  if (x === 0) return below ? -Math.PI / 2 : Math.PI / 2;
  if (x === 1) return atan(y);
  const exponents = ((highWord(y) & 0x7fffffff) - (highWord(x) & 0x7fffffff)) >> 20;
  let z: number;
  if (exponents > 60) z = Math.PI / 2 + 0.5 * PI_LOW;
  else if (!right && exponents < -60) z = 0;
  else z = atan(Math.abs(y / x));
  if (right) return below ? -z : z;
  return below ? z - PI_LOW - Math.PI : Math.PI - (z - PI_LOW);
}

/** Length of a vector (the scaled, compensated sum of squares that V8 uses). */
export function hypot(...components: readonly number[]): number {
  let max = 0;
  for (const c of components) max = Math.max(max, Math.abs(c));
  if (max === 0 || !Number.isFinite(max)) return max;
  let [sum, compensation] = [0, 0];
  for (const c of components) {
    const n = Math.abs(c) / max;
    const summand = n * n - compensation;
    const next = sum + summand;
    compensation = next - sum - summand;
    sum = next;
  }
  return Math.sqrt(sum) * max;
}
