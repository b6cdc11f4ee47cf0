/** Asker: has the units of an experiment measured by whoever listens at a queue. */
import { measuredWith } from '../../code.ts';
import { Interrupted } from '../../terminal/interrupted.ts';
import { note } from '../../terminal/notes.ts';
import { disagreement, type Measurement } from '../comparable.ts';
import { LostUnit } from '../experiment.ts';
import type { Found, Kind } from '../units/kind.ts';
import type { UnitRunner, UnitWatcher } from '../units/runner.ts';
import { connectTo } from './connect.ts';
import { jobId, QUEUE, type QueueJob } from './job.ts';
import { type Answer, openSharedResults } from './shared-results.ts';
import { isWorkerName } from './worker-name.ts';
import { listeningWorkers, parseWorking } from './working.ts';

/** Milliseconds between two looks at what is missing, where nothing was heard of it. */
const LOOK_EVERY_MS = 500;
/** Units whose folder is looked into at a look, and units that Redis, which may have lost everything, is asked about. */
const [FOLDERS, QUESTIONS] = [500, 50];
/** Units that are sent to Redis at once. */
const BULK = 200;
/** Looks after which a unit that was measured is in the folder of every machine, or nowhere. */
const PATIENCE = 20;
/** Looks after which somebody should be listening. */
const HURRY = 4;
/** Milliseconds between two looks at who listens, and for each that does: a list of thousands costs the server something. */
const [PRESENT_EVERY_MS, PRESENT_EACH_MS] = [2000, 10];
/** Machines that may have a unit and die before it counts as the cause. */
const ATTEMPTS = 3;

export interface AskerOptions<Request, Unit, Setting, Measured> {
  readonly url: string;
  /** A folder that every machine sees. */
  readonly shared: string;
  readonly kind: Kind<Request, Unit, Setting, Measured>;
  /** What the units mean. */
  readonly request: Request;
  readonly nameOf: (unit: Unit) => string;
  readonly keyOf: (unit: Unit) => string;
  readonly units: number;
  readonly lookEveryMs?: number;
}

/** A unit that is asked for. */
interface Asked<Unit, Measured> {
  readonly id: string;
  readonly unit: Unit;
  readonly name: string;
  readonly job: QueueJob;
  readonly steps: Int32Array;
  /** Looks at which it was done, and no result could be read. */
  unread: number;
  /** Fires if nobody is left to use the result. */
  readonly ended: AbortSignal;
  readonly resolve: (found: Found<Measured>) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Measures units by a queue. Results count by what lies in the shared folder, Redis only says what is to be done: it may forget
 * everything. Results may come twice, late, or from a machine thought dead.
 * @throws InputError if there is no queue.
 */
export async function openAsker<Request, Unit, Setting, Measured>({
  url,
  shared,
  kind,
  request,
  nameOf,
  keyOf,
  units,
  lookEveryMs = LOOK_EVERY_MS,
}: AskerOptions<Request, Unit, Setting, Measured>): Promise<UnitRunner<Unit, Setting, Measured>> {
  const [{ bullmq, connect }, own] = await Promise.all([connectTo(url), measuredWith()]);
  const results = openSharedResults(shared, kind.measured);
  const [connection, listening] = [connect(), connect()];
  const queue = new bullmq.Queue<QueueJob>(QUEUE, { connection });
  const events = new bullmq.QueueEvents(QUEUE, { connection: listening });
  const asked = new Map<string, Asked<Unit, Measured>>();
  const answered = new Map<string, string>();
  let watcher: UnitWatcher<Unit> | undefined;
  let away = false;
  const onError = (): void => {
    if (!away) note('queue: no connection; waiting for it');
    away = true;
  };
  for (const each of [connection, listening]) each.on('error', onError);
  queue.on('error', onError);
  events.on('error', onError);
  connection.on('ready', () => {
    away = false;
  });

  let adding: Promise<unknown> | undefined;
  let toAdd: Parameters<typeof queue.addBulk>[0] = [];
  /** Whatever is asked for in one turn goes to the server together. */
  const add = async (id: string, { job }: Asked<Unit, Measured>): Promise<void> => {
    toAdd.push({ name: 'unit', data: job, opts: { jobId: id, attempts: ATTEMPTS } });
    adding ??= Promise.resolve().then(async () => {
      const all = toAdd;
      [toAdd, adding] = [[], undefined];
      for (let from = 0; from < all.length; from += BULK) await queue.addBulk(all.slice(from, from + BULK));
    });
    await adding;
  };
  const end = (id: string): void => {
    asked.delete(id);
    void queue.remove(id).catch(() => undefined);
  };
  const settle = (id: string): boolean => {
    const [first, other] = results.read(id);
    if (!first) return false;
    const { name, resolve, reject } = asked.get(id)!;
    end(id);
    if (other) {
      reject(new LostUnit(disagreement(measurement(first), measurement(other))));
      return true;
    }
    answered.set(id, name);
    resolve(first);
    return true;
  };
  const lose = (id: string, reason: string): void => {
    const { reject } = asked.get(id)!;
    end(id);
    reject(new LostUnit(reason));
  };
  /** Asks again for what Redis has forgotten, or done without a result that can be read. */
  const check = async (id: string, each: Asked<Unit, Measured>): Promise<void> => {
    const job = await queue.getJob(id);
    const state = job && (await job.getState());
    if (!asked.has(id) || settle(id)) return;
    const by = job?.processedBy;
    if (state === 'active' && by !== undefined && isWorkerName(by)) watcher?.taken(each.unit, by);
    if (state === 'failed') return lose(id, job!.failedReason ?? 'no reason');
    if (state === 'completed') {
      each.unread++;
      if (each.unread >= ATTEMPTS * PATIENCE)
        return lose(id, `measured, and not in ${shared}: expected a folder that every machine sees`);
      if (each.unread % PATIENCE > 0) return;
      await queue.remove(id);
    }
    if (!job || state === 'completed' || state === 'unknown') await add(id, each);
  };

  const heard = new WeakSet<AbortSignal>();
  /** Once for all units of a signal: there may be thousands. */
  const listenTo = (signal: AbortSignal): void => {
    if (heard.has(signal)) return;
    heard.add(signal);
    signal.addEventListener('abort', () => {
      for (const [id, { ended, reject }] of [...asked]) {
        if (ended !== signal) continue;
        end(id);
        reject(new Interrupted('experiment interrupted'));
      }
    });
  };

  let presentAt = performance.now();
  /** Says who listens, now and then. */
  const lookAround = async (): Promise<void> => {
    if (!watcher || performance.now() < presentAt) return;
    const clients = await queue.getWorkers();
    watcher.present(listeningWorkers(clients));
    presentAt = performance.now() + Math.max(PRESENT_EVERY_MS, PRESENT_EACH_MS * clients.length);
  };

  let looks = 0;
  const look = async (): Promise<void> => {
    const ids = [...asked.keys()];
    for (const id of inTurn(ids, looks, FOLDERS)) settle(id);
    if (away) return;
    looks++;
    const waiting = inTurn(ids, looks, QUESTIONS).flatMap((id) => asked.get(id) ?? []);
    await Promise.all(waiting.map((each) => check(each.id, each)));
    await lookAround();
    if (looks === HURRY && asked.size > 0 && (await queue.getWorkers()).length === 0)
      note('queue: nobody listens yet; start machines with: npx graft worker --queue <address> --shared <folder>');
  };
  let looking: Promise<void> = Promise.resolve();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    looking = look()
      // the server is away: the next look asks again
      .catch(() => undefined)
      .finally(() => {
        busy = false;
      });
  }, lookEveryMs);
  events.on('completed', ({ jobId: id }) => {
    if (asked.has(id)) settle(id);
  });
  events.on('progress', ({ jobId: id, data }) => {
    const each = asked.get(id);
    const working = each && parseWorking(data);
    if (!working) return;
    Atomics.store(each.steps, 0, working.steps);
    watcher?.taken(each.unit, working.by);
  });
  const onReturn = ({ jobId: id }: { readonly jobId: string }): void => {
    const each = asked.get(id);
    if (each) watcher?.returned(each.unit);
  };
  events.on('stalled', onReturn);
  events.on('waiting', onReturn);

  return {
    lanes: units,
    watch: (told) => {
      watcher = told;
    },
    run: (unit, _setting, steps, ended) => {
      const key = keyOf(unit);
      const name = nameOf(unit);
      const job: QueueJob = { kind: kind.name, name, request, unit, key, versions: own };
      const id = jobId(job);
      if (ended.aborted) return Promise.reject(new Interrupted('experiment interrupted'));
      listenTo(ended);
      return new Promise((resolve, reject) => {
        const each: Asked<Unit, Measured> = { id, unit, name, job, steps, unread: 0, ended, resolve, reject };
        asked.set(id, each);
        if (!settle(id)) add(id, each).catch(() => undefined);
      });
    },
    close: async () => {
      clearInterval(timer);
      await looking;
      await Promise.all([events.close(), queue.close()]).catch(() => undefined);
      for (const each of [connection, listening]) each.disconnect();
      for (const [id, name] of answered) {
        if (!results.isDisputed(id)) continue;
        const [first, other] = results.read(id);
        if (first && other) throw new LostUnit(`${name}: ${disagreement(measurement(first), measurement(other))}`);
      }
    },
  };
}

/** Some of many, others at every turn, all of them in the end. */
function inTurn<T>(all: readonly T[], turn: number, count: number): readonly T[] {
  if (all.length <= count) return all;
  const first = (turn * count) % all.length;
  return [...all, ...all].slice(first, first + count);
}

const measurement = ({ by: from, versions: by }: Answer<unknown>): Measurement => ({ from, by });
