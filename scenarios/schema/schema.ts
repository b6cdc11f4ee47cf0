/** The scenario file: its sections, one file each beside this one, and what follows from several of them. */
import { z } from 'zod';
import { ACTION_DEFAULTS } from '../../agent/policy/action-space.ts';
import { action, LEVER_COST } from './action.ts';
import { gripper } from './gripper.ts';
import { learner } from './learner.ts';
import { motion } from './motion.ts';
import { objects } from './objects.ts';
import { physics } from './physics.ts';
import { scene } from './scene.ts';
import { sensor } from './sensor.ts';
import { evaluation, training } from './training.ts';

const settings = z.strictObject({
  description: z.string().default(''),
  scene: scene.prefault({}),
  objects: objects.optional().describe('objects from files, in place of the families'),
  sensor: sensor.prefault({}),
  physics: physics.prefault({}),
  gripper: gripper.prefault({}),
  motion: motion.prefault({}),
  action: action.prefault({}),
  learner: learner.prefault({}),
  training: training.prefault({}),
  evaluation: evaluation.prefault({}),
});

/** What `scene.placed` asks of other keys. */
const checked = settings.superRefine(({ scene: { placed, objectCount }, objects: fromFiles }, context) => {
  if (!placed) return;
  const refuse = (message: string, path: PropertyKey[]): void =>
    context.addIssue({ code: 'custom', message, path: ['scene', ...path] });
  if (objectCount !== 1 && objectCount !== placed.length)
    refuse(`expected ${placed.length}, the number of objects in scene.placed`, ['objectCount']);
  placed.forEach(({ object }, i) => {
    if (object !== undefined && !fromFiles)
      refuse('expected a scenario that says where `objects` come from', ['placed', i, 'object']);
  });
});

/** How far from the walls of a bin its contents are looked for: the walls' own faces look like objects, metres. */
const WALL_MARGIN = 0.006;

/** What `action` has by default. Depths in metres: a cup stops at the surface, to whichever it is sent. */
const JAWS_ACTION = { depths: ACTION_DEFAULTS.depths, leverCost: LEVER_COST.jaws };
const CUP_ACTION = { depths: [0.035], leverCost: LEVER_COST.suction };

/** A scenario file. Lengths in metres, times in seconds unless said otherwise. Every key has a default. */
export const scenarioSchema = checked.transform((given) => {
  const { placed } = given.scene;
  const scenario = placed ? { ...given, scene: { ...given.scene, objectCount: placed.length } } : given;
  const { bin } = scenario.scene;
  const usual = scenario.gripper.kind === 'suction' ? CUP_ACTION : JAWS_ACTION;
  // in one order, so that a scenario read again is the same text
  const {
    angles,
    depths = [...usual.depths],
    leverCost = scenario.scene.objectCount > 1 ? 0 : usual.leverCost,
    regionHalfWidth = bin && bin.halfWidth - WALL_MARGIN,
    wallHalfWidth = bin?.halfWidth,
    ...others
  } = scenario.action;
  const region = {
    ...(regionHalfWidth !== undefined && { regionHalfWidth }),
    ...(wallHalfWidth !== undefined && { wallHalfWidth }),
  };
  return { ...scenario, action: { angles, depths, ...others, leverCost, ...region } };
});

/** A scenario with every default filled in. */
export type Scenario = z.infer<typeof scenarioSchema>;

/** The schema for editors (`# yaml-language-server: $schema=...`). */
export const scenarioJsonSchema = (): unknown => z.toJSONSchema(scenarioSchema, { io: 'input' });
