import { architectureTaps } from '../../agent/architecture.ts';
import { featureLength } from '../../agent/features.ts';
import { identityStandardization, initHead } from '../../agent/head.ts';
import { encodeModel } from '../../agent/model-file.ts';
import { loadBackbone } from '../../agent/registry.ts';
import { rngStream } from '../../sim/rng.ts';

/**
 * A policy as `graft train` saves it: the shipped trunk under a head whose weights are drawn, so that every candidate gets
 * another score. It has learned nothing, and takes no time.
 */
export function drawnPolicy(depths = 1): Uint8Array {
  const { architecture, parameters: trunk } = loadBackbone('passive');
  const length = featureLength(architectureTaps(architecture));
  const rng = rngStream(0, 'test/head');
  const fresh = initHead(length, depths, rng);
  const head = Object.fromEntries(
    Object.entries(fresh).map(([name, { shape, values }]) => [
      name,
      { shape, values: name === 'head/logit/kernel' ? values.map(() => rng.normal() * 0.2) : values },
    ]),
  );
  return encodeModel({ architecture, trunk, head, standardization: identityStandardization(length) }, depths);
}
