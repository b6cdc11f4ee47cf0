import { describe, expect, it } from 'vitest';
import { fillTriangle, type RasterTarget } from '../../../sim/camera/raster.ts';
import { rngStream } from '../../../sim/math/rng.ts';

/** x, y and nearness of a corner. */
type Corner = readonly [number, number, number];
type Triangle = readonly [Corner, Corner, Corner];

const [WIDTH, HEIGHT] = [24, 17];
const target = (): RasterTarget => ({
  ...{ width: WIDTH, height: HEIGHT },
  inverse: new Float32Array(WIDTH * HEIGHT),
  owner: new Int32Array(WIDTH * HEIGHT).fill(-1),
});
const fill = (t: RasterTarget, owner: number, [a, b, c]: Triangle): void => fillTriangle(t, owner, ...a, ...b, ...c);

/** Barycentric weights of a point, by areas. */
function weights([a, b, c]: Triangle, x: number, y: number): number[] {
  const area = (p: Corner, q: Corner, r: readonly [number, number]): number =>
    (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]);
  const whole = area(a, b, [c[0], c[1]]);
  return [area(b, c, [x, y]) / whole, area(c, a, [x, y]) / whole, area(a, b, [x, y]) / whole];
}

const rng = rngStream(0, 'test/raster');
const corner = (): Corner => [rng.range(-10, 34), rng.range(-10, 27), rng.range(0.1, 5)];
/** Clockwise on a picture whose rows run down: towards the camera. */
function facing(): Triangle {
  const [a, b, c] = [corner(), corner(), corner()];
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) < 0 ? [a, b, c] : [a, c, b];
}

describe('a triangle', () => {
  it('covers the pixels whose middles lie in it, and gives each the nearness of its plane', () => {
    const wrong: string[] = [];
    for (let i = 0; i < 200; i++) {
      const [t, triangle] = [target(), facing()];
      fill(t, 7, triangle);
      for (let p = 0; p < WIDTH * HEIGHT; p++) {
        const w = weights(triangle, (p % WIDTH) + 0.5, Math.floor(p / WIDTH) + 0.5);
        const least = Math.min(...w);
        // within rounding of an edge either is right
        if (Math.abs(least) < 1e-6) continue;
        const plane = w[0] * triangle[0][2] + w[1] * triangle[1][2] + w[2] * triangle[2][2];
        const [owner, nearness] = least > 0 ? [7, plane] : [-1, 0];
        if (t.owner[p] !== owner || Math.abs(t.inverse[p] - nearness) > 1e-4) wrong.push(`${i}: ${p}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('that faces away, or has no area, draws nothing', () => {
    for (let i = 0; i < 50; i++) {
      const [a, b, c] = facing();
      const t = target();
      fill(t, 1, [a, c, b]);
      fill(t, 1, [a, b, b]);
      expect(t).toEqual(target());
    }
  });

  it('hides what is farther, in whatever order they come', () => {
    const triangles = Array.from({ length: 12 }, facing);
    const [forward, backward] = [target(), target()];
    triangles.forEach((triangle, k) => {
      fill(forward, k, triangle);
    });
    [...triangles.keys()].reverse().forEach((k) => {
      fill(backward, k, triangles[k]);
    });
    expect(backward).toEqual(forward);
    expect(new Set(forward.owner).size).toBeGreaterThan(5);
  });

  it('leaves no hole along the edge that it shares', () => {
    for (let i = 0; i < 50; i++) {
      const [x, y] = [rng.range(4, 20), rng.range(4, 13)];
      const rim: Corner[] = [
        [-5, -5, 1],
        [30, -5, 1],
        [30, 25, 1],
        [-5, 25, 1],
      ];
      const t = target();
      rim.forEach((from, k) => {
        fill(t, k, [[x, y, 1], rim[(k + 1) % 4], from]);
      });
      expect(t.owner).not.toContain(-1);
    }
  });
});
