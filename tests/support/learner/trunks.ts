import { ownTrunkOf } from '../../../agent/backbones/registry.ts';
import type { Tf } from '../../../agent/engine/engine.ts';
import { OWN_ARCHITECTURE } from '../../../agent/network/architecture.ts';
import type { Trunk } from '../../../agent/network/trunk.ts';
import { initTrunk } from '../../../agent/network/trunk-layers.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { sceneAndView } from '../../../scenarios/trials/scene.ts';
import type { Heightmap } from '../../../sim/camera/heightmap.ts';
import { rngStream } from '../../../sim/math/rng.ts';

/** Weights of a trunk that was never trained. */
export const parameters = initTrunk(rngStream(2, 'test/trunk'));

/** That trunk on the engine; whoever asks disposes. */
export const openTrunk = (tf: Tf): Trunk => ownTrunkOf(tf, { architecture: OWN_ARCHITECTURE, trunk: parameters });

/** What the camera sees of a scene on the table. The physics must have been loaded. */
export const tabletopMap = (): Heightmap =>
  sceneAndView(loadScenario('tabletop').scenario, 0, 'training', 3).observation.heightmap;
