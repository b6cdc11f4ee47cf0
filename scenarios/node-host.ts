import { foreignTrunkOf } from '../agent/backbones.ts';
import type { JobHost } from './job.ts';
import { observationHash } from './record.ts';

/** Where jobs run in Node: foreign networks come from files. */
export const NODE_HOST: JobHost = { openForeign: foreignTrunkOf, observationHash };
