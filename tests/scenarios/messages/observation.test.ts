import { beforeAll, describe, expect, it } from 'vitest';
import { objectCells } from '../../../agent/policy/action-space.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { decodeArray, type EncodedArray } from '../../../scenarios/messages/arrays.ts';
import { OBSERVATION_PARTS, observationMessage, spacesOf } from '../../../scenarios/messages/observation.ts';
import { sceneAndView } from '../../../scenarios/trials/scene.ts';
import { loadPhysics } from '../../../sim/physics.ts';

beforeAll(loadPhysics);

const { scenario } = loadScenario('quick');

describe('an observation in a message', () => {
  it('holds the parts that were asked for, each with its shape, and always the camera', () => {
    const { observation } = sceneAndView(scenario, 0, 'training', 0);
    const all = observationMessage(observation, OBSERVATION_PARTS, scenario.action) as Record<string, EncodedArray>;
    const shapes = Object.fromEntries(OBSERVATION_PARTS.map((part) => [part, all[part].shape]));
    expect(shapes).toEqual({
      ...{ colour: [128, 128, 3], depth: [128, 128], heightmap: [96, 96], objects: [96, 96] },
      heightmapColour: [96, 96, 3],
    });
    const camera = { ...observation.frame.camera.intrinsics, T_world_camera: observation.frame.camera.pose };
    expect(observationMessage(observation, [], scenario.action)).toEqual({ camera });
    const mask = decodeArray(all.objects);
    expect([...mask.keys()].filter((cell) => mask[cell] === 1)).toEqual(
      objectCells(observation.heightmap, scenario.action),
    );
  });
});

describe('the spaces of a scenario', () => {
  it('tell every yaw and shape that an action may name, and the hand', () => {
    const two = { ...scenario, action: { ...scenario.action, angles: 4, depths: [0.02, 0.03], openings: [0.5, 1] } };
    expect(JSON.parse(JSON.stringify(spacesOf(two)))).toMatchObject({
      action: {
        cells: 9216,
        yaws: [0, Math.PI / 4, Math.PI / 2, (3 * Math.PI) / 4],
        shapes: [
          { depth: 0.02, opening: 0.5 },
          { depth: 0.03, opening: 0.5 },
          { depth: 0.02, opening: 1 },
          { depth: 0.03, opening: 1 },
        ],
      },
      hand: { kind: 'jaws', stroke: 0.08 },
      objectCount: 1,
    });
  });

  it('tell of every shipped hand what it is', () => {
    const { hand } = spacesOf(loadScenario('suction').scenario) as { hand: { kind: string } };
    expect(hand.kind).toBe('suction');
  });
});
