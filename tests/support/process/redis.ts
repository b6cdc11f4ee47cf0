import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createServer } from 'node:net';

/** Servers that speak Redis's protocol, by the name of their program. */
const PROGRAMS = ['redis-server', 'valkey-server'];

const found = PROGRAMS.find((name) => {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

/** Behind a test's name: what is missing for it. */
export const withoutRedis = found ? '' : ' [redis-server]';

/** Whether a real server can be started here. */
export const hasRedis = found !== undefined;

/** A real server on a free port of this machine, that keeps nothing on disk. */
export interface RedisServer {
  readonly url: string;
  /** Ends it at once: everything it held is gone. */
  kill(): Promise<void>;
  /** Starts it again, empty, at the same address. */
  restart(): Promise<void>;
}

/** Starts a server; whoever starts it kills it. */
export async function startRedis(): Promise<RedisServer> {
  const port = await freePort();
  let child: ChildProcess | undefined;
  const begin = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
      child = spawn(found!, args, { stdio: ['ignore', 'pipe', 'ignore'] });
      child.once('error', reject);
      child.stdout!.setEncoding('utf8').on('data', (text: string) => {
        if (/ready to accept connections/i.test(text)) resolve();
      });
    });
  const kill = (): Promise<void> =>
    new Promise((resolve) => {
      if (!child || child.exitCode !== null || child.signalCode !== null) return resolve();
      child.once('close', () => resolve());
      child.kill('SIGKILL');
    });
  await begin();
  return { url: `redis://127.0.0.1:${port}`, kill, restart: begin };
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
