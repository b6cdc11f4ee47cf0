import { beforeAll, describe, expect, it } from 'vitest';
import { INPUT_CHANNELS, writeInput } from '../../../agent/network/window.ts';
import type { Heightmap } from '../../../sim/camera/heightmap.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { tabletopMap } from '../../support/learner/trunks.ts';

let map: Heightmap;

beforeAll(async () => {
  await loadPhysics();
  map = tabletopMap();
});

describe('the input', () => {
  it('of a mirrored window is that of the mirrored scene', () => {
    const flipped: Heightmap = {
      ...map,
      height: new Float32Array(map.height.length),
      colour: new Float32Array(map.colour.length),
      observed: new Uint8Array(map.observed.length),
    };
    for (let r = 0; r < map.size; r++) {
      for (let c = 0; c < map.size; c++) {
        const [to, from] = [r * map.size + c, r * map.size + map.size - 1 - c];
        flipped.height[to] = map.height[from];
        flipped.observed[to] = map.observed[from];
        for (let k = 0; k < 3; k++) flipped.colour[to * 3 + k] = map.colour[from * 3 + k];
      }
    }
    const window = { centre: [0.02, 0.01] as const, yaw: 0.3, rows: 16, cols: 24 };
    const [a, b] = [new Float32Array(16 * 24 * INPUT_CHANNELS), new Float32Array(16 * 24 * INPUT_CHANNELS)];
    writeInput(map, { ...window, flipX: true }, a, 0);
    writeInput(flipped, { ...window, centre: [-0.02, 0.01], yaw: -0.3 }, b, 0);
    expect(Math.max(...a.map((v, i) => Math.abs(v - b[i])))).toBeLessThan(2e-3);
  });
});
