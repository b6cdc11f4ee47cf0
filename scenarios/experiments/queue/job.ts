/** Jobs of the queue: what a machine is told of a unit, and what it refuses. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { versions } from '../../versions.ts';
import { KIND_NAMES } from '../units/kind.ts';
import { kindNamed } from '../units/kinds.ts';

/** Name of the queue. */
export const QUEUE = 'graft';

const job = z.strictObject({
  kind: z.enum(KIND_NAMES),
  /** What the experiment's units mean, see `Kind.request`. */
  request: z.unknown(),
  unit: z.unknown(),
  /** All that the result depends on. */
  key: z.string(),
  /** Of whoever asks. */
  versions: z.record(z.string(), z.string()),
});

/** What Redis holds of a unit: its name and key, never weights or results. */
export type QueueJob = z.infer<typeof job>;

/** @throws Error if something else came from the queue. */
export function parseJob(value: unknown): QueueJob {
  const outer = checked(job, value);
  const { request, unit } = kindNamed(outer.kind);
  return { ...outer, request: checked(request, outer.request), unit: checked(unit, outer.unit) };
}

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new Error(`queue: expected a unit of an experiment, got one with ${path.join('.') || 'the whole'}: ${message}`);
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
