/** Working: what a worker says while it has a unit in hand. A few dozen bytes, as the job's progress. */
import { z } from 'zod';
import { isWorkerName } from './worker-name.ts';

const working = z.strictObject({
  /** Name of the worker. */
  by: z.string().refine(isWorkerName),
  /** Steps of the unit so far. */
  steps: z.int().min(0).max(0x7fffffff),
});

/** Who has a unit, and how far it has come. */
export type Working = z.infer<typeof working>;

/** Reads what came from the queue; undefined if it is something else, which costs nobody a unit. */
export const parseWorking = (data: unknown): Working | undefined => working.safeParse(data).data;

/** Name of a worker as its connection to Redis has it, such as `bull:Z3JhZnQ=:w:machine/12`. */
const CONNECTION = /:w:(.*)$/;

/** Workers that listen, by what BullMQ knows of their connections; those without a name of ours are left out. */
export const listeningWorkers = (clients: readonly Readonly<Record<string, string>>[]): string[] => [
  ...new Set(clients.flatMap(({ rawname = '' }) => CONNECTION.exec(rawname)?.[1] ?? []).filter(isWorkerName)),
];
