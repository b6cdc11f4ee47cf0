import { describe, expect, it } from 'vitest';
import { project } from '../../../sim/camera/camera.ts';
import { buildHeightmap, HEIGHTMAP_DEFAULTS } from '../../../sim/camera/heightmap.ts';
import { observe, renderScene, type SensorSettings, sceneInstances } from '../../../sim/camera/observation.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { CUBE, sceneOf } from '../../support/scenes.ts';

const SENSOR: SensorSettings = {
  ...{ widthPx: 96, heightPx: 80, fovDeg: 42, fovJitterDeg: 0, eye: [0.02, -0.2, 0.52], target: [0, 0, 0.01] },
  ...{ extraViews: [], eyeJitter: 0, calibrationError: 0, noise: { model: 'none' }, randomLight: false, texture: 0 },
  heightmap: HEIGHTMAP_DEFAULTS,
};
const SCENE = sceneOf(CUBE, [0.03, -0.02, 0.02]);
const look = (sensor: Partial<SensorSettings>, index = 0, scene = SCENE) =>
  observe(scene, { ...SENSOR, ...sensor }, rngStream(0, 'test/observe', index));
const STREAMS = Array.from({ length: 40 }, (_, i) => i);

describe('an observation', () => {
  it('is the same bytes for the same stream, and others for another', () => {
    const wild = {
      eyeJitter: 0.02,
      randomLight: true,
      noise: { model: 'gamma-gp', shape: 1000, field: 0.005 },
    } as const;
    expect(look(wild)).toEqual(look(wild));
    expect(look(wild, 1).frame.colour).not.toEqual(look(wild).frame.colour);
  });

  it('without noise is the frame as it was rendered and the map made from it', () => {
    const { frame, heightmap } = look({});
    expect(frame).toEqual(renderScene(SCENE, SENSOR, rngStream(9, 'any')));
    expect(heightmap).toEqual(buildHeightmap(frame, HEIGHTMAP_DEFAULTS));
    expect([frame.camera.intrinsics.widthPx, frame.camera.intrinsics.heightPx]).toEqual([96, 80]);
    const [u, v] = project(frame.camera, [0.03, -0.02, 0.04]).map(Math.floor);
    expect(frame.segmentation[v * 96 + u]).toBe(2);
  });

  it('shifts the camera within its jitter, all of it, and knows where it is', () => {
    const eyes = STREAMS.map((i) => look({ eyeJitter: 0.02 }, i).frame.camera.pose.position);
    for (const k of [0, 1, 2]) {
      const off = eyes.map((e) => e[k] - SENSOR.eye[k]);
      expect(Math.max(...off.map(Math.abs))).toBeLessThanOrEqual(0.02);
      expect(Math.max(...off) - Math.min(...off)).toBeGreaterThan(0.03);
    }
    // a camera that knows where it is sees the cube where it is
    for (const i of [0, 1, 2]) {
      const { height, size, cell } = look({ eyeJitter: 0.02 }, i).heightmap;
      const at = Math.floor((-0.02 + (size * cell) / 2) / cell) * size + Math.floor((0.03 + (size * cell) / 2) / cell);
      expect(height[at]).toBeCloseTo(0.04, 3);
    }
  });

  it('changes the field of view within its jitter, and draws nothing where there is none', () => {
    const focal = STREAMS.map((i) => look({ fovJitterDeg: 4 }, i).frame.camera.intrinsics.fy);
    const of = (deg: number): number => 40 / Math.tan((deg * Math.PI) / 360);
    expect(Math.min(...focal)).toBeGreaterThan(of(46));
    expect(Math.max(...focal)).toBeLessThan(of(38));
    expect(Math.max(...focal) - Math.min(...focal)).toBeGreaterThan((of(38) - of(46)) / 2);
    const rng = rngStream(0, 'test/draws');
    renderScene(SCENE, SENSOR, rng);
    const after = rngStream(0, 'test/draws');
    for (let i = 0; i < 3; i++) after.next();
    expect(rng.next()).toBe(after.next());
  });

  it('with an error of calibration is believed to come from elsewhere; the picture is the same', () => {
    const [true_, wrong] = [look({}), look({ calibrationError: 0.01 })];
    expect(wrong.frame.depth).toEqual(true_.frame.depth);
    expect(wrong.frame.camera.pose.position).not.toEqual(true_.frame.camera.pose.position);
    const off = STREAMS.flatMap((i) =>
      look({ calibrationError: 0.01 }, i).frame.camera.pose.position.map((x, k) => x - SENSOR.eye[k]),
    );
    const deviation = Math.sqrt(off.reduce((s, x) => s + x * x, 0) / off.length);
    expect(deviation / 0.01).toBeGreaterThan(0.8);
    expect(deviation / 0.01).toBeLessThan(1.2);
    // the table is found again in the data
    const heights = [...wrong.heightmap.height].filter((_, i) => wrong.heightmap.observed[i]).sort((a, b) => a - b);
    expect(Math.abs(heights[heights.length >> 1])).toBeLessThan(0.001);
  });

  it('from several cameras shows in one map what none of them sees alone', () => {
    const views = {
      eye: [0.5, 0, 0.2],
      target: [0, 0, 0],
      extraViews: [{ eye: [-0.5, 0, 0.2], target: [0, 0, 0] }],
    } as const;
    const seen = (sensor: Partial<SensorSettings>): number =>
      look(sensor).heightmap.observed.reduce((a, b) => a + b, 0);
    expect(seen(views)).toBeGreaterThan(seen({ ...views, extraViews: [] }) + 100);
    // and the frame is that of the first
    for (const noise of [{ model: 'none' }, { model: 'gamma-gp', shape: 1000, field: 0.005 }] as const)
      expect(look({ ...views, noise }).frame).toEqual(look({ ...views, noise, extraViews: [] }).frame);
  });

  it('of a bin takes its walls for the table', () => {
    const binned = { ...SCENE, bin: { halfWidth: 0.12, height: 0.05 } };
    const { frame } = look({}, 0, binned);
    expect(new Set(frame.segmentation)).toEqual(new Set([1, 2]));
    expect(frame.depth).not.toEqual(look({}).frame.depth);
    expect(sceneInstances(binned)).toHaveLength(1);
  });
});
