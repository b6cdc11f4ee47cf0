import { beforeAll, describe, expect, it } from 'vitest';
import { createWorld, freeWorld, loadPhysics, PHYSICS_DEFAULTS } from '../../sim/physics.ts';

beforeAll(loadPhysics);

describe('a world', () => {
  it('leaves nothing behind when it is freed, though no other task runs meanwhile', () => {
    const once = (): void => freeWorld(createWorld(PHYSICS_DEFAULTS));
    for (let i = 0; i < 100; i++) once();
    const before = process.memoryUsage().external;
    for (let i = 0; i < 8000; i++) once();
    // some 2 kB a world if what it was restored from stays
    expect(process.memoryUsage().external - before).toBeLessThan(1.5e6);
  });
});
