import { describe, expect, it } from 'vitest';
import { adamStep, createAdam } from '../../../agent/network/optimizer.ts';
import type { Parameters } from '../../../agent/network/parameters.ts';

const weights = (): Parameters => ({
  kernel: { shape: [2, 1], values: Float32Array.of(1, -2) },
  bias: { shape: [2], values: Float32Array.of(1, -2) },
});
const GRADIENTS = { kernel: Float32Array.of(0.5, -3), bias: Float32Array.of(0.5, -3) };

describe('Adam', () => {
  it('steps by the learning rate against the gradient, whatever its size, and decays kernels alone', () => {
    const p = weights();
    adamStep(createAdam(p, 0.1, 0.5), p, GRADIENTS);
    expect(p.bias.values[0]).toBeCloseTo(1 - 0.1, 6);
    expect(p.bias.values[1]).toBeCloseTo(-2 + 0.1, 6);
    expect(p.kernel.values[0]).toBeCloseTo(1 * (1 - 0.05) - 0.1, 6);
    expect(p.kernel.values[1]).toBeCloseTo(-2 * (1 - 0.05) + 0.1, 6);
  });

  it('leaves alone what has no gradient, and scales the step of what has its own pace', () => {
    const p = weights();
    adamStep(createAdam(p, 0.1, 0), p, { bias: GRADIENTS.bias }, () => ({ rateScale: 0.5 }));
    expect([...p.kernel.values]).toEqual([1, -2]);
    expect(p.bias.values[0]).toBeCloseTo(1 - 0.05, 6);
  });

  it('pulls an anchored weight towards its anchor, in place of weight decay', () => {
    const p = weights();
    const anchor = { values: Float32Array.of(3, 3), strength: 2 };
    adamStep(createAdam(p, 0.1, 0.5), p, { kernel: Float32Array.of(0, 0) }, () => ({ anchor }));
    expect(p.kernel.values[0]).toBeCloseTo(3 + (1 - 3) * 0.8, 6);
    expect(p.kernel.values[1]).toBeCloseTo(3 + (-2 - 3) * 0.8, 6);
  });

  it('comes down a bowl', () => {
    const p: Parameters = { x: { shape: [2], values: Float32Array.of(4, -3) } };
    const adam = createAdam(p, 0.05, 0);
    for (let i = 0; i < 400; i++) adamStep(adam, p, { x: p.x.values.map((v) => 2 * v) });
    expect(Math.hypot(...p.x.values)).toBeLessThan(0.02);
    expect(adam.step).toBe(400);
  });
});
