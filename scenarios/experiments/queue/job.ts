/** Jobs of the queue: what a machine is told of a unit, and what it refuses. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { versions } from '../../versions.ts';
import { PRESETS, type PresetName } from '../transfer/presets.ts';
import { TARGET_NAMES, type TargetName } from '../transfer/targets.ts';

/** Name of the queue. */
export const QUEUE = 'graft';

/** The part of a benchmark's command line that says what its units mean. */
const benchRequest = z.strictObject({
  preset: z.enum(Object.keys(PRESETS) as [PresetName, ...PresetName[]]),
  objects: z.string().optional(),
  targets: z.array(z.string()).optional(),
  arms: z.array(z.string()).optional(),
  seeds: z.number().int().min(1).optional(),
});

const job = z.strictObject({
  request: benchRequest,
  unit: z.strictObject({
    target: z.enum(TARGET_NAMES as [TargetName, ...TargetName[]]),
    arm: z.string(),
    seed: z.number().int().min(0),
  }),
  /** See `unitKey`: all that the result depends on. */
  key: z.string(),
  /** Of whoever asks. */
  versions: z.record(z.string(), z.string()),
});

/** What Redis holds of a unit: its name and key, never weights or results. */
export type QueueJob = z.infer<typeof job>;

/** @throws Error if something else came from the queue. */
export function parseJob(value: unknown): QueueJob {
  const parsed = job.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new Error(`queue: expected a unit of a benchmark, got one with ${path.join('.') || 'the whole'}: ${message}`);
}

/** Names a unit in the queue and in the shared folder. BullMQ takes no colons, and no digits alone. */
export const jobId = (name: string, key: string): string =>
  `u-${createHash('sha256').update(`${name} ${key}`).digest('hex').slice(0, 24)}`;

/** Packages whose version may change a result's bytes. Any Node gives the same. */
const DECIDING = ['graft', '@dimforge/rapier3d-simd-compat', '@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'];

/** Why this graft does not measure a unit. @param key of the unit here. @returns undefined if it does. */
export function refusal({ key: theirs, versions: wanted }: QueueJob, key: string): string | undefined {
  const own = versions();
  for (const name of DECIDING)
    if (wanted[name] !== own[name]) return `expected ${name} ${own[name]}, as here, got a unit of ${wanted[name]}`;
  if (theirs !== key) return 'expected a unit of the same settings, weights and engine as here, got one of others';
  return undefined;
}
