/** Registry of the techniques: a new one is a file beside this one and a line here. */
import { adapter } from './adapter.ts';
import { full } from './full.ts';
import { gradual } from './gradual.ts';
import { head } from './head.ts';
import { l2sp } from './l2-sp.ts';
import { lastBlock } from './last-block.ts';
import { none } from './none.ts';
import type { Technique } from './technique.ts';

/** The techniques by the names that scenarios give. */
const TECHNIQUES = {
  head,
  adapter,
  'last-block': lastBlock,
  full,
  'l2-sp': l2sp,
  gradual,
  none,
} as const satisfies Record<string, Technique>;
export type TechniqueName = keyof typeof TECHNIQUES;
export const TECHNIQUE_NAMES = Object.keys(TECHNIQUES) as readonly TechniqueName[];

/** The technique by that name. */
export const techniqueNamed = (name: TechniqueName): Technique => TECHNIQUES[name];
