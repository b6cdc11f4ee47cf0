/** Name of a worker: what it is called in results, messages and on the page of an experiment. */
import { hostname } from 'node:os';
import { UserError } from '../../../sim/user-error.ts';

/** What Redis takes as the name of a connection, in one line of a table. */
const [NAME, LENGTH] = [/^[A-Za-z0-9][\w.@:/-]*$/, 64];

/** Whether a text can be a worker's name. */
export const isWorkerName = (text: string): boolean => text.length <= LENGTH && NAME.test(text);

/** A name that somebody gave. @throws UserError for one that is too long, or cannot be sent. */
export function parseWorkerName(text: string): string {
  if (isWorkerName(text)) return text;
  throw new UserError(
    `expected 1 to ${LENGTH} letters, digits and any of . _ @ : / -, with a letter or digit first, got '${text.slice(0, LENGTH)}'.`,
  );
}

/** Machine and process. */
export function ownWorkerName(): string {
  const own = `/${process.pid}`;
  const machine = hostname()
    .replace(/[^\w.-]/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '');
  return `${(machine || 'machine').slice(0, LENGTH - own.length)}${own}`;
}
