/** Program of an external policy: a child process that is asked on its standard input. */
import { spawn } from 'node:child_process';
import { lineSplitter } from '../messages/lines.ts';
import { ANSWER_MAX_BYTES, type Connection, type Listener } from './connection.ts';
import { announceProgram, endGroup } from './programs.ts';

/** How long a program may take to end by itself. */
const GRACE_MS = 1000;

/** Characters of its standard error that are kept, for the error that says why it ended. */
const KEPT = 2000;

/** Starts a program. What it writes on standard error is kept for errors. */
export const connectProgram =
  ([file, ...args]: readonly string[]) =>
  ({ message, tooLong, ended }: Listener): Connection => {
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    let said = '';
    const over = child.pid === undefined ? () => undefined : announceProgram(child.pid);
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said = `${said}${text}`.slice(-KEPT);
    });
    child.stdout.on('data', lineSplitter(ANSWER_MAX_BYTES, { line: message, tooLong }));
    // a program that has ended is told of below
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => ended(`it could not be started: ${error.message}`));
    child.on('close', (code, signal) => {
      over();
      const lines = said.trim().split('\n');
      const last = lines.findLast((line) => /(Error|Exception|panic)\b/.test(line)) ?? lines.pop();
      ended(`it ended with ${signal ?? `code ${code}`}${last ? `: ${last}` : ''}`);
    });
    return {
      send: (text) => void child.stdin.write(`${text}\n`),
      close: () => {
        child.stdin.end();
        setTimeout(() => child.pid !== undefined && endGroup(child.pid), GRACE_MS).unref();
      },
    };
  };
