/** Kind of experiment: units of the transfer benchmark. */
import { z } from 'zod';
import type { Kind } from '../units/kind.ts';
import { type Measured, measureUnit } from './measure.ts';
import type { Setting, Unit } from './plan.ts';
import { PRESETS, type PresetName } from './presets.ts';
import { measuredSchema, unitName } from './raw.ts';
import { TARGET_NAMES, type TargetName } from './targets.ts';

/** The part of a benchmark's command line that says what its units mean. */
const request = z.strictObject({
  preset: z.enum(Object.keys(PRESETS) as [PresetName, ...PresetName[]]),
  objects: z.string().optional(),
  targets: z.array(z.string()).optional(),
  arms: z.array(z.string()).optional(),
  seeds: z.number().int().min(1).optional(),
});

const unit = z.strictObject({
  target: z.enum(TARGET_NAMES as [TargetName, ...TargetName[]]),
  arm: z.string(),
  seed: z.number().int().min(0),
});

/** Units of the transfer benchmark: arms with seeds on targets. */
export const transferKind: Kind<z.infer<typeof request>, Unit, Setting, Measured> = {
  name: 'transfer',
  request,
  unit,
  measured: measuredSchema,
  open: async (asked) => {
    const { planOf } = await import('./transfer.ts');
    const plan = await planOf({ ...asked, workers: 1, quiet: true, command: '', signal: new AbortController().signal });
    const names = new Set(plan.units.map(unitName));
    return { ...plan, nameOf: unitName, has: (each) => names.has(unitName(each)) };
  },
  measure: async (each, setting, { engine, pool, onStep }) => ({
    measured: await measureUnit(engine, pool, each, setting, onStep),
  }),
};
