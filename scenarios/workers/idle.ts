/** Idle threads: those of a pool that was closed wait a while for the next one of their kind. */
import type { Piscina } from 'piscina';

/** Starting a thread, and warming up its code, takes longer than many a run. */
const KEPT_MS = 20_000;

interface Idle {
  readonly pool: Piscina;
  readonly timer: NodeJS.Timeout;
}

const idle = new Map<string, Idle[]>();

/** Takes idle threads of a kind; undefined if there are none. */
export function takeIdle(kind: string): Piscina | undefined {
  const found = idle.get(kind)?.pop();
  clearTimeout(found?.timer);
  return found?.pool;
}

/** Keeps threads for whoever takes them next; nobody for a while, and they end. They do not keep the process alive. */
export function keepIdle(kind: string, pool: Piscina): void {
  const list = idle.get(kind) ?? [];
  idle.set(kind, list);
  const timer = setTimeout(() => {
    list.splice(list.indexOf(kept), 1);
    void pool.destroy();
  }, KEPT_MS).unref();
  const kept: Idle = { pool, timer };
  list.push(kept);
}
