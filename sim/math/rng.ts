/** Random numbers: the streams that everything samples from. */
import { log } from './exponential.ts';

/** A stream of pseudo-random numbers. Everything that samples takes one; nothing in graft calls `Math.random`. */
export interface Rng {
  /** Uniform in [0, 1), 53 bits. */
  next(): number;
  /** Uniform in [low, high). */
  range(low: number, high: number): number;
  /** Integer in [0, count). */
  int(count: number): number;
  /** Standard normal (Marsaglia polar method). */
  normal(): number;
  /** One element, uniformly. @throws RangeError if the list is empty. */
  pick<T>(list: readonly T[]): T;
}

/** Mixes a string into a 32-bit state (FNV-1a). */
function hashText(text: string, state: number): number {
  let h = state;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** 32-bit finaliser (splitmix-style), so that neighbouring keys give unrelated streams. */
function scramble(value: number): number {
  let h = (value + 0x9e3779b9) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * The stream keyed by (seed, purpose, index). Streams do not depend on which worker asks, or in which order, so a
 * result depends on its key alone. Seed 0 is a seed like any other.
 * Generator: sfc32 (C. Doty-Humphrey, PractRand), 128-bit state, 12 rounds of warm-up.
 * @throws RangeError if seed or index is not a non-negative safe integer.
 */
export function rngStream(seed: number, purpose: string, index = 0): Rng {
  for (const [name, value] of [
    ['seed', seed],
    ['index', index],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`rngStream: expected ${name} to be an integer >= 0, got ${value}`);
    }
  }
  const key = hashText(purpose, 0x811c9dc5);
  const first = scramble((seed >>> 0) ^ key);
  const second = scramble(Math.floor(seed / 2 ** 32) + first);
  const third = scramble((index >>> 0) ^ second);
  // in an array: variables that closures share are slower, and noise draws three numbers for every pixel
  const state = Int32Array.of(first, second, third, scramble(Math.floor(index / 2 ** 32) + third) | 1);
  const next32 = (): number => {
    const [b, c, counter] = [state[1], state[2], state[3]];
    const t = (state[0] + b + counter) | 0;
    state[0] = b ^ (b >>> 9);
    state[1] = c + (c << 3);
    state[2] = ((c << 21) | (c >>> 11)) + t;
    state[3] = counter + 1;
    return t;
  };
  for (let i = 0; i < 12; i++) next32();

  const spare = new Float64Array(1);
  let hasSpare = false;
  const next = (): number => ((next32() >>> 5) * 67108864 + (next32() >>> 6)) / 9007199254740992;
  return {
    next,
    range: (low, high) => low + (high - low) * next(),
    int: (count) => Math.floor(next() * count),
    normal: () => {
      if (hasSpare) {
        hasSpare = false;
        return spare[0];
      }
      for (;;) {
        const u = 2 * next() - 1;
        const v = 2 * next() - 1;
        const s = u * u + v * v;
        if (s > 0 && s < 1) {
          const scale = Math.sqrt((-2 * log(s)) / s);
          spare[0] = v * scale;
          hasSpare = true;
          return u * scale;
        }
      }
    },
    pick: (list) => {
      if (list.length === 0) throw new RangeError('rng.pick: expected a list with at least one element, got none');
      return list[Math.floor(next() * list.length)];
    },
  };
}
