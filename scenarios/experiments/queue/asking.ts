/** Asking: what opens a queue in place of threads, where a command line names one. */
import { resolve } from 'node:path';
import { InputError } from '../../load.ts';
import type { UnitRunner } from '../units/runner.ts';
import type { AskerOptions } from './asker.ts';
import { openSharedFiles, type SharedFiles } from './shared-files.ts';

/** Whether and where machines listen. */
export interface Elsewhere {
  /** Address of a queue. */
  readonly queue?: string | undefined;
  /** A folder that every machine sees. */
  readonly shared?: string | undefined;
}

/** @throws InputError if there is a queue and no shared folder. */
export function checkElsewhere({ queue, shared }: Elsewhere): void {
  if (queue !== undefined && shared === undefined)
    throw new InputError('--queue: expected --shared, too, a folder that every machine sees');
}

/**
 * What opens the asker of a queue; undefined where there is none.
 * @param request makes what machines are told, of files that it may share.
 * @throws InputError as {@link checkElsewhere}.
 */
export function askingMachines<Request, Unit, Setting, Measured>(
  elsewhere: Elsewhere,
  {
    request,
    ...options
  }: Omit<AskerOptions<Request, Unit, Setting, Measured>, 'url' | 'shared' | 'request'> & {
    readonly request: (files: SharedFiles) => Request;
  },
): (() => Promise<UnitRunner<Unit, Setting, Measured>>) | undefined {
  const { queue: url, shared } = elsewhere;
  if (url === undefined) return undefined;
  checkElsewhere(elsewhere);
  const folder = resolve(shared!);
  return async () => {
    const { openAsker } = await import('./asker.ts');
    return openAsker({ ...options, url, shared: folder, request: request(openSharedFiles(folder)) });
  };
}
