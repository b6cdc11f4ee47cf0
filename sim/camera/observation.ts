/** Observation: sampled cameras and light, noisy frames, and the heightmap of them. */
import { binMeshes } from '../bin.ts';
import type { Vec3 } from '../math/pose.ts';
import type { Rng } from '../math/rng.ts';
import { cos, sin } from '../math/trigonometry.ts';
import type { Scene } from '../scene.ts';
import { type Camera, intrinsicsFromFov, lookAt } from './camera.ts';
import { buildHeightmap, type Heightmap, type HeightmapSettings, levelled, rescaled } from './heightmap.ts';
import { addDepthNoise, type DepthNoise, movesTable } from './noise.ts';
import { type Frame, type Instance, LIGHTING_DEFAULTS, type Lighting, renderFrame } from './render.ts';

/** Where a camera is and what it looks at, world frame, metres. */
export interface ViewSettings {
  readonly eye: Vec3;
  readonly target: Vec3;
}

/** The cameras, their noise, and how far each frame's view, light and colours stray from the nominal ones. */
export interface SensorSettings extends ViewSettings {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Vertical field of view, degrees. */
  readonly fovDeg: number;
  /** Largest change of the field of view, degrees; known to the policy. */
  readonly fovJitterDeg: number;
  /** Further cameras of the same kind; all go into one heightmap. */
  readonly extraViews: readonly ViewSettings[];
  /** Largest random shift of the camera along each axis, metres; known to the policy (the camera is calibrated). */
  readonly eyeJitter: number;
  /** Standard deviation of the error of the calibration, each axis, metres; not known to the policy. */
  readonly calibrationError: number;
  readonly noise: DepthNoise;
  /**
   * Where noise or calibration move the whole picture, how the table that was seen is brought back to height 0: heights are
   * shifted (the default), or first all depths of a frame are scaled by one factor.
   */
  readonly tableCorrection?: 'shift' | 'scale';
  /** Randomise the light's direction and strength and the table's colour. */
  readonly randomLight: boolean;
  /** Contrast of a random texture on table and objects, 0 = plain. */
  readonly texture: number;
  readonly heightmap: HeightmapSettings;
}

/** What a policy sees: the first camera's noisy frame, and the heightmap made from all cameras. */
export interface Observation {
  readonly frame: Frame;
  readonly heightmap: Heightmap;
}

/** The scene's objects as the renderer wants them. */
export const sceneInstances = (scene: Scene): Instance[] =>
  scene.objects.map(({ model, pose }) => ({ mesh: model.mesh, pose, colour: model.colour }));

/** Draws one camera of a frame. @param view one of the sensor's views. */
function sampleCamera(sensor: SensorSettings, rng: Rng, view: ViewSettings = sensor): Camera {
  const shift = (): number => rng.range(-sensor.eyeJitter, sensor.eyeJitter);
  const eye: Vec3 = [view.eye[0] + shift(), view.eye[1] + shift(), view.eye[2] + shift()];
  // no draw where nothing is drawn, so that a scenario without jitter keeps the streams it had
  const fovDeg = sensor.fovDeg + (sensor.fovJitterDeg > 0 ? rng.range(-sensor.fovJitterDeg, sensor.fovJitterDeg) : 0);
  return { intrinsics: intrinsicsFromFov(sensor.widthPx, sensor.heightPx, fovDeg), pose: lookAt(eye, view.target) };
}

/** Draws the light of one frame. */
function sampleLighting({ randomLight, texture }: SensorSettings, rng: Rng): Lighting {
  if (!randomLight) return { ...LIGHTING_DEFAULTS, texture };
  const [azimuth, slope] = [rng.range(0, 2 * Math.PI), rng.range(0.15, 0.9)];
  const [grey, ambient] = [rng.range(0.12, 0.6), rng.range(0.3, 0.6)];
  const tint = (): number => Math.min(1, grey * rng.range(0.8, 1.2));
  return {
    towardsLight: [slope * cos(azimuth), slope * sin(azimuth), 1],
    ambient,
    tableColour: [tint(), tint(), tint()],
    shadows: true,
    texture,
  };
}

/** The exact frame (no depth noise) of a scene under a sampled camera and light. */
export function renderScene(scene: Scene, sensor: SensorSettings, rng: Rng, view: ViewSettings = sensor): Frame {
  const camera = sampleCamera(sensor, rng, view);
  const lighting = sampleLighting(sensor, rng);
  const [r, g, b] = lighting.tableColour;
  const walls = binMeshes(scene).map((at): Instance => ({ ...at, colour: [0.7 * r, 0.8 * g, b], background: true }));
  return renderFrame(camera, [...sceneInstances(scene), ...walls], lighting);
}

/** One observation of a scene. The same rng key gives the same bytes. */
export function observe(scene: Scene, sensor: SensorSettings, rng: Rng): Observation {
  const frames = [sensor, ...sensor.extraViews].map((view) => {
    const exact = renderScene(scene, sensor, rng, view);
    const depth = addDepthNoise(exact.depth, sensor.widthPx, sensor.heightPx, sensor.noise, rng);
    return { ...exact, depth, camera: miscalibrate(exact.camera, sensor.calibrationError, rng) };
  });
  if (!movesTable(sensor.noise) && sensor.calibrationError === 0)
    return { frame: frames[0], heightmap: buildHeightmap(frames, sensor.heightmap) };
  const scale = sensor.tableCorrection === 'scale';
  const corrected = scale ? frames.map((frame) => rescaled(frame, sensor.heightmap)) : frames;
  return { frame: frames[0], heightmap: levelled(buildHeightmap(corrected, sensor.heightmap)) };
}

/** The camera as the policy believes it to be. */
function miscalibrate(camera: Camera, error: number, rng: Rng): Camera {
  if (error === 0) return camera;
  const [x, y, z] = camera.pose.position;
  const off = (): number => rng.normal() * error;
  return { ...camera, pose: { ...camera.pose, position: [x + off(), y + off(), z + off()] } };
}
