/** Taken scene: what lies on the table in play, as objects that a scenario places. */
import type { Drawn, PlacedInput } from '../../../scenarios/schema/placed.ts';
import type { Scenario } from '../../../scenarios/schema/schema.ts';
import { drawnModel } from '../../../scenarios/trials/placements.ts';
import type { ObjectModel } from '../../../sim/objects/object.ts';
import { MAX_DRAWS, type Scene } from '../../../sim/scene.ts';
import { roundedPose } from './falling.ts';

/** A scene in play, and how its objects came. */
export interface Lying {
  readonly name: string;
  readonly scenario: Scenario;
  readonly seed: number;
  readonly index: number;
  /** Objects that were dropped besides. */
  readonly drops: number;
  readonly scene: Scene;
}

/** The objects where they lie. @throws Error if one was not drawn from the scenario's families. */
export const takenObjects = (lying: Lying): PlacedInput[] =>
  lying.scene.objects.map(({ model, pose }): PlacedInput => {
    const drawn = originOf(model, lying);
    const { position, quaternion } = roundedPose(pose);
    const place = { position: [...position], quaternion: [...quaternion], falls: false } satisfies Partial<PlacedInput>;
    return { family: model.family as PlacedInput['family'], drawn, seed: 0, scale: 1, ...place };
  });

/** The draw that made an object. */
function originOf(model: ObjectModel, { scenario, seed, index, drops }: Lying): Drawn {
  const streams = Array.from({ length: MAX_DRAWS }, (_, draw) => `scene/evaluation/${draw}`);
  const most = scenario.scene.objectCount;
  const places = [
    ...streams.flatMap((stream) => Array.from({ length: most }, (_, object) => ({ stream, object }))),
    ...Array.from({ length: drops }, (_, drop) => ({ stream: `drop/${drop}`, object: 0 })),
  ];
  const text = JSON.stringify(model.parts);
  for (const { stream, object } of places) {
    const drawn = { stream, seed, scene: index, object };
    const made = drawnModel(drawn, scenario);
    if (made.family === model.family && JSON.stringify(made.parts) === text) return drawn;
  }
  throw new Error(
    `scene: expected objects that the scenario draws from families, got a ${model.family} that it does not`,
  );
}
