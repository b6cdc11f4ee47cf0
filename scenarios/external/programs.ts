/** Programs of external policies that run: known to the main thread, which ends what outlives its work. */
import { BroadcastChannel } from 'node:worker_threads';

const CHANNEL = 'graft-external-programs';

/** How long programs may take to end by themselves once their input has. */
const GRACE_MS = 1000;
const LOOK_EVERY_MS = 20;

type News = { readonly started: number } | { readonly over: number } | 'end';

/** Tells the main thread of a program. @returns what tells it that the program is over. */
export function announceProgram(pid: number): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.unref();
  channel.postMessage({ started: pid } satisfies News);
  return () => {
    channel.postMessage({ over: pid } satisfies News);
    channel.close();
  };
}

/** Listens to the main thread's wish that programs end. @returns what listens no more. */
export function onProgramsEnd(heard: () => void): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.unref();
  channel.onmessage = (event) => {
    if ((event as { readonly data: News }).data === 'end') heard();
  };
  return () => channel.close();
}

/** Ends a program and all that it started. */
export function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it is over
  }
}

/** Does work in whose threads programs are started, and ends those that are still there after it. The threads must live on. */
export async function endingPrograms<T>(work: () => Promise<T>): Promise<T> {
  const pids = new Set<number>();
  const channel = new BroadcastChannel(CHANNEL);
  channel.unref();
  channel.onmessage = (event) => {
    const news = (event as { readonly data: News }).data;
    if (news === 'end') return;
    if ('started' in news) pids.add(news.started);
    else pids.delete(news.over);
  };
  const atExit = (): void => pids.forEach(endGroup);
  process.once('exit', atExit);
  try {
    return await work();
  } finally {
    channel.postMessage('end' satisfies News);
    for (const end = performance.now() + GRACE_MS; pids.size > 0 && performance.now() < end; )
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    atExit();
    process.off('exit', atExit);
    channel.close();
  }
}
