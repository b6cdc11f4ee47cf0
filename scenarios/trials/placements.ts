/** Placements: the objects that a scenario places, made. */
import { sampleModel } from '../../sim/arrangement.ts';
import type { Quat } from '../../sim/math/pose.ts';
import { rngStream } from '../../sim/math/rng.ts';
import { hypot } from '../../sim/math/trigonometry.ts';
import { type ObjectRanges, sampleObject } from '../../sim/objects/families.ts';
import type { ObjectModel } from '../../sim/objects/object.ts';
import { resized } from '../../sim/objects/resize.ts';
import { type Placement, SceneError } from '../../sim/placed.ts';
import type { ObjectLibrary } from '../objects/library.ts';
import type { Drawn, PlacedInput } from '../schema/placed.ts';
import type { Scenario } from '../schema/schema.ts';

/** What the objects of a scenario depend on. */
type Placing = Pick<Scenario, 'scene' | 'objects' | 'evaluation'>;

/**
 * The objects of `scene.placed`.
 * @throws SceneError if one is not among the library's.
 */
export const placements = (
  placed: readonly PlacedInput[],
  scenario: Placing,
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
  { family, object, seed, drawn }: PlacedInput,
  index: number,
  scenario: Placing,
  library: ObjectLibrary | undefined,
): ObjectModel {
  const { scene, objects } = scenario;
  if (drawn) {
    const model = drawnModel(drawn, scenario);
    if (model.family === family) return model;
    throw new SceneError(
      `scene.placed.${index}.drawn: expected a ${family}, got a ${model.family} under these evaluation.families`,
    );
  }
  const rng = rngStream(seed, 'placed');
  if (family) return sampleObject(family, rangesOf(scenario), rng);
  const found = library?.models.find((m) => m.family === object);
  if (found) return { ...found, friction: rng.range(...(objects?.friction ?? scene.friction)) };
  const names = library?.models.slice(0, 20).map((m) => m.family) ?? [];
  throw new SceneError(
    `scene.placed.${index}.object: expected one of ${names.join(', ') || 'the objects from files'}, got '${object}'`,
  );
}

const rangesOf = ({ scene: { scale, density, friction } }: Placing): ObjectRanges => ({ scale, density, friction });

/** An object as a scene of the evaluation draws it. */
export function drawnModel({ stream, seed, scene, object }: Drawn, scenario: Placing): ObjectModel {
  const settings = { families: scenario.evaluation.families, ranges: rangesOf(scenario) };
  const rng = rngStream(seed, stream, scene);
  for (let before = 0; before < object; before++) sampleModel(settings, rng);
  return sampleModel(settings, rng);
}

/** Digits typed by hand make a length near 1; what a scene was saved with stays as it is. */
function unit(quaternion: Quat): Quat {
  const length = hypot(...quaternion);
  if (Math.abs(length - 1) < 1e-6) return quaternion;
  const [x, y, z, w] = quaternion.map((v) => v / length);
  return [x, y, z, w];
}
