import { type Camera, intrinsicsFromFov, lookAt } from './camera.ts';
import { buildHeightmap, type Heightmap, type HeightmapSettings } from './heightmap.ts';
import { addDepthNoise, type DepthNoise } from './noise.ts';
import type { Vec3 } from './pose.ts';
import { type Frame, type Instance, LIGHTING_DEFAULTS, type Lighting, renderFrame } from './render.ts';
import type { Rng } from './rng.ts';
import type { Scene } from './scene.ts';

/** One camera, its noise, and how far each frame's view, light and colours stray from the nominal ones. */
export interface SensorSettings {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Vertical field of view, degrees. */
  readonly fovDeg: number;
  /** Nominal position of the camera and the point it looks at, world frame, metres. */
  readonly eye: Vec3;
  readonly target: Vec3;
  /** Largest random shift of the camera along each axis, metres; known to the policy (the camera is calibrated). */
  readonly eyeJitter: number;
  readonly noise: DepthNoise;
  /** Randomise the light's direction and strength and the table's colour. */
  readonly randomLight: boolean;
  readonly heightmap: HeightmapSettings;
}

/** What a policy sees: one noisy frame and the heightmap made from it. */
export interface Observation {
  readonly frame: Frame;
  readonly heightmap: Heightmap;
}

/** The scene's objects as the renderer wants them. */
export const sceneInstances = (scene: Scene): Instance[] =>
  scene.objects.map(({ model, pose }) => ({ mesh: model.mesh, pose, colour: model.colour }));

/** Draws the camera of one frame. */
export function sampleCamera(sensor: SensorSettings, rng: Rng): Camera {
  const shift = (): number => rng.range(-sensor.eyeJitter, sensor.eyeJitter);
  const eye: Vec3 = [sensor.eye[0] + shift(), sensor.eye[1] + shift(), sensor.eye[2] + shift()];
  return {
    intrinsics: intrinsicsFromFov(sensor.widthPx, sensor.heightPx, sensor.fovDeg),
    pose: lookAt(eye, sensor.target),
  };
}

/** Draws the light of one frame. */
function sampleLighting(random: boolean, rng: Rng): Lighting {
  if (!random) return LIGHTING_DEFAULTS;
  const [azimuth, slope] = [rng.range(0, 2 * Math.PI), rng.range(0.15, 0.9)];
  const [grey, ambient] = [rng.range(0.12, 0.6), rng.range(0.3, 0.6)];
  const tint = (): number => Math.min(1, grey * rng.range(0.8, 1.2));
  return {
    towardsLight: [slope * Math.cos(azimuth), slope * Math.sin(azimuth), 1],
    ambient,
    tableColour: [tint(), tint(), tint()],
    shadows: true,
  };
}

/** The exact frame (no depth noise) of a scene under the sampled camera and light. */
export function renderScene(scene: Scene, sensor: SensorSettings, rng: Rng): Frame {
  const camera = sampleCamera(sensor, rng);
  return renderFrame(camera, sceneInstances(scene), sampleLighting(sensor.randomLight, rng));
}

/** One observation of a scene. The same rng key gives the same bytes. */
export function observe(scene: Scene, sensor: SensorSettings, rng: Rng): Observation {
  return observeFrame(renderScene(scene, sensor, rng), sensor, rng);
}

/** Adds the sensor's noise to an exact frame and builds the heightmap. */
export function observeFrame(exact: Frame, sensor: SensorSettings, rng: Rng): Observation {
  const depth = addDepthNoise(exact.depth, sensor.widthPx, sensor.heightPx, sensor.noise, rng);
  const frame = { ...exact, depth };
  return { frame, heightmap: buildHeightmap(frame, sensor.heightmap) };
}
