import { describe, expect, it } from 'vitest';
import { type Rng, rngStream } from '../../../sim/math/rng.ts';

const draw = (seed: number, purpose: string, index: number): number => rngStream(seed, purpose, index).next();
const many = (count: number, of: () => number): number[] => Array.from({ length: count }, of);
const mean = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0) / v.length;

const GOLDEN = {
  first: [0.11641180373782933, 2.608596733510997, 4.870646139985012, 656, 0.5844126463388135],
  second: [0.13490695710061662, 0.5961070018398537, -0.9712552223509299, 318, 0.2725402297004055],
};

describe('random streams', () => {
  it('depend on seed, purpose and index, and on nothing else', () => {
    expect(draw(0, 'a', 0)).toBe(draw(0, 'a', 0));
    const keys = [
      ...[0, 1, 2 ** 32, 2 ** 40].flatMap((seed) => [0, 1, 2 ** 32, 2 ** 40].map((index) => draw(seed, 'a', index))),
      ...[draw(0, 'b', 0), draw(0, '', 0), draw(0, 'ab', 0), draw(0, 'ba', 0)],
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('have the numbers that they have always had', () => {
    const first = (rng: Rng): number[] => [rng.next(), rng.normal(), rng.range(-3, 5), rng.int(1000), rng.next()];
    expect(first(rngStream(0, 'scene/training/0', 0))).toEqual(GOLDEN.first);
    expect(first(rngStream(7, 'observe/evaluation', 2 ** 33 + 5))).toEqual(GOLDEN.second);
  });

  it('refuse keys that are no whole numbers, naming which', () => {
    for (const bad of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(() => rngStream(bad, 'a')).toThrow(`expected seed to be an integer >= 0, got ${bad}`);
      expect(() => rngStream(0, 'a', bad)).toThrow(`expected index to be an integer >= 0, got ${bad}`);
    }
  });

  it('are uniform and normal to three standard errors', () => {
    const rng = rngStream(3, 'moments');
    const n = 20_000;
    const [u, z] = [many(n, rng.next), many(n, rng.normal)];
    expect(u.every((v) => v >= 0 && v < 1)).toBe(true);
    expect(Math.abs(mean(u) - 0.5)).toBeLessThan(3 / Math.sqrt(12 * n));
    expect(Math.abs(mean(z))).toBeLessThan(3 / Math.sqrt(n));
    expect(Math.abs(mean(z.map((v) => v * v)) - 1)).toBeLessThan(3 * Math.sqrt(2 / n));
    expect(Math.abs(mean(z.map((v) => v ** 4)) - 3)).toBeLessThan(3 * Math.sqrt(96 / n));
    // they come in pairs
    expect(Math.abs(mean(z.slice(1).map((v, i) => v * z[i])))).toBeLessThan(3 / Math.sqrt(n));
  });

  it('of neighbouring keys, and neighbours in one stream, have nothing to do with one another', () => {
    const n = 20_000;
    const correlation = (a: readonly number[], b: readonly number[]): number =>
      12 * mean(a.map((v, i) => (v - 0.5) * (b[i] - 0.5)));
    const at = (shift: number): number[] => Array.from({ length: n }, (_, i) => draw(0, 'neighbours', i + shift));
    const seeds = Array.from({ length: n }, (_, i) => draw(i, 'neighbours', 0));
    const stream = many(n + 1, rngStream(1, 'neighbours').next);
    for (const [a, b] of [
      [at(0), at(1)],
      [at(0), seeds],
      [stream.slice(1), stream.slice(0, n)],
    ])
      expect(Math.abs(correlation(a, b))).toBeLessThan(4 / Math.sqrt(n));
  });

  it('pick every element equally often, and nothing else (chi-square, 1 in 1000)', () => {
    const rng = rngStream(2, 'pick');
    const [n, faces] = [12_000, ['a', 'b', 'c', 'd', 'e', 'f']];
    const counts = new Map(faces.map((f) => [f, 0]));
    for (let i = 0; i < n; i++) {
      const f = rng.pick(faces);
      counts.set(f, counts.get(f)! + 1);
    }
    expect(counts.size).toBe(6);
    const expected = n / 6;
    expect([...counts.values()].reduce((sum, c) => sum + (c - expected) ** 2 / expected, 0)).toBeLessThan(20.5);
    expect(new Set(many(1000, () => rng.int(3)))).toEqual(new Set([0, 1, 2]));
    expect(() => rng.pick([])).toThrow('rng.pick: expected a list with at least one element, got none');
  });
});
