import { beforeAll, describe, expect, it } from 'vitest';
import { type Camera, deproject, intrinsicsFromFov, lookAt, project } from '../../../sim/camera/camera.ts';
import { buildHeightmap, cellCentre, levelled, rescaled } from '../../../sim/camera/heightmap.ts';
import { addDepthNoise, type DepthNoise } from '../../../sim/camera/noise.ts';
import { LIGHTING_DEFAULTS, renderFrame, trueHeights } from '../../../sim/camera/render.ts';
import { axisAngle, compose, invert, type Pose, randomQuat, transform, type Vec3 } from '../../../sim/math/pose.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { part, partsMesh } from '../../../sim/objects/object.ts';
import { loadPhysics } from '../../../sim/physics.ts';

beforeAll(loadPhysics);

const camera = (eye: Vec3 = [0.05, -0.25, 0.55], sizePx = 128): Camera => ({
  intrinsics: intrinsicsFromFov(sizePx, sizePx, 40),
  pose: lookAt(eye, [0, 0, 0]),
});
const box = (half: Vec3, position: Vec3, angle = 0) => ({
  mesh: partsMesh([part({ kind: 'box', half })]),
  pose: { position, quaternion: axisAngle([0, 0, 1], angle) },
  colour: [0.9, 0.1, 0.1] as const,
});

describe('poses', () => {
  it('compose with their inverse to the identity', () => {
    const rng = rngStream(0, 'poses');
    for (let i = 0; i < 50; i++) {
      const pose: Pose = { position: [rng.normal(), rng.normal(), rng.normal()], quaternion: randomQuat(rng) };
      const point: Vec3 = [rng.normal(), rng.normal(), rng.normal()];
      const back = transform(compose(invert(pose), pose), point);
      for (let k = 0; k < 3; k++) expect(back[k]).toBeCloseTo(point[k], 9);
    }
  });
});

describe('the camera', () => {
  it('projects what it deprojects', () => {
    const view = camera();
    const depth = Float32Array.from({ length: 128 * 128 }, (_, i) => 0.3 + (i % 97) / 200);
    const points = deproject(view, depth);
    for (const i of [0, 77, 5000, 128 * 128 - 1]) {
      const [u, v, z] = project(view, [points[i * 3], points[i * 3 + 1], points[i * 3 + 2]]);
      expect(u).toBeCloseTo((i % 128) + 0.5, 3);
      expect(v).toBeCloseTo(Math.floor(i / 128) + 0.5, 3);
      expect(z).toBeCloseTo(depth[i], 5);
    }
  });

  it('refuses a depth image of another size', () => {
    expect(() => deproject(camera(), new Float32Array(10))).toThrow(/expected 16384 depths \(128 x 128\), got 10/);
  });

  it('looks down with +Y up in the picture', () => {
    const down: Camera = { intrinsics: intrinsicsFromFov(64, 64, 40), pose: lookAt([0, 0, 1], [0, 0, 0]) };
    expect(project(down, [0, 0.1, 0])[1]).toBeLessThan(32);
    expect(project(down, [0.1, 0, 0])[0]).toBeGreaterThan(32);
  });
});

describe('the rasteriser', () => {
  it('measures the depth of table and box to a tenth of a millimetre', () => {
    const view = camera();
    const { depth, segmentation } = renderFrame(
      view,
      [box([0.03, 0.02, 0.025], [0.02, 0.01, 0.025], 0.4)],
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
    const high = box([0.02, 0.02, 0.02], [0, 0, 0.1]);
    const low = box([0.01, 0.01, 0.01], [0, 0, 0.01]);
    const above: Camera = { intrinsics: intrinsicsFromFov(64, 64, 30), pose: lookAt([0, 0, 0.6], [0, 0, 0]) };
    const frame = renderFrame(above, [low, high], { ...LIGHTING_DEFAULTS, towardsLight: [1, 0, 1] });
    expect([...frame.segmentation]).not.toContain(2);
    const at = (x: number, y: number): number => {
      const [u, v] = project(above, [x, y, 0]);
      return frame.colour[(Math.floor(v) * 64 + Math.floor(u)) * 3];
    };
    expect(at(-0.09, 0)).toBeLessThan(at(0.09, 0) - 20);
  });

  it('draws nothing of a mesh behind the camera, and everything at any size of image', () => {
    const frame = renderFrame(camera(), [box([0.02, 0.02, 0.02], [0.05, -0.5, 1.2])], LIGHTING_DEFAULTS);
    expect([...frame.segmentation]).not.toContain(2);
    const wide: Camera = { intrinsics: intrinsicsFromFov(31, 17, 50), pose: lookAt([0.3, 0.3, 0.3], [0, 0, 0]) };
    expect([...renderFrame(wide, [box([0.04, 0.04, 0.04], [0, 0, 0.04])], LIGHTING_DEFAULTS).segmentation]).toContain(
      2,
    );
  });
});

describe('the heightmap', () => {
  it('puts a box where it is, with its height, and leaves no holes in its top', () => {
    const instance = box([0.04, 0.02, 0.03], [0.05, -0.04, 0.03], 0.3);
    const map = buildHeightmap(renderFrame(camera(), [instance], LIGHTING_DEFAULTS), { size: 96, cell: 0.004 });
    const { height } = trueHeights([instance], 96, 0.004);
    let [inside, wrong] = [0, 0];
    for (let i = 0; i < height.length; i++) {
      if (height[i] < 0.055) continue;
      inside++;
      if (Math.abs(map.height[i] - height[i]) > 0.002) wrong++;
    }
    expect(inside).toBeGreaterThan(150);
    expect(wrong / inside).toBeLessThan(0.06);
    const [x, y] = cellCentre(map, 38, 60);
    expect(x).toBeCloseTo(0.05, 9);
    expect(y).toBeCloseTo(-0.038, 9);
  });
});

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

describe('sensor models', () => {
  const flat = new Float32Array(96 * 96).fill(0.6);
  const noisy = (noise: DepthNoise, index: number, depth = flat): Float32Array =>
    addDepthNoise(depth, 96, 96, noise, rngStream(1, 'sensor', index));
  const mean = (v: readonly number[] | Float32Array): number => [...v].reduce((a, b) => a + b, 0) / v.length;
  const deviation = (v: readonly number[] | Float32Array): number =>
    Math.sqrt(mean([...v].map((x) => (x - mean(v)) ** 2)));

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
    const correlation = (gap: number): number => {
      const pairs = [...error].flatMap((e, i) => (i % 96 < 96 - gap ? [e * error[i + gap]] : []));
      return mean(pairs) / deviation(error) ** 2;
    };
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

  it('the table is found again when the sensor moves it', () => {
    const frame = renderFrame(camera(), [box([0.03, 0.02, 0.02], [0, 0, 0.02])], LIGHTING_DEFAULTS);
    const scaled = { ...frame, depth: frame.depth.map((z) => z * 1.04) };
    const map = levelled(buildHeightmap(scaled, { size: 96, cell: 0.004 }));
    const heights = [...map.height].filter((_, i) => map.observed[i]).sort((a, b) => a - b);
    expect(Math.abs(heights[heights.length >> 1])).toBeLessThan(0.001);
    expect(heights[heights.length - 1]).toBeCloseTo(0.04 * 1.04, 2);
  });

  it('one factor on all depths is found again in the table, and takes back what moved sideways', () => {
    const settings = { size: 96, cell: 0.004 };
    const frame = renderFrame(
      camera([0, -0.25, 0.55]),
      [box([0.03, 0.02, 0.02], [0.02, 0.04, 0.02])],
      LIGHTING_DEFAULTS,
    );
    // where the middle of the box appears to be, world y
    const middle = (seen: typeof frame): number => {
      const map = levelled(buildHeightmap(seen, settings));
      return mean(
        [...map.height].flatMap((z, i) => (z > 0.03 ? [cellCentre(map, Math.floor(i / map.size), 0)[1]] : [])),
      );
    };
    const exact = middle(frame);
    for (const factor of [0.94, 1.06]) {
      const scaled = { ...frame, depth: frame.depth.map((z) => z * factor) };
      expect(Math.abs(middle(scaled) - exact)).toBeGreaterThan(0.01);
      expect(Math.abs(middle(rescaled(scaled, settings)) - exact)).toBeLessThan(0.002);
    }
  });

  it('several cameras see what one does not', () => {
    const instances = [box([0.01, 0.06, 0.05], [0, 0, 0.05])];
    const side = (x: number) => renderFrame(camera([x, 0, 0.3]), instances, LIGHTING_DEFAULTS);
    const seen = (frames: Parameters<typeof buildHeightmap>[0]) =>
      buildHeightmap(frames, { size: 64, cell: 0.004 }).observed.reduce((a, b) => a + b, 0);
    expect(seen([side(-0.4), side(0.4)])).toBeGreaterThan(seen(side(0.4)) + 200);
  });

  it('texture changes the colours and nothing else', () => {
    const instances = [box([0.03, 0.02, 0.02], [0, 0, 0.02])];
    const [plain, grainy] = [0, 0.5].map((texture) =>
      renderFrame(camera(), instances, { ...LIGHTING_DEFAULTS, texture }),
    );
    expect(grainy.depth).toEqual(plain.depth);
    expect(grainy.colour).not.toEqual(plain.colour);
  });
});
