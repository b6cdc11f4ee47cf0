/** Exponentials and powers with the same bits in every JavaScript engine: fdlibm 5.3; `trigonometry.ts` says why, and its notice. */
import { highWord, scaled, truncated, withHigh } from './float-bits.ts';

const [LN2_HIGH, LN2_LOW] = [0.6931471803691238, 1.9082149292705877e-10];
const INVERSE_LN2 = Math.LOG2E;

/** The part of the exponential's remainder that is even in its argument; t is the square. */
const evenPart = (t: number): number =>
  t *
  (0.16666666666666602 +
    t *
      (-0.0027777777777015593 + t * (6.613756321437934e-5 + t * (-1.6533902205465252e-6 + t * 4.1381367970572385e-8))));

/** 2 ** k, for a normal result. */
const powerOfTwo = (k: number): number => withHigh(0, (1023 + k) << 20);

/** e to the power of x; 0 where the result would be below the normal range. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  if (x < -708) return 0;
  if (x === 1) return Math.E;
  const high = highWord(x) & 0x7fffffff;
  if (high < 0x3e300000) return 1 + x;
  let k = 0;
  if (high > 0x3fd62e42) k = high < 0x3ff0a2b2 ? Math.sign(x) : Math.trunc(INVERSE_LN2 * x + 0.5 * Math.sign(x));
  const upper = x - k * LN2_HIGH;
  const lower = k * LN2_LOW;
  const r = upper - lower;
  const c = r - evenPart(r * r);
  if (k === 0) return 1 - ((r * c) / (c - 2) - r);
  const y = 1 - (lower - (r * c) / (2 - c) - upper);
  return k === 1024 ? y * 2 * powerOfTwo(1023) : y * powerOfTwo(k);
}

/** 2 ** -k at 1022 + k, for the exponents of normal numbers: each the half of the one before, which is exact. */
const SCALES = new Float64Array(2047).fill(2 ** 1022);
for (let i = 1; i < SCALES.length; i++) SCALES[i] = SCALES[i - 1] / 2;

/** Natural logarithm. @throws RangeError for positive numbers below the normal range. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  if (x < 2 ** -1022) throw new RangeError(`log: expected a normal number, got ${x}`);
  const high = highWord(x);
  const top = high & 0xfffff;
  const carry = (top + 0x95f64) & 0x100000;
  const k = (high >> 20) - 1023 + (carry >> 20);
  const f = x * SCALES[1022 + k] - 1;
  const [up, down] = [k * LN2_HIGH, k * LN2_LOW];
  if ((0xfffff & (2 + top)) < 3) {
    if (f === 0) return up + down;
    const r = f * f * (0.5 - 0.3333333333333333 * f);
    return k === 0 ? f - r : up - (r - down - f);
  }
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const odd = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const even = z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const r = even + odd;
  if (((top - 0x6147a) | (0x6b851 - top)) > 0) {
    const half = 0.5 * f * f;
    return k === 0 ? f - (half - s * (half + r)) : up - (half - (s * (half + r) + down) - f);
  }
  return k === 0 ? f - s * (f - r) : up - (s * (f - r) - down - f);
}

/** Base-2 logarithm of a positive number, in two parts of which the first has few digits. */
const base2 = { high: 0, low: 0 };

function setBase2(x: number): void {
  const high = highWord(x);
  const top = high & 0xfffff;
  // x = 2 ** n * ax with ax near 1 or 1.5
  const near = top > 0x3988e && top < 0xbb67a ? 1 : 0;
  const n = (high >> 20) - 1023 + (top >= 0xbb67a ? 1 : 0);
  const exponent = (top | 0x3ff00000) - (top >= 0xbb67a ? 0x00100000 : 0);
  const ax = withHigh(x, exponent);
  const base = near ? 1.5 : 1;
  const u = ax - base;
  const v = 1 / (ax + base);
  const s = u * v;
  const sHigh = truncated(s);
  const sumHigh = withHigh(0, ((exponent >> 1) | 0x20000000) + 0x00080000 + (near << 18));
  const sLow = v * (u - sHigh * sumHigh - sHigh * (ax - (sumHigh - base)));
  const s2 = s * s;
  let r =
    s2 *
    s2 *
    (0.5999999999999946 +
      s2 *
        (0.4285714285785502 +
          s2 *
            (0.33333332981837743 + s2 * (0.272728123808534 + s2 * (0.23066074577556175 + s2 * 0.20697501780033842)))));
  r += sLow * (sHigh + s);
  const square = sHigh * sHigh;
  const tHigh = truncated(3 + square + r);
  const tLow = r - (tHigh - 3 - square);
  const p = sHigh * tHigh;
  const q = sLow * tHigh + tLow * s;
  const pHigh = truncated(p + q);
  const pLow = q - (pHigh - p);
  const zHigh = 0.9617967009544373 * pHigh;
  const zLow = -7.028461650952758e-9 * pHigh + pLow * 0.9617966939259756 + (near ? 1.350039202129749e-8 : 0);
  const offset = near ? 0.5849624872207642 : 0;
  base2.high = truncated(zHigh + zLow + offset + n);
  base2.low = zLow - (base2.high - n - offset - zHigh);
}

/**
 * x to the power of y, for x of 0 or more and results in the normal range.
 * @throws RangeError otherwise.
 */
export function pow(x: number, y: number): number {
  if (y === 0 || x === 1) return 1;
  if (x === 0 && y > 0) return 0;
  const inRange = x >= 2 ** -1022 && x < Number.POSITIVE_INFINITY && Math.abs(y) < 2 ** 31;
  if (!inRange) throw new RangeError(`pow: expected a positive normal base and a finite exponent, got ${x} and ${y}`);
  setBase2(x);
  const yHigh = truncated(y);
  const low = (y - yHigh) * base2.high + y * base2.low;
  let high = yHigh * base2.high;
  const z = low + high;
  if (!(Math.abs(z) < 1022)) throw new RangeError(`pow: expected a normal result, got ${x} to the power of ${y}`);
  const whole = Math.sign(z) * Math.floor(Math.abs(z) + 0.5);
  if ((highWord(z) & 0x7fffffff) > 0x3fe00000) high -= whole;
  const n = (highWord(z) & 0x7fffffff) > 0x3fe00000 ? whole : 0;
  const t = truncated(low + high);
  const u = t * 0.6931471824645996;
  const v = (low - (t - high)) * Math.LN2 + t * -1.904654299957768e-9;
  const sum = u + v;
  const w = v - (sum - u);
  const c = sum - evenPart(sum * sum);
  return scaled(1 - ((sum * c) / (c - 2) - (w + sum * w) - sum), n);
}
