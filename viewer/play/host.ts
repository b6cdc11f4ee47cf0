/** Host of the play page: what policies and trials need where there are no files. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { feedParameters, type HashParameters } from '../../agent/backbones/backbone.ts';
import type { JobHost } from '../../scenarios/trials/runner.ts';
import type { Observation } from '../../sim/camera/observation.ts';

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Uint8Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** As in a recording: SHA-256 over colour, depth and heightmap, its first 16 digits. */
function observationHash({ frame, heightmap }: Observation): string {
  const hash = sha256.create();
  for (const values of [frame.colour, frame.depth, heightmap.height]) hash.update(bytesOf(values));
  return bytesToHex(hash.digest()).slice(0, 16);
}

/** Where jobs run in a browser: no files, so no foreign networks. */
export const BROWSER_HOST: JobHost = {
  observationHash,
  openForeign: async (_, { architecture }) => {
    if (architecture.kind === 'own') return undefined;
    throw new Error(
      `policy: expected one on graft's own trunk, got the foreign network '${architecture.source}', which only runs outside the browser`,
    );
  },
};

/** As in Node: the hash that tells weights apart. */
export const parametersHash: HashParameters = (parameters) =>
  bytesToHex(feedParameters(sha256.create(), parameters).digest());

/** Identifies a file's content, to tell policies apart. */
export const contentKey = (bytes: Uint8Array): string => bytesToHex(sha256(bytes));
