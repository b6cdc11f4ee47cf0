/** Source scenario: hand, camera, noise and objects of one source scene, drawn at random. */
import { type Rng, rngStream } from '../../../sim/math/rng.ts';
import { SOURCE_FAMILIES } from '../../../sim/objects/families.ts';
import type { SceneSplit } from '../../../sim/scene.ts';
import { type Scenario, scenarioSchema } from '../../schema/schema.ts';

/** A number from one of two ranges that leave a gap between them: the ordinary hand's value is never drawn. */
const around = (rng: Rng, low: readonly [number, number], high: readonly [number, number]): number =>
  rng.next() < 0.5 ? rng.range(...low) : rng.range(...high);

function noise(rng: Rng) {
  if (rng.next() < 0.7) {
    const [field, pixel, dropout] = [rng.range(0, 0.004), rng.range(0, 0.002), rng.range(0, 0.04)];
    return { model: 'gaussian-field', field, pixel, dropout };
  }
  return { model: 'stereo', axial: rng.range(0.001, 0.006), edgeDropout: rng.range(0, 0.7), holes: rng.int(10) };
}

/** One or two views from above, at most some 41 degrees off the vertical. */
function camera(rng: Rng) {
  const eye = (): [number, number, number] => [rng.range(-0.22, 0.22), rng.range(-0.33, 0.1), rng.range(0.45, 0.7)];
  return {
    eye: eye(),
    extraViews: rng.next() < 0.15 ? [{ eye: eye() }] : [],
    fovDeg: rng.range(34, 46),
    eyeJitter: 0,
    noise: noise(rng),
    calibrationError: rng.next() < 0.3 ? rng.range(0, 0.003) : 0,
    texture: rng.next() < 0.4 ? rng.range(0, 0.5) : 0,
  };
}

/**
 * The world of one pretraining scene: families, hand, camera, noise and clutter are drawn anew for each, more widely than any
 * scenario varies them. The stroke, depth and noise of the shipped scenarios are left out: they are *other* hands and sensors.
 */
export function sourceScenario(seed: number, split: SceneSplit, index: number, again = 0): Scenario {
  const rng = rngStream(seed, `source/scenario/${split}${again > 0 ? `/${again}` : ''}`, index);
  const objectCount = rng.next() < 0.4 ? 1 : 2 + rng.int(6);
  const packed = objectCount > 1 && rng.next() < 0.4;
  return scenarioSchema.parse({
    scene: {
      objectCount,
      arrangement: packed ? 'packed' : 'drop',
      scale: [0.7, 1.4],
      density: [150, 1500],
      friction: [0.2, 1],
      tableFriction: rng.range(0.3, 0.9),
      dropHalfWidth: packed ? rng.range(0.1, 0.15) : rng.range(0.03, 0.08),
      workspaceHalfWidth: 0.18,
    },
    sensor: camera(rng),
    gripper: {
      stroke: around(rng, [0.05, 0.074], [0.086, 0.12]),
      force: rng.range(8, 45),
      fingerLength: around(rng, [0.04, 0.052], [0.058, 0.07]),
      fingerWidth: around(rng, [0.01, 0.018], [0.022, 0.03]),
      fingerThickness: around(rng, [0.006, 0.009], [0.011, 0.016]),
      padFriction: rng.range(0.6, 1.2),
    },
    action: { depths: [around(rng, [0.012, 0.033], [0.037, 0.045])] },
    training: { families: SOURCE_FAMILIES },
    evaluation: { families: SOURCE_FAMILIES },
  });
}
