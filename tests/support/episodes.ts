import { cellCentre, HEIGHTMAP_DEFAULTS, type Heightmap } from '../../sim/camera/heightmap.ts';
import { observe, type SensorSettings } from '../../sim/camera/observation.ts';
import { topDownGrasp } from '../../sim/grasp.ts';
import { GRIPPER_DEFAULTS } from '../../sim/hand/presets.ts';
import { type Rng, rngStream } from '../../sim/math/rng.ts';
import { MOTION_DEFAULTS } from '../../sim/motion.ts';
import { TRAINING_FAMILIES } from '../../sim/objects/families.ts';
import { loadPhysics, PHYSICS_DEFAULTS } from '../../sim/physics.ts';
import type { Episode } from '../../sim/recording/episode.ts';
import type { TrialSummary } from '../../sim/recording/marks.ts';
import { recordTrial } from '../../sim/recording/trajectory.ts';
import { type SceneSettings, sampleScene } from '../../sim/scene.ts';

export const TRIAL_SETTINGS = { physics: PHYSICS_DEFAULTS, gripper: GRIPPER_DEFAULTS, motion: MOTION_DEFAULTS };

export const SCENE_SETTINGS: SceneSettings = {
  families: TRAINING_FAMILIES,
  objectCount: 3,
  arrangement: 'drop',
  ranges: { scale: [0.85, 1.05], density: [300, 900], friction: [0.6, 1] },
  dropHalfWidth: 0.09,
  workspaceHalfWidth: 0.17,
  tableFriction: 0.6,
};

const SENSOR: SensorSettings = {
  widthPx: 160,
  heightPx: 160,
  fovDeg: 42,
  eye: [0.02, -0.2, 0.52],
  target: [0, 0, 0.01],
  eyeJitter: 0.02,
  noise: { model: 'gaussian-field', field: 0.001, pixel: 0.0005, dropout: 0.002 },
  randomLight: true,
  fovJitterDeg: 0,
  extraViews: [],
  calibrationError: 0,
  texture: 0,
  heightmap: HEIGHTMAP_DEFAULTS,
};

const ANGLES = Array.from({ length: 12 }, (_, a) => (Math.PI * a) / 12);

interface Choice {
  readonly row: number;
  readonly col: number;
  readonly yaw: number;
  readonly score: number;
}

/**
 * A geometric guess at the chance that a top-down grasp succeeds: the closing line should rise well above the table at
 * its middle and be clear where the fingers go down. The best of some angles.
 */
function scoreMap(
  map: Heightmap,
  angles: readonly number[],
): { readonly scores: Float32Array; readonly yaws: Float32Array } {
  const { size, cell, height } = map;
  const scores = new Float32Array(size * size);
  const yaws = new Float32Array(size * size);
  const at = (row: number, col: number): number => height[Math.round(row) * size + Math.round(col)] ?? 0;
  const reach = GRIPPER_DEFAULTS.stroke / 2 / cell;
  for (let row = 14; row < size - 14; row++) {
    for (let col = 14; col < size - 14; col++) {
      for (const yaw of angles) {
        const [c, s] = [Math.cos(yaw), Math.sin(yaw)];
        let [side, skew] = [0, 0];
        for (const d of [reach, reach + 1.25, reach + 2.5]) {
          for (const w of [-2.5, 0, 2.5]) {
            const [right, left] = [
              at(row + d * s + w * c, col + d * c - w * s),
              at(row - d * s + w * c, col - d * c - w * s),
            ];
            side = Math.max(side, right, left);
          }
        }
        for (let d = 1; d < reach; d++) skew += at(row + d * s, col + d * c) - at(row - d * s, col - d * c);
        const middle = at(row, col);
        const clear = middle - side - 0.012 - Math.abs(skew) * 0.12;
        const score = middle < 0.012 ? 0 : 0.97 / (1 + Math.exp((0.006 - clear) / 0.011));
        if (score > scores[row * size + col]) {
          scores[row * size + col] = score;
          yaws[row * size + col] = yaw;
        }
      }
    }
  }
  return { scores, yaws };
}

/** The best cell, or with the chance `explore` any cell on an object at any angle. */
function choose(map: Heightmap, scores: Float32Array, yaws: Float32Array, explore: number, rng: Rng): Choice {
  const onObject = [...scores.keys()].filter((i) => map.height[i] > 0.012);
  const random = rng.next() < explore && onObject.length > 0;
  const best = scores.reduce((b, score, i) => (score > scores[b] ? i : b), 0);
  const cell = random ? rng.pick(onObject) : best;
  const yaw = random ? rng.range(0, Math.PI) : yaws[cell];
  return { row: Math.floor(cell / map.size), col: cell % map.size, yaw, score: scores[cell] };
}

/**
 * Simulates one real trial of a hand-made heuristic and packs it as an episode. The same arguments give the same episode.
 * @param explore chance of a random grasp instead.
 */
export async function simulateEpisode(trial: number, explore = 0): Promise<Episode> {
  await loadPhysics();
  const scene = sampleScene(SCENE_SETTINGS, PHYSICS_DEFAULTS, 0, 'training', trial);
  const rng = rngStream(0, 'test-episode', trial);
  const { frame, heightmap } = observe(scene, SENSOR, rng);
  const { scores, yaws } = scoreMap(heightmap, ANGLES);
  const { row, col, yaw, score } = choose(heightmap, scores, yaws, explore, rng);
  const [x, y] = cellCentre(heightmap, row, col);
  const top = heightmap.height[row * heightmap.size + col];
  const tip = [x, y, Math.max(top - 0.03, 0.004)] as const;
  const grasp = topDownGrasp(tip, yaw, GRIPPER_DEFAULTS.stroke);
  const { result, poses, phases, pressed, hz } = recordTrial(scene, grasp, TRIAL_SETTINGS);
  return {
    ...{ trial, split: 'training', policy: 'heuristic', gripper: GRIPPER_DEFAULTS, hz, poses, phases, pressed },
    camera: frame.camera,
    objects: scene.objects.map(({ model }) => ({ mesh: model.mesh, colour: model.colour, family: model.family })),
    image: { width: SENSOR.widthPx, height: SENSOR.heightPx, rgb: frame.colour },
    depth: frame.depth,
    heightmap,
    affordance: scores,
    affordanceAtAngle: scoreMap(heightmap, [yaw]).scores,
    grasp: { position: tip, yaw, opening: grasp.opening, probability: score },
    outcome: result.outcome,
  };
}

/** An episode with ten objects: those of a real one, again and again. */
export async function tenObjects(): Promise<Episode> {
  const { pressed: _, ...one } = await simulateEpisode(3);
  const [frames, count] = [one.phases.length, one.objects.length];
  const source = (body: number): number => (body < 3 ? body : 3 + ((body - 3) % count));
  const poses = new Float32Array(frames * 13 * 7);
  for (let i = 0; i < frames * 13; i++) {
    const from = (Math.floor(i / 13) * (3 + count) + source(i % 13)) * 7;
    poses.set(one.poses.subarray(from, from + 7), i * 7);
  }
  return { ...one, poses, objects: Array.from({ length: 10 }, (_, i) => one.objects[i % count]) };
}

export const summarise = (e: Episode): TrialSummary => ({
  trial: e.trial,
  split: e.split,
  families: e.objects.map((o) => o.family),
  outcome: e.outcome,
  probability: e.grasp.probability,
});
