/** Kind of experiment whose units sleep: all that is measured of them is the queue, the folders and the asker. */
import { z } from 'zod';
import type { Kind, OpenUnits } from '../../../scenarios/experiments/units/kind.ts';

const unit = z.strictObject({ index: z.number().int() });
export type SleepingUnit = z.infer<typeof unit>;

/** About as much as a unit of the transfer benchmark says. */
const measured = z.strictObject({ held: z.string(), points: z.array(z.number()) });
export type Slept = z.infer<typeof measured>;

/** What every unit finds. */
export const SLEPT: Slept = { held: '01'.repeat(400), points: Array.from({ length: 60 }, (_, i) => i / 7) };

export const nameOf = ({ index }: SleepingUnit): string => `target-${index % 10}/sleeper-s${index}`;
export const keyOf = ({ index }: SleepingUnit): string => `sleeping ${index}`;

export const stored = z.strictObject({
  key: z.string(),
  versions: z.record(z.string(), z.string()),
  ...measured.shape,
});

/** In the place of a kind that jobs know. */
export const sleepingKind: Kind<object, SleepingUnit, undefined, Slept> = {
  ...{ name: 'transfer', request: z.strictObject({}), unit, measured },
  open: async (): Promise<OpenUnits<SleepingUnit, undefined>> => {
    throw new Error('sleeping: expected machines of its own');
  },
  measure: async () => ({ measured: SLEPT }),
};
