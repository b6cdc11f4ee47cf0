/** Compute: multiply-adds that learning takes. */
import type { Architecture } from '../network/architecture.ts';
import type { Parameters } from '../network/parameters.ts';
import { CROP } from '../network/trunk-layers.ts';
import { VARIANTS } from './augmentation.ts';
import { initialNetwork, type LearnerPlan } from './initial-network.ts';
import { techniqueOf } from './regimes.ts';
import { techniqueNamed } from './techniques/registry.ts';

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
const headMacs = (head: Parameters): number =>
  Object.entries(head)
    .filter(([name]) => name.endsWith('/kernel'))
    .reduce((total, [, { values }]) => total + values.length, 0);

/** An update is a forward pass, the gradient of its inputs and that of its weights, each as many multiply-adds. */
const PASSES = 3;

/**
 * Multiply-adds that learning takes for each training trial: computing features that are cached, and updates. Choosing grasps
 * and simulating them are not among it: every regime does them alike.
 * @returns null where they cannot be counted (a foreign network, a technique that trains a part of the trunk).
 */
export function learningMacsPerTrial(plan: Omit<LearnerPlan, 'seed'>): number | null {
  const { regime, settings } = plan;
  const technique = techniqueOf(regime, settings);
  const { frozen, still } = techniqueNamed(technique);
  if (!frozen && technique !== 'full') return null;
  // the network that the regime runs: its own width, its own head
  const { architecture, head: weights } = initialNetwork({ ...plan, seed: 0 });
  const trunk = trunkMacs(architecture);
  if (trunk === null) return null;
  const head = headMacs(weights);
  const { updatesPerTrial, batchSize } = frozen ? settings : settings.endToEnd;
  const updates = still ? 0 : updatesPerTrial * batchSize * PASSES;
  return frozen ? VARIANTS * trunk + updates * head : updates * (trunk + head);
}
