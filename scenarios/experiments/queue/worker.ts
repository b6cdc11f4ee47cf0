/** Worker of a queue: measures what it is asked for, until it is told to stop. */
import type { Job } from 'bullmq';
import { z } from 'zod';
import { SceneError } from '../../../sim/scene.ts';
import { measuredWith } from '../../code.ts';
import { StorageError } from '../../files.ts';
import { InputError } from '../../load.ts';
import { note } from '../../terminal/notes.ts';
import type { OpenUnits } from '../units/kind.ts';
import { kindNamed } from '../units/kinds.ts';
import { threadRunner, type UnitRunner } from '../units/runner.ts';
import { connectTo } from './connect.ts';
import { checkKey, jobId, parseJob, QUEUE, type QueueJob, VANISHINGS } from './job.ts';
import { keepLatest } from './latest.ts';
import { openSharedFiles } from './shared-files.ts';
import { openSharedResults } from './shared-results.ts';
import { ownWorkerName } from './worker-name.ts';
import type { Working } from './working.ts';

/** Milliseconds between two messages of how far a unit has come, and until the first one, which a short unit never sends. */
const [TELL_EVERY_MS, TELL_FIRST_MS] = [2000, 250];
/** Milliseconds that a stopped worker waits for the server to take note. */
const FAREWELL_MS = 5000;
/** Experiments whose threads stay when none of their units is measured. */
const EXPERIMENTS = 2;

export interface QueueWorkerRequest {
  readonly queue: string;
  readonly shared: string;
  /** Units measured at once, each in a thread of its own. */
  readonly workers: number;
  /** What it calls itself; machine and process if left out. */
  readonly name?: string | undefined;
  /** Seconds after which a worker that says nothing counts as dead. */
  readonly lock: number;
  readonly signal: AbortSignal;
}

/** An experiment that is asked about, opened here. */
interface Opened {
  readonly plan: OpenUnits<unknown, unknown>;
  readonly runner: UnitRunner<unknown, unknown, unknown>;
}

/**
 * Measures units from a queue. Told to stop, it finishes what it has begun.
 * @returns how many units it measured.
 * @throws StorageError if results cannot be written, InputError if it is asked for what is another thing here: the unit goes back.
 */
export async function runQueueWorker(request: QueueWorkerRequest): Promise<{ readonly units: number }> {
  const [{ bullmq, connect }, own] = await Promise.all([connectTo(request.queue), measuredWith()]);
  const results = openSharedResults(request.shared, z.unknown());
  const files = openSharedFiles(request.shared);
  const [connection, listening] = [connect(), connect()];
  const opened = keepLatest<Opened>(EXPERIMENTS, ({ runner }) => runner.close());
  const never = new AbortController().signal;
  const by = request.name ?? ownWorkerName();
  let units = 0;
  let broken: Error | undefined;

  const open = async ({ kind, request: asked }: QueueJob): Promise<Opened> => {
    const plan = await kindNamed(kind).open(asked, files);
    return { plan, runner: threadRunner(kind, request.workers, plan.library) };
  };
  /** @throws InputError if this machine is not the one to do it. */
  const measure = async (job: Job<QueueJob>): Promise<void> => {
    const asked = parseJob(job.data, own);
    return opened.use(
      JSON.stringify([asked.kind, asked.request]),
      () => open(asked),
      (on) => measureOn(on, asked, job),
    );
  };
  const measureOn = async ({ plan, runner }: Opened, asked: QueueJob, job: Job<QueueJob>): Promise<void> => {
    const { unit } = asked;
    checkKey(asked, plan.has(unit) ? plan.keyOf(unit) : undefined);
    const name = plan.nameOf(unit);
    const steps = new Int32Array(new SharedArrayBuffer(4));
    const tell = (): void => {
      const working: Working = { by, steps: Atomics.load(steps, 0) };
      job.updateProgress(working).catch(() => undefined);
      timer = setTimeout(tell, TELL_EVERY_MS);
    };
    let timer = setTimeout(tell, TELL_FIRST_MS);
    try {
      const found = await runner.run(unit, plan.settingOf(unit), steps, never);
      results.write(jobId({ ...asked, name }), { ...found, by, versions: own });
      units++;
      note(`${name}: measured`);
    } finally {
      clearTimeout(timer);
    }
  };
  const busy = new Set<Promise<void>>();
  const processor = async (job: Job<QueueJob>, token?: string): Promise<void> => {
    const measuring = measure(job);
    const ended = measuring.catch(() => undefined).finally(() => busy.delete(ended));
    busy.add(ended);
    try {
      await measuring;
    } catch (error) {
      if (error instanceof SceneError) throw new bullmq.UnrecoverableError(error.message);
      if (!(error instanceof StorageError || error instanceof InputError)) throw error;
      // not the unit's fault: it goes back whole, and this machine stops; at no hour, for clocks of machines differ
      broken ??= error;
      stop();
      await job.moveToWait(token);
      throw new bullmq.WaitingError();
    }
  };
  const worker = new bullmq.Worker<QueueJob>(QUEUE, processor, {
    connection: listening,
    name: by,
    concurrency: request.workers,
    lockDuration: 1000 * request.lock,
    lockRenewTime: 250 * request.lock,
    stalledInterval: 500 * request.lock,
    maxStalledCount: VANISHINGS,
  });
  const onError = (error: Error): void => note(`queue: ${error.message}`);
  for (const each of [connection, listening]) each.on('error', onError);
  worker.on('error', onError);
  worker.on('failed', (job, error) => note(`${job?.id ?? 'a unit'}: ${error.message}`));
  note(`queue: listening as ${by}, ${request.workers} at once`);

  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
    request.signal.addEventListener('abort', () => resolve());
    if (request.signal.aborted) resolve();
  });
  await stopped;
  const closed = worker.close().catch(onError);
  await Promise.all(busy);
  // a server that has gone away must not keep anybody
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, FAREWELL_MS))]);
  for (const each of [connection, listening]) each.disconnect();
  await opened.close();
  if (broken) throw broken;
  return { units };
}
