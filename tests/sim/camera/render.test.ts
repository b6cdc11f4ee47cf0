import { describe, expect, it } from 'vitest';
import { type Camera, deproject, intrinsicsFromFov, lookAt, project } from '../../../sim/camera/camera.ts';
import { type Instance, LIGHTING_DEFAULTS, renderFrame, trueHeights } from '../../../sim/camera/render.ts';
import { cross, dot, normalize, randomQuat, rotate, subtract, transform, type Vec3 } from '../../../sim/math/pose.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { sampleObject, TRAINING_FAMILIES } from '../../../sim/objects/families.ts';
import { boxAt, cameraAt } from '../../support/views.ts';

const above: Camera = { intrinsics: intrinsicsFromFov(64, 64, 30), pose: lookAt([0, 0, 0.6], [0, 0, 0]) };

/** A few objects strewn in space, as they might lie or float. */
function strewn(): Instance[] {
  const rng = rngStream(0, 'test/render');
  const ranges = { scale: [1, 1], density: [500, 500], friction: [0.5, 0.5] } as const;
  return TRAINING_FAMILIES.slice(0, 5).map((family) => {
    const { mesh, colour } = sampleObject(family, ranges, rng);
    const position: Vec3 = [rng.range(-0.1, 0.1), rng.range(-0.1, 0.1), rng.range(0.02, 0.1)];
    return { mesh, colour, pose: { position, quaternion: randomQuat(rng) } };
  });
}

/** The triangles of instances in the world, with the number of the instance that each is of. */
const trianglesOf = (instances: readonly Instance[]) =>
  instances.flatMap(({ mesh: { positions: p, indices }, pose }, instance) => {
    const corner = (i: number): Vec3 => transform(pose, [p[3 * i], p[3 * i + 1], p[3 * i + 2]]);
    return Array.from({ length: indices.length / 3 }, (_, t) => {
      const [a, b, c] = [0, 1, 2].map((k) => corner(indices[3 * t + k]));
      return { instance, a, b, c, normal: cross(subtract(b, a), subtract(c, a)) };
    });
  });

/** Distance along a ray to the first front face, the long way; and how near the ray passes an edge. */
function cast(
  triangles: ReturnType<typeof trianglesOf>,
  from: Vec3,
  ray: Vec3,
): { t: number; instance: number; edge: number } {
  let found = { t: Number.POSITIVE_INFINITY, instance: -1 };
  let edge = Number.POSITIVE_INFINITY;
  for (const { instance, a, b, c, normal } of triangles) {
    const facing = -dot(normal, ray);
    if (facing <= 0) continue;
    const t = -dot(normal, subtract(a, from)) / facing;
    const hit: Vec3 = [from[0] + t * ray[0], from[1] + t * ray[1], from[2] + t * ray[2]];
    const area = dot(normal, normal);
    const weight = (q: Vec3, r: Vec3): number => dot(normal, cross(subtract(r, q), subtract(hit, q))) / area;
    const least = Math.min(weight(b, c), weight(c, a), weight(a, b));
    if (least > -0.02) edge = Math.min(edge, Math.abs(least));
    if (least >= 0 && t < found.t) found = { t, instance };
  }
  return { ...found, edge };
}

describe('the rasteriser', () => {
  it('measures the depth of table and box to a tenth of a millimetre', () => {
    const view = cameraAt();
    const { depth, segmentation } = renderFrame(
      view,
      [boxAt([0.03, 0.02, 0.025], [0.02, 0.01, 0.025], 0.4)],
      LIGHTING_DEFAULTS,
    );
    const points = deproject(view, depth);
    let [table, top] = [0, 0];
    for (let i = 0; i < depth.length; i++) {
      const [x, y, z] = points.subarray(i * 3, i * 3 + 3);
      // well inside the box's top, in its own frame: the sides reach up to the same height
      const along = Math.cos(0.4) * (x - 0.02) + Math.sin(0.4) * (y - 0.01);
      const across = Math.cos(0.4) * (y - 0.01) - Math.sin(0.4) * (x - 0.02);
      if (segmentation[i] === 1) {
        table++;
        expect(Math.abs(z)).toBeLessThan(1e-4);
      } else if (Math.abs(along) < 0.028 && Math.abs(across) < 0.018 && z > 0.03) {
        top++;
        expect(Math.abs(z - 0.05)).toBeLessThan(1e-4);
      }
    }
    expect(table).toBeGreaterThan(5000);
    expect(top).toBeGreaterThan(100);
  });

  it('hides what is behind, and casts a shadow away from the light', () => {
    const high = boxAt([0.02, 0.02, 0.02], [0, 0, 0.1]);
    const low = boxAt([0.01, 0.01, 0.01], [0, 0, 0.01]);
    const frame = renderFrame(above, [low, high], { ...LIGHTING_DEFAULTS, towardsLight: [1, 0, 1] });
    expect([...frame.segmentation]).not.toContain(2);
    const at = (x: number, y: number): number => {
      const [u, v] = project(above, [x, y, 0]);
      return frame.colour[(Math.floor(v) * 64 + Math.floor(u)) * 3];
    };
    expect(at(-0.09, 0)).toBeLessThan(at(0.09, 0) - 20);
  });

  it('draws nothing of a mesh behind the camera, and everything at any size of image', () => {
    const frame = renderFrame(cameraAt(), [boxAt([0.02, 0.02, 0.02], [0.05, -0.5, 1.2])], LIGHTING_DEFAULTS);
    expect([...frame.segmentation]).not.toContain(2);
    const wide: Camera = { intrinsics: intrinsicsFromFov(31, 17, 50), pose: lookAt([0.3, 0.3, 0.3], [0, 0, 0]) };
    expect([...renderFrame(wide, [boxAt([0.04, 0.04, 0.04], [0, 0, 0.04])], LIGHTING_DEFAULTS).segmentation]).toContain(
      2,
    );
  });

  it('sees in every pixel what a ray through it meets first', () => {
    const instances = strewn();
    const triangles = trianglesOf(instances);
    const view = cameraAt([0.1, -0.3, 0.4], 48);
    const { depth, segmentation } = renderFrame(view, instances, LIGHTING_DEFAULTS);
    const { fx, fy, cx, cy } = view.intrinsics;
    let compared = 0;
    const wrong: number[] = [];
    for (let i = 0; i < depth.length; i++) {
      const local: Vec3 = [((i % 48) + 0.5 - cx) / fx, (Math.floor(i / 48) + 0.5 - cy) / fy, 1];
      const ray = rotate(view.pose.quaternion, local);
      const { t, instance, edge } = cast(triangles, view.pose.position, ray);
      const table = -view.pose.position[2] / ray[2];
      // on an edge the two may disagree about which side the pixel is
      if (edge < 0.01) continue;
      compared++;
      const segment = t < table ? 2 + instance : 1;
      if (segmentation[i] !== segment || !(Math.abs(depth[i] - Math.min(t, table)) < 1e-4)) wrong.push(i);
    }
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(2000);
    expect(new Set(segmentation).size).toBeGreaterThan(4);
  });

  it("lights every face by Lambert's law", () => {
    const lighting = { ...LIGHTING_DEFAULTS, towardsLight: [1, -1, 2] as const, ambient: 0.3, shadows: false };
    const box = boxAt([0.04, 0.04, 0.04], [0, 0, 0.04]);
    const view = cameraAt([0.3, -0.3, 0.4]);
    const frame = renderFrame(view, [{ ...box, colour: [0.5, 0.25, 1] }], lighting);
    const srgb = (x: number): number => 255 * (1.055 * x ** (1 / 2.4) - 0.055);
    for (const [normal, middle] of [
      [
        [0, 0, 1],
        [0, 0, 0.08],
      ],
      [
        [1, 0, 0],
        [0.04, 0, 0.04],
      ],
      [
        [0, -1, 0],
        [0, -0.04, 0.04],
      ],
    ] as const) {
      const amount = 0.3 + 0.7 * Math.max(0, dot(normal, normalize(lighting.towardsLight)));
      const [u, v] = project(view, middle).map(Math.floor);
      const at = 3 * (v * 128 + u);
      [0.5, 0.25, 1].forEach((c, k) => {
        expect(Math.abs(frame.colour[at + k] - srgb(c * amount))).toBeLessThan(2);
      });
    }
  });

  it('gives the same bytes again', () => {
    const frame = () => renderFrame(cameraAt(), strewn(), LIGHTING_DEFAULTS);
    expect(frame()).toEqual(frame());
  });

  it('takes what is background for the table, and lights it like anything else', () => {
    const [object, wall] = [boxAt([0.02, 0.02, 0.02], [0, 0, 0.02]), boxAt([0.01, 0.05, 0.02], [0.08, 0, 0.02])];
    const frame = renderFrame(above, [object, { ...wall, background: true }], LIGHTING_DEFAULTS);
    expect(new Set(frame.segmentation)).toEqual(new Set([1, 2]));
    const [u, v] = project(above, [0.08, 0, 0.04]);
    const at = Math.floor(v) * 64 + Math.floor(u);
    expect([frame.segmentation[at], frame.depth[at]]).toEqual([1, expect.closeTo(0.56, 4)]);
    expect(frame.colour[3 * at]).toBeGreaterThan(2 * frame.colour[3 * at + 1]);
  });

  it('sees nothing where the table ends', () => {
    const far: Camera = { intrinsics: intrinsicsFromFov(32, 32, 60), pose: lookAt([0, 0, 2], [0, 0, 0]) };
    const { depth, segmentation, colour } = renderFrame(far, [], LIGHTING_DEFAULTS);
    segmentation.forEach((s, i) => {
      const [x, y] = [((i % 32) + 0.5 - 16) / far.intrinsics.fx, (Math.floor(i / 32) + 0.5 - 16) / far.intrinsics.fy];
      const onTable = Math.max(Math.abs(x), Math.abs(y)) * 2 <= 0.6;
      expect([s, depth[i] > 0, colour[3 * i] > 0]).toEqual(onTable ? [1, true, true] : [0, false, false]);
    });
  });

  it('texture changes the colours and nothing else', () => {
    const instances = [boxAt([0.03, 0.02, 0.02], [0, 0, 0.02])];
    const [plain, grainy] = [0, 0.5].map((texture) =>
      renderFrame(cameraAt(), instances, { ...LIGHTING_DEFAULTS, texture }),
    );
    expect(grainy.depth).toEqual(plain.depth);
    expect(grainy.colour).not.toEqual(plain.colour);
  });
});

describe('the true heights', () => {
  it('are the highest points above the middles of the cells, whatever covers them', () => {
    const instances = strewn();
    const triangles = trianglesOf(instances);
    const [size, cell] = [32, 0.0125];
    const { height, owner } = trueHeights(instances, size, cell);
    let compared = 0;
    const wrong: number[] = [];
    for (let i = 0; i < height.length; i++) {
      const [x, y] = [((i % size) + 0.5) * cell - 0.2, (Math.floor(i / size) + 0.5) * cell - 0.2];
      const { t, instance, edge } = cast(triangles, [x, y, 1], [0, 0, -1]);
      if (edge < 0.01) continue;
      compared++;
      if (owner[i] !== instance || !(Math.abs(height[i] - (instance < 0 ? 0 : 1 - t)) < 1e-5)) wrong.push(i);
    }
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(700);
    expect(new Set(owner).size).toBeGreaterThan(4);
  });
});
