/** Where jobs run in Node: foreign networks come from files, hashes from its own library. */
import { createHash } from 'node:crypto';
import { foreignTrunkOf } from '../../agent/backbones/registry.ts';
import type { Observation } from '../../sim/camera/observation.ts';
import { openExternal } from '../external/policy.ts';
import type { JobHost } from './runner.ts';

const HASHES = new WeakMap<Observation, string>();

/** Hash of all that a policy sees, bit for bit. */
export function observationHash(observation: Observation): string {
  // several grasps share an observation
  const known = HASHES.get(observation);
  if (known !== undefined) return known;
  const { frame, heightmap } = observation;
  const hash = createHash('sha256').update(frame.colour);
  for (const { buffer, byteOffset, byteLength } of [frame.depth, heightmap.height])
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  const digest = hash.digest('hex').slice(0, 16);
  HASHES.set(observation, digest);
  return digest;
}

/** The host of jobs in Node. */
export const NODE_HOST: JobHost = { openForeign: foreignTrunkOf, openExternal, observationHash };
