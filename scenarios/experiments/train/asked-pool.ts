/** Trial pool whose scenes several machines run: those that listen at a queue, or the parts of one training side by side. */
import { resolve } from 'node:path';
import { InputError } from '../../load.ts';
import type { ObjectLibrary } from '../../objects/library.ts';
import type { Scenario } from '../../schema/schema.ts';
import type { SceneJob } from '../../trials/job.ts';
import type { TrialPool } from '../../workers/pool.ts';
import type { Part } from '../experiment.ts';
import { askingMachines, checkElsewhere, type Elsewhere } from '../queue/asking.ts';
import { openSharedFiles } from '../queue/shared-files.ts';
import { outputsIn, trainKind, trainUnits, unitsOf } from './kind.ts';
import { openParts } from './parts.ts';

/** Who else runs the trials of a training. */
export interface Machines extends Elsewhere {
  /** Which of the machines that train side by side this is. */
  readonly part?: Part | undefined;
}

interface AskedOptions {
  readonly scenario: Scenario;
  readonly library: ObjectLibrary | undefined;
  /** What tells this training from others of the scenario. */
  readonly training: { readonly seed: number; readonly trials: number };
  /** Ends what is waited for. */
  readonly signal: AbortSignal;
}

/** Scenes on their way at once in an evaluation, as workers of a pool: nobody knows how many machines listen. */
const LANES = 16;

/** @throws InputError if a command line asks for machines in a way that cannot be. */
export function checkMachines({ part, ...elsewhere }: Machines): void {
  const { queue, shared } = elsewhere;
  checkElsewhere(elsewhere);
  if (part && queue !== undefined) throw new InputError('--part: expected no --queue, which shares the work by itself');
  if (part && shared === undefined)
    throw new InputError('--part: expected --shared, too, a folder that every part sees');
}

/**
 * Hands scenes to other machines, if there are any. Those in which a person has a hand stay here.
 * @param own threads of this process; closed with the pool.
 * @returns `own` where there is nobody else.
 * @throws InputError if there is a queue that cannot be used.
 */
export async function askedPool(own: TrialPool, machines: Machines, options: AskedOptions): Promise<TrialPool> {
  const { scenario, library, signal } = options;
  const { queue, shared, part } = machines;
  if (queue === undefined && !part) return own;
  const files = openSharedFiles(resolve(shared ?? '.'));
  const units = await trainUnits(scenario, library, files);
  if (part) return openParts(own, { ...options, part, shared: resolve(shared!), files, units });
  const { nameOf, keyOf, settingOf } = units;
  const open = askingMachines(machines, { kind: trainKind, request: () => ({ scenario }), nameOf, keyOf, units: 1 });
  if (!open) return own;
  const asker = await open();
  const steps = new Int32Array(new SharedArrayBuffer(4));
  return {
    workers: LANES,
    run: async (jobs: readonly SceneJob[]) => {
      const asked = unitsOf(jobs, scenario, files);
      if (!asked) return own.run(jobs);
      const found = asked.map((unit) => asker.run(unit, settingOf(unit), steps, signal));
      return (await Promise.all(found)).flatMap((each) => outputsIn(each.files));
    },
    close: async () => {
      await own.close();
      await asker.close();
    },
  };
}
