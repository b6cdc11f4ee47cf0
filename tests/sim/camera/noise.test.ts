import { describe, expect, it } from 'vitest';
import { addDepthNoise, type DepthNoise, movesTable } from '../../../sim/camera/noise.ts';
import { rngStream } from '../../../sim/math/rng.ts';

describe('depth noise', () => {
  it('has the standard deviation it says, and drops pixels', () => {
    const depth = new Float32Array(128 * 128).fill(0.5);
    const noisy = addDepthNoise(
      depth,
      128,
      128,
      { model: 'gaussian-field', field: 0, pixel: 0.002, dropout: 0.1 },
      rngStream(0, 'noise'),
    );
    const kept = [...noisy].filter((z) => z > 0);
    expect(1 - kept.length / depth.length).toBeCloseTo(0.1, 1);
    const deviation = Math.sqrt(kept.reduce((s, z) => s + (z - 0.5) ** 2, 0) / kept.length);
    expect(deviation / 0.002).toBeGreaterThan(0.95);
    expect(deviation / 0.002).toBeLessThan(1.05);
    expect(addDepthNoise(depth, 128, 128, { model: 'none' }, rngStream(0, 'noise'))).toEqual(depth);
  });
});

/** Every model, strong enough to be seen. */
const MODELS: { readonly [M in DepthNoise['model']]: DepthNoise & { readonly model: M } } = {
  none: { model: 'none' },
  'gaussian-field': { model: 'gaussian-field', field: 0.002, pixel: 0.002, dropout: 0.05 },
  'gamma-gp': { model: 'gamma-gp', shape: 1000, field: 0.005 },
  stereo: { model: 'stereo', axial: 0.004, edgeDropout: 0.5, holes: 2, holeRadiusPx: 3 },
  quantised: { model: 'quantised', step: 0.002 },
};

describe.each(Object.values(MODELS))('the model $model', (noise) => {
  const [width, height] = [33, 21];
  const depth = Float32Array.from({ length: width * height }, (_, i) => (i % 5 === 0 ? 0 : 0.4 + 0.001 * (i % 97)));
  const noisy = (of = depth, index = 0): Float32Array =>
    addDepthNoise(of, width, height, noise, rngStream(3, 'model', index));

  it('gives the same for the same stream and leaves the picture that it was given alone', () => {
    const before = depth.slice();
    expect(noisy()).toEqual(noisy());
    expect(depth).toEqual(before);
    expect(noisy()).not.toBe(depth);
    if (noise.model !== 'none' && noise.model !== 'quantised') expect(noisy()).not.toEqual(noisy(depth, 1));
  });

  it('makes no return where there was none, and no depth that is none', () => {
    const out = noisy();
    depth.forEach((z, i) => {
      if (z === 0) expect(out[i]).toBe(0);
      expect(Number.isFinite(out[i]) && out[i] >= 0).toBe(true);
    });
    expect([...out].filter((z) => z > 0).length).toBeGreaterThan(depth.length / 3);
  });

  it('errs in one pixel whatever the others see', () => {
    const flat = new Float32Array(width * height).fill(0.5);
    const other = flat.slice();
    other[0] = 0.501;
    expect(noisy(other).subarray(1)).toEqual(noisy(flat).subarray(1));
  });
});

it('only models that scale, skew or quantise the picture move the table', () => {
  expect(
    Object.values(MODELS)
      .filter(movesTable)
      .map((n) => n.model),
  ).toEqual(['gamma-gp', 'stereo', 'quantised']);
});

describe('sensor models', () => {
  const flat = new Float32Array(96 * 96).fill(0.6);
  const noisy = (noise: DepthNoise, index: number, depth = flat): Float32Array =>
    addDepthNoise(depth, 96, 96, noise, rngStream(1, 'sensor', index));
  const mean = (v: readonly number[] | Float32Array): number => [...v].reduce((a, b) => a + b, 0) / v.length;
  const deviation = (v: readonly number[] | Float32Array): number => {
    const middle = mean(v);
    return Math.sqrt(mean([...v].map((x) => (x - middle) ** 2)));
  };

  it('gamma-gp multiplies whole images by a factor of standard deviation 1 / sqrt(1000)', () => {
    const factors = Array.from(
      { length: 400 },
      (_, i) => mean(noisy({ model: 'gamma-gp', shape: 1000, field: 0 }, i)) / 0.6,
    );
    expect(mean(factors)).toBeCloseTo(1, 2);
    expect(deviation(factors) * Math.sqrt(1000)).toBeGreaterThan(0.88);
    expect(deviation(factors) * Math.sqrt(1000)).toBeLessThan(1.12);
  });

  it('gamma-gp adds a smooth field: neighbours err together, far pixels do not', () => {
    const error = noisy({ model: 'gamma-gp', shape: 1e6, field: 0.005 }, 0).map((z) => z - 0.6);
    const variance = deviation(error) ** 2;
    const correlation = (gap: number): number =>
      mean([...error].flatMap((e, i) => (i % 96 < 96 - gap ? [e * error[i + gap]] : []))) / variance;
    expect(correlation(1)).toBeGreaterThan(0.8);
    expect(Math.abs(correlation(20))).toBeLessThan(0.25);
  });

  it('stereo errs with the square of depth, loses edges, and has holes', () => {
    const model = { model: 'stereo', axial: 0.004, edgeDropout: 1, holes: 0, holeRadiusPx: 3 } as const;
    expect(
      deviation(
        noisy(
          model,
          0,
          flat.map(() => 1),
        ),
      ) / 0.004,
    ).toBeCloseTo(1, 1);
    expect(
      deviation(
        noisy(
          model,
          0,
          flat.map(() => 0.5),
        ),
      ) / 0.001,
    ).toBeCloseTo(1, 1);
    const step = flat.map((_, i) => (i % 96 < 48 ? 0.5 : 0.6));
    const lost = noisy(model, 1, step);
    expect([47, 48].every((u) => lost[96 * 10 + u] === 0)).toBe(true);
    expect(lost[96 * 10 + 20]).toBeGreaterThan(0.4);
    expect([...noisy({ ...model, holes: 10 }, 2)].filter((z) => z === 0).length).toBeGreaterThan(20);
  });

  it('quantised gives whole steps', () => {
    const depth = flat.map((_, i) => 0.5 + i * 1e-5);
    for (const z of noisy({ model: 'quantised', step: 0.002 }, 0, depth))
      expect(Math.abs(z / 0.002 - Math.round(z / 0.002))).toBeLessThan(1e-3);
  });
});
