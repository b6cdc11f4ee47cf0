/** Connections to the queue: BullMQ on Redis or Valkey, both optional packages. */
import type { Redis } from 'ioredis';
import { InputError } from '../../load.ts';

/** Milliseconds until a server that does not answer counts as none. */
const PATIENCE_MS = 5000;

/** What the queue needs. */
export interface Connected {
  readonly bullmq: typeof import('bullmq');
  /** A new connection; whoever asks for it ends it. */
  readonly connect: () => Redis;
}

/**
 * The packages, and a server that answers.
 * @param url `redis://` or `rediss://`, with password and database if there are any; never shown whole.
 * @throws InputError if a package is missing, the address is none, or nobody answers there.
 */
export async function connectTo(url: string): Promise<Connected> {
  const [bullmq, ioredis] = await packages();
  const shown = addressOf(url);
  const connect = (): Redis => new ioredis.Redis(url, { maxRetriesPerRequest: null });
  const first = new ioredis.Redis(url, {
    ...{ lazyConnect: true, connectTimeout: PATIENCE_MS, maxRetriesPerRequest: 0, retryStrategy: () => null },
  });
  let why = 'no answer';
  first.on('error', (error: Error) => {
    why = error.message;
  });
  try {
    await first.connect();
    await first.ping();
  } catch (error) {
    const reason = (error as Error).message === 'Connection is closed.' ? why : (error as Error).message;
    throw new InputError(`--queue: expected a Redis or Valkey server at ${shown}, got: ${reason}`);
  } finally {
    first.disconnect();
  }
  return { bullmq, connect };
}

async function packages() {
  try {
    return await Promise.all([import('bullmq'), import('ioredis')]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new InputError(
      '--queue: expected the optional packages bullmq and ioredis, got none; npm install bullmq ioredis',
    );
  }
}

/** The address without password. @throws InputError if it is none. */
function addressOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && ['redis:', 'rediss:'].includes(parsed.protocol) && parsed.hostname)
    return `${parsed.protocol}//${parsed.host}`;
  throw new InputError('--queue: expected an address such as redis://127.0.0.1:6379, got another text');
}
