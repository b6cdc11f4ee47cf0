/** Levels of success at which arms are compared by what they needed, and how they are called. */

import { percent } from '../numbers.ts';

/** Success rates of which the report says how many trials they take. */
export const LEVELS = [0.7, 0.8, 0.9];

/** The level of comparisons, unless the oracle itself is not far above it. */
export const EQUAL_LEVEL = 0.8;

/** Share of the oracle's success at which arms are compared where that is lower. */
export const OF_ORACLE = 0.9;

/** A target's level: what is not the usual one is a share of the oracle's success. */
export const levelText = (level: number): string =>
  level === EQUAL_LEVEL ? percent(level) : `${percent(level)} (${percent(OF_ORACLE)} of the oracle\u2019s success)`;
