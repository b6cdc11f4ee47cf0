/** Placements: the objects that a scenario places, made. */
import type { Quat } from '../../sim/math/pose.ts';
import { rngStream } from '../../sim/math/rng.ts';
import { hypot } from '../../sim/math/trigonometry.ts';
import { sampleObject } from '../../sim/objects/families.ts';
import type { ObjectModel } from '../../sim/objects/object.ts';
import { resized } from '../../sim/objects/resize.ts';
import { type Placement, SceneError } from '../../sim/placed.ts';
import type { ObjectLibrary } from '../objects/library.ts';
import type { PlacedInput } from '../schema/placed.ts';
import type { Scenario } from '../schema/schema.ts';

/**
 * The objects of `scene.placed`.
 * @throws SceneError if one is not among the library's.
 */
export const placements = (
  placed: readonly PlacedInput[],
  scenario: Pick<Scenario, 'scene' | 'objects'>,
  library: ObjectLibrary | undefined,
): Placement[] =>
  placed.map((input, i) => {
    const model = modelOf(input, i, scenario, library);
    const { position, quaternion, falls, scale } = input;
    const name = `scene.placed.${i}`;
    return {
      name,
      model: scale === 1 ? model : resized(model, scale),
      pose: { position, quaternion: unit(quaternion) },
      falls,
    };
  });

/** As the family's draw keyed by its seed, or as the file has it, makes it. */
function modelOf(
  { family, object, seed }: PlacedInput,
  index: number,
  { scene, objects }: Pick<Scenario, 'scene' | 'objects'>,
  library: ObjectLibrary | undefined,
): ObjectModel {
  const rng = rngStream(seed, 'placed');
  if (family)
    return sampleObject(family, { scale: scene.scale, density: scene.density, friction: scene.friction }, rng);
  const found = library?.models.find((m) => m.family === object);
  if (found) return { ...found, friction: rng.range(...(objects?.friction ?? scene.friction)) };
  const names = library?.models.slice(0, 20).map((m) => m.family) ?? [];
  throw new SceneError(
    `scene.placed.${index}.object: expected one of ${names.join(', ') || 'the objects from files'}, got '${object}'`,
  );
}

/** Digits typed by hand make a length near 1; what a scene was saved with stays as it is. */
function unit(quaternion: Quat): Quat {
  const length = hypot(...quaternion);
  if (Math.abs(length - 1) < 1e-6) return quaternion;
  const [x, y, z, w] = quaternion.map((v) => v / length);
  return [x, y, z, w];
}
