import { foreignTrunkOf } from '../../agent/backbones/backbones.ts';
import { observationHash } from '../recordings/record.ts';
import type { JobHost } from './job.ts';

/** Where jobs run in Node: foreign networks come from files. */
export const NODE_HOST: JobHost = { openForeign: foreignTrunkOf, observationHash };
