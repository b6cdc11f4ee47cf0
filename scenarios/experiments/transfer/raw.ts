/** Raw results of the transfer benchmark: their form, and their trials as tallies. */
import { z } from 'zod';
import type { Tally } from '../../report/bootstrap-intervals.ts';
import type { TrialRecord } from '../../trials/job.ts';
import type { Experiment } from '../experiment.ts';
import type { Unit } from './plan.ts';
import { triesSchema } from './tries.ts';

/** One character a trial: 1 held, 0 failed, x invalid (the simulation diverged; not counted). */
const outcomes = z.string().regex(/^[01x]*$/, { error: 'expected 0, 1 and x' });
const seconds = z.number().min(0);

/** Outcomes as they are stored. */
export const outcomesOf = (records: readonly Pick<TrialRecord, 'outcome'>[]): string =>
  records.map(({ outcome }) => (outcome === 'invalid' ? 'x' : outcome === 'held' ? '1' : '0')).join('');

const picture = z.strictObject({
  scene: z.number().int(),
  families: z.array(z.string()),
  outcome: z.string(),
  probability: z.number().nullable(),
  /** Cells of the heightmap, fractions allowed; yaw in radians. */
  grasp: z.strictObject({ row: z.number(), col: z.number(), yaw: z.number(), openingCells: z.number() }).nullable(),
  /** Grey PNG, base64: predicted chance, 0..255. */
  affordance: z.string().nullable(),
});

/** What is measured of a unit. */
const measured = {
  /** After each budget; one point at 0 trials for an arm that does not learn. Times since the start of training. */
  points: z
    .array(
      z.strictObject({
        trials: z.number().int().min(0),
        held: outcomes,
        trainSeconds: seconds,
        updateSeconds: seconds,
        updates: z.number().int().min(0),
        tries: triesSchema.optional(),
      }),
    )
    .min(1),
  /** The trials that it learned from, in their order; versions before did not keep them. */
  training: outcomes.optional(),
  /** The last point's scenes without the shift, on targets that have one. */
  unshifted: outcomes.optional(),
  /** Rounds of clutter removal with the last weights, a string of grasps each. */
  rounds: z.array(outcomes).optional(),
  pictures: z.array(picture).optional(),
  /** Objects of each scene of the last point, in the order of the scenes; versions before did not keep them. */
  families: z.array(z.array(z.string())).optional(),
  /** Answers of an external arm that were no grasps, by kind; their trials have failed. */
  refused: z.record(z.string(), z.number().int().min(1)).optional(),
};

/** What is measured of a unit, and what its pictures show: base64. */
export const measuredSchema = z.strictObject({
  ...measured,
  scenes: z.array(z.strictObject({ scene: z.number().int().min(0), colour: z.string(), heights: z.string() })),
});

const rawResult = z.strictObject({
  version: z.literal(2),
  key: z.string(),
  target: z.string(),
  arm: z.string(),
  seed: z.number().int().min(0),
  ...measured,
  /** What it was measured with; not part of the key. */
  versions: z.record(z.string(), z.string()),
});

/** Everything measured of one unit; one file each, so that a benchmark can be interrupted and shared. */
export type RawResult = z.infer<typeof rawResult>;
export type RawPicture = z.infer<typeof picture>;

/** Name of a unit and of its result in the raw store. */
export const unitName = ({ target, arm, seed }: Unit): string => `${target}/${arm}-s${seed}`;

/** The benchmark as an experiment. @param keyOf see `unitKey`. @param code see `Experiment.code`. */
export const transferExperiment = (keyOf: (unit: Unit) => string, code?: string): Experiment<Unit, RawResult> => ({
  noun: 'benchmark',
  nameOf: unitName,
  keyOf,
  code,
  schema: rawResult,
});

/** Each trial an item. */
export const trialTally = (held: string): Tally => ({
  held: [...held].map((outcome) => (outcome === '1' ? 1 : 0)),
  tried: [...held].map((outcome) => (outcome === 'x' ? 0 : 1)),
});

const heldIn = (round: string): number => [...round].filter((outcome) => outcome === '1').length;

/** Grasp success: each round an item, of the grasps tried in it. */
export const graspTally = (rounds: readonly string[]): Tally => ({
  held: rounds.map(heldIn),
  tried: rounds.map((round) => round.replaceAll('x', '').length),
});

/** Objects taken away: each round an item, of the objects there were. */
export const declutterTally = (rounds: readonly string[], objects: number): Tally => ({
  held: rounds.map(heldIn),
  tried: rounds.map(() => objects),
});
