/**
 * Machines of a fleet: workers in one process, each with connections, lock and lane of its own as `graft worker` has them, whose
 * units sleep. Ends when its standard input does.
 *
 *   machines <url> <shared> <workers> <milliseconds of a unit>
 */
import { type Job, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { measuredWith } from '../../../scenarios/code.ts';
import { jobId, QUEUE, type QueueJob, VANISHINGS } from '../../../scenarios/experiments/queue/job.ts';
import { openSharedResults } from '../../../scenarios/experiments/queue/shared-results.ts';
import { SLEPT, sleepingKind } from './sleeping.ts';

const [url, shared, workers, sleepMs] = process.argv.slice(2);
const own = await measuredWith();
const results = openSharedResults(shared, sleepingKind.measured);

const start = (index: number): Worker<QueueJob> => {
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  connection.on('error', () => undefined);
  const by = `machine/${process.pid}-${index}`;
  const processor = async ({ data }: Job<QueueJob>): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, Number(sleepMs)));
    results.write(jobId(data), { measured: SLEPT, by, versions: own });
  };
  const worker = new Worker<QueueJob>(QUEUE, processor, {
    ...{ connection, name: by, concurrency: 1, lockDuration: 60_000, lockRenewTime: 15_000 },
    ...{ stalledInterval: 30_000, maxStalledCount: VANISHINGS },
  });
  worker.on('error', () => undefined);
  return worker;
};

const all = Array.from({ length: Number(workers) }, (_, i) => start(i));
await Promise.all(all.map((each) => each.waitUntilReady()));
console.log('ready');
process.stdin.on('end', () => process.exit(0)).resume();
