/** Section `action`: which grasps a policy chooses among. */
import { z } from 'zod';
import { ACTION_DEFAULTS } from '../../agent/policy/action-space.ts';
import { count, length } from './values.ts';

/** Of jaws and of cups; chosen by `tests/bench/lever.ts`. */
export const LEVER_COST = { jaws: 3.5, suction: 0.3 } as const;

/** Schema of `action`. */
export const action = z.strictObject({
  angles: count(1, 72).default(ACTION_DEFAULTS.angles).describe('closing angles over 180 degrees'),
  depths: z
    .array(length(0.002, 0.2))
    .min(1)
    .max(8)
    .optional()
    .describe(
      `finger tips below the local top, m; ${ACTION_DEFAULTS.depths.join(', ')} by default, and one for a cup, to which they are the same`,
    ),
  openings: z
    .array(z.number().min(0.1).max(1))
    .min(1)
    .max(4)
    .default([...ACTION_DEFAULTS.openings])
    .describe('distance between the pads while approaching, as shares of the stroke'),
  tableClearance: length(0, 0.1).default(ACTION_DEFAULTS.tableClearance),
  objectHeight: length(0.001, 0.1)
    .default(ACTION_DEFAULTS.objectHeight)
    .describe('cells higher than this show an object, m'),
  objectPeak: length(0.001, 0.2)
    .optional()
    .describe(
      'a patch of such cells counts only if some cell of it is higher than this: strong noise makes bumps on the table, m',
    ),
  pessimism: z
    .number()
    .min(0)
    .max(10)
    .default(ACTION_DEFAULTS.pessimism)
    .describe("a greedy learned policy ranks by the head's mean minus this many standard deviations of its members"),
  smoothing: z
    .number()
    .min(0)
    .max(1)
    .default(ACTION_DEFAULTS.smoothing)
    .describe('share of the next cells and angles in a greedy learned score'),
  leverCost: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe(
      'logits that a learned policy takes off a grasp for a lever as long as the object, or as the diameter of a cup: what is ' +
        `heavy turns in the hand; ${LEVER_COST.jaws} by default, ${LEVER_COST.suction} for a cup, none for several objects`,
    ),
  careful: z
    .boolean()
    .optional()
    .describe(
      'a greedy learned policy prefers grasps whose hand misses what the camera shows, keeps out of what it hides, and tries ' +
        'another grasp than one that has just failed',
    ),
  regionHalfWidth: length(0.01, 1)
    .optional()
    .describe(
      'grasps are proposed within this distance (each axis) of the centre; in a bin, by default, between its walls, m',
    ),
  wallHalfWidth: length(0.01, 1)
    .optional()
    .describe(
      'walls stand at this distance (each axis) of the centre: a learned policy keeps open fingers between them; by default ' +
        "a bin's, m",
    ),
});
