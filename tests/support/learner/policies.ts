import { loadBackbone } from '../../../agent/backbones/own.ts';
import { architectureTaps } from '../../../agent/network/architecture.ts';
import { featureLength } from '../../../agent/network/features.ts';
import { initHead } from '../../../agent/network/head.ts';
import { identityStandardization } from '../../../agent/network/standardization.ts';
import { ACTION_DEFAULTS } from '../../../agent/policy/action-space.ts';
import { encodeModel } from '../../../agent/policy/model-file.ts';
import { rngStream } from '../../../sim/math/rng.ts';

/**
 * A policy as `graft train` saves it: the shipped trunk under a head whose weights are drawn, so that every candidate gets
 * another score. It has learned nothing, and takes no time.
 */
export function drawnPolicy(shapeCount = ACTION_DEFAULTS.depths.length): Uint8Array {
  const { architecture, parameters: trunk } = loadBackbone('passive');
  const length = featureLength(architectureTaps(architecture));
  const rng = rngStream(0, 'test/head');
  const fresh = initHead(length, shapeCount, rng);
  const head = Object.fromEntries(
    Object.entries(fresh).map(([name, { shape, values }]) => [
      name,
      { shape, values: name === 'head/logit/kernel' ? values.map(() => rng.normal() * 0.2) : values },
    ]),
  );
  return encodeModel({ architecture, trunk, head, standardization: identityStandardization(length) }, shapeCount);
}
