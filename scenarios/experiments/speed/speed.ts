/** Speed of one core: the simulator, scoring, updates, and the training step. */
import { availableParallelism } from 'node:os';
import { ownTrunkOf } from '../../../agent/backbones/registry.ts';
import { loadEngine } from '../../../agent/engine/engine.ts';
import { measureTrainStepRatio } from '../../../agent/engine/step-benchmark.ts';
import { cachedFeatures } from '../../../agent/learner/augmentation.ts';
import { createLearner, currentModel } from '../../../agent/learner/learner.ts';
import type { Sample } from '../../../agent/learner/replay.ts';
import { LEARNER_DEFAULTS } from '../../../agent/learner/settings.ts';
import { learn } from '../../../agent/learner/update.ts';
import { OWN_ARCHITECTURE } from '../../../agent/network/architecture.ts';
import { featureLength } from '../../../agent/network/features.ts';
import { identityStandardization } from '../../../agent/network/standardization.ts';
import { initTrunk, TAPS } from '../../../agent/network/trunk-layers.ts';
import { createScorer } from '../../../agent/policy/scorer.ts';
import { observe } from '../../../sim/camera/observation.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { loadPhysics, PHYSICS_ENGINE, physicsVersion } from '../../../sim/physics.ts';
import { sampleScene } from '../../../sim/scene.ts';
import { loadScenario } from '../../load.ts';
import { sceneSettings } from '../../trials/scene.ts';
import { benchPhysics, type PhysicsSpeed } from './physics.ts';

/** The machine-readable result of `graft bench speed`. */
export interface SpeedJson extends PhysicsSpeed {
  readonly engine: string;
  readonly physics: string;
  readonly cores: number;
  /** Scoring one heightmap at every angle: trunk and head, ms. */
  readonly featuresMs: number;
  /** One update of the head on cached features, ms. */
  readonly updateMs: number;
  /** Whole-network training step: time with tfjs's stock kernels over time with graft's; null on the native engine. */
  readonly trainStepRatio: number | null;
}

/** Milliseconds a call, the median over calls, after a warm-up. @param budget seconds. */
function timePerCall(budget: number, call: (i: number) => void): number {
  for (let i = 0; i < 3; i++) call(i);
  const times: number[] = [];
  const end = performance.now() + budget * 1000;
  for (let i = 3; performance.now() < end || times.length < 5; i++) {
    const start = performance.now();
    call(i);
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[times.length >> 1];
}

/** `graft bench speed`: what one core does. @param budget seconds for each of the figures. */
export async function benchSpeed(budget: number, note: (text: string) => void): Promise<SpeedJson> {
  const engine = await loadEngine();
  await loadPhysics();
  const { scenario } = loadScenario('tabletop');
  const one = sceneSettings(scenario, scenario.evaluation.families);

  const physics = await benchPhysics(budget, note);
  note('features and updates');
  const parameters = initTrunk(rngStream(0, 'bench/trunk'));
  const architecture = OWN_ARCHITECTURE;
  const trunk = ownTrunkOf(engine.tf, { architecture, trunk: parameters });
  const maps = Array.from({ length: 8 }, (_, i) => {
    const scene = sampleScene(one, scenario.physics, 0, 'evaluation', i);
    return observe(scene, scenario.sensor, rngStream(0, 'bench/observe', i)).heightmap;
  });
  const state = createLearner({
    regime: 'pretrained',
    shapeCount: 1,
    settings: LEARNER_DEFAULTS,
    start: { name: 'bench', architecture, parameters },
    seed: 0,
  });
  const probe = createScorer(engine.tf, trunk, {
    head: state.head,
    standardization: identityStandardization(featureLength(TAPS)),
  });
  const cellsOf = maps.map((map) => probe.score(map, scenario.action).cells);
  const samples = Array.from({ length: 64 }, (_, i): Sample => {
    const [map, cells] = [maps[i % maps.length], cellsOf[i % maps.length]];
    const action = { cell: cells[i % cells.length], angle: i % scenario.action.angles, shape: 0 };
    return {
      data: cachedFeatures(trunk, map, action, scenario.action, rngStream(0, 'bench/jitter', i)),
      shape: 0,
      held: i % 2 === 0,
    };
  });
  probe.dispose();
  await learn(engine.tf, state, LEARNER_DEFAULTS, samples, 0);
  const scorer = createScorer(engine.tf, trunk, currentModel(state)!);
  const featuresMs = timePerCall(budget, (i) => void scorer.score(maps[i % maps.length], scenario.action));
  scorer.dispose();
  trunk.dispose();
  const updates = 100;
  const started = performance.now();
  await learn(engine.tf, state, { ...LEARNER_DEFAULTS, updatesPerTrial: updates }, samples.slice(0, 1), 0);
  const updateMs = (performance.now() - started) / updates;

  note('training step against stock kernels');
  const trainStepRatio = engine.name === 'wasm' ? measureTrainStepRatio(engine, { seconds: 1.5 * budget }).ratio : null;
  return {
    engine: engine.description,
    physics: `${PHYSICS_ENGINE} ${physicsVersion()}`,
    cores: availableParallelism(),
    ...physics,
    featuresMs,
    updateMs,
    trainStepRatio,
  };
}
