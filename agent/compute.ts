import { type Architecture, architectureTaps } from './architecture.ts';
import { CROP, VARIANTS } from './experience.ts';
import { featureLength } from './features.ts';
import { headShapes } from './head.ts';
import { type Arm, type LearnerSettings, techniqueOf } from './learner.ts';

/** Multiply-adds of the trunk on one crop; null for a foreign network, whose layers graft does not count. */
function trunkMacs(architecture: Architecture): number | null {
  if (architecture.kind !== 'own') return null;
  let cells = CROP.rows * CROP.cols;
  return architecture.layers.reduce((total, { inputs, outputs, stride, size = 3 }) => {
    cells /= stride * stride;
    return total + cells * size * size * inputs * outputs;
  }, 0);
}

/** Multiply-adds of the head on one feature vector: its kernels, each element once. */
function headMacs(architecture: Architecture, depths: number): number {
  const shapes = headShapes(featureLength(architectureTaps(architecture)), depths);
  return Object.entries(shapes)
    .filter(([name]) => name.endsWith('/kernel'))
    .reduce((total, [, shape]) => total + shape.reduce((a, b) => a * b, 1), 0);
}

/** An update is a forward pass, the gradient of its inputs and that of its weights, each as many multiply-adds. */
const PASSES = 3;

/**
 * Multiply-adds that learning takes for each training trial: computing features that are cached, and updates. Choosing grasps
 * and simulating them are not among it: every arm does them alike.
 * @returns null where they cannot be counted (a foreign network, a technique that trains a part of the trunk).
 */
export function learningMacsPerTrial(
  arm: Arm,
  architecture: Architecture,
  depths: number,
  settings: LearnerSettings,
): number | null {
  const trunk = trunkMacs(architecture);
  const technique = techniqueOf(arm, settings);
  if (trunk === null || (technique !== 'head' && technique !== 'full')) return null;
  const head = headMacs(architecture, depths);
  const frozen = technique === 'head';
  const { updatesPerTrial, batchSize } = frozen ? settings : settings.endToEnd;
  const updates = updatesPerTrial * batchSize * PASSES;
  return frozen ? VARIANTS * trunk + updates * head : updates * (trunk + head);
}
