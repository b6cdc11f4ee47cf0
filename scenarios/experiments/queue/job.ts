/** Jobs of the queue: what a machine is told of a unit, and what it refuses. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { codeOf } from '../../code.ts';
import { InputError } from '../../load.ts';
import { KIND_NAMES, type KindName } from '../units/kind.ts';
import { kindNamed } from '../units/kinds.ts';

/** Name of the queue. */
export const QUEUE = 'graft';

/**
 * Workers that may vanish under a unit before it is given up, killed or cut off. Hardly ever is that its fault: what crashes a unit's
 * own thread, or starves it of memory, is one of its three attempts instead.
 */
export const VANISHINGS = 9;

const job = z.strictObject({
  kind: z.string(),
  /** Of the unit, for messages. */
  name: z.string(),
  /** What the experiment's units mean, see `Kind.request`. */
  request: z.unknown(),
  unit: z.unknown(),
  /** All that the result depends on. */
  key: z.string(),
  /** Of whoever asks, and their code. */
  versions: z.record(z.string(), z.string()),
});

/** What Redis holds of a unit: its name and key, never weights or results. */
export interface QueueJob extends z.infer<typeof job> {
  readonly kind: KindName;
}

/**
 * Reads what came from the queue.
 * @param own what this machine measures with.
 * @throws InputError if another graft asks for it; before its request is read, which may have another form there.
 * @throws Error if it is something else.
 */
export function parseJob(value: unknown, own: QueueJob['versions']): QueueJob {
  const outer = checked(job, value);
  const why = otherVersion(outer.versions, own);
  if (why !== undefined) throw refused(outer.name, why);
  const kind = checked(z.enum(KIND_NAMES), outer.kind);
  const { request, unit } = kindNamed(kind);
  return { ...outer, kind, request: checked(request, outer.request), unit: checked(unit, outer.unit) };
}

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new Error(`queue: expected a unit of an experiment, got one with ${path.join('.') || 'the whole'}: ${message}`);
}

/** Names a unit in the queue and in the shared folder, results of another code aside. BullMQ takes no colons, and no digits alone. */
export const jobId = ({ kind, name, key, versions }: Pick<QueueJob, 'kind' | 'name' | 'key' | 'versions'>): string =>
  `u-${createHash('sha256')
    .update(`${kind} ${name} ${key} ${codeOf(versions)}`)
    .digest('hex')
    .slice(0, 24)}`;

/** Code, and packages whose version may change a result's bytes. Any Node gives the same. */
const DECIDING = [
  'graft',
  'code',
  '@dimforge/rapier3d-simd-compat',
  '@tensorflow/tfjs',
  '@tensorflow/tfjs-backend-wasm',
];

function otherVersion(wanted: QueueJob['versions'], own: QueueJob['versions']): string | undefined {
  const name = DECIDING.find((each) => wanted[each] !== own[each]);
  return name && `expected ${name} ${own[name]}, as here, got a unit of ${wanted[name] ?? 'none'}`;
}

/** @param key of the unit as it is here; undefined if there is none. @throws InputError if it is not what was asked for. */
export function checkKey({ name, key: theirs }: QueueJob, key: string | undefined): void {
  if (key === undefined) throw refused(name, 'expected a unit that there is here, got none');
  if (theirs !== key)
    throw refused(name, 'expected a unit of the same settings, weights and engine as here, got one of others');
}

const refused = (name: string, why: string): InputError =>
  new InputError(`${name}: ${why}; every machine needs the same graft`);
