/** Trial pool whose scenes several machines run: those that listen at a queue, or the parts of one training side by side. */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Model } from '../../../agent/network/model.ts';
import { writingTo } from '../../files.ts';
import { InputError } from '../../load.ts';
import type { Scenario } from '../../schema/schema.ts';
import type { TrialPool } from '../../workers/pool.ts';
import type { Part } from '../experiment.ts';
import { askingMachines, checkElsewhere, type Elsewhere } from '../queue/asking.ts';
import { connectTo } from '../queue/connect.ts';
import { openSharedFiles } from '../queue/shared-files.ts';
import { putModel } from '../units/played.ts';
import { outputsIn, type TrainGround, trainKind, trainUnits, unitsOf } from './kind.ts';
import { openParts } from './parts.ts';

/** Who else runs the trials of a training. */
export interface Machines extends Elsewhere {
  /** Which of the machines that train side by side this is. */
  readonly part?: Part | undefined;
}

interface AskedOptions extends TrainGround {
  readonly scenario: Scenario;
  /** What tells this training from others of the scenario. */
  readonly training: { readonly seed: number; readonly trials: number };
  /** Ends what is waited for. */
  readonly signal: AbortSignal;
}

/** Scenes on their way at once in an evaluation, as workers of a pool: nobody knows how many machines listen. */
const LANES = 16;

/**
 * Makes sure, before anything else is made, that the machines can be reached.
 * @throws InputError if a command line asks for them in a way that cannot be, nobody answers, or the folder cannot be written.
 */
export async function checkMachines({ part, ...elsewhere }: Machines): Promise<void> {
  const { queue, shared } = elsewhere;
  checkElsewhere(elsewhere);
  if (part && queue !== undefined) throw new InputError('--part: expected no --queue, which shares the work by itself');
  if (part && shared === undefined)
    throw new InputError('--part: expected --shared, too, a folder that every part sees');
  if (queue !== undefined) await connectTo(queue);
  if (part || queue !== undefined) writingTo(shared!, () => void mkdirSync(resolve(shared!), { recursive: true }));
}

/**
 * Hands scenes to other machines, if there are any. Those in which a person has a hand stay here.
 * @param own threads of this process; closed with the pool.
 * @returns `own` where there is nobody else.
 * @throws InputError if there is a queue that cannot be used.
 */
export async function askedPool(own: TrialPool, machines: Machines, options: AskedOptions): Promise<TrialPool> {
  const { scenario, signal } = options;
  const { shared, part } = machines;
  if (shared === undefined) return own;
  const files = openSharedFiles(resolve(shared));
  const units = await trainUnits(scenario, options, files);
  if (part) return openParts(own, { ...options, part, shared: resolve(shared), units });
  const { nameOf, keyOf } = units;
  const open = askingMachines(machines, { kind: trainKind, request: () => ({ scenario }), nameOf, keyOf, units: 1 });
  if (!open) return own;
  const asker = await open();
  const steps = new Int32Array(new SharedArrayBuffer(4));
  const hashes = new WeakMap<Model, string>();
  const hashOf = (model: Model): string => {
    const hash = hashes.get(model) ?? putModel(model, scenario, files);
    hashes.set(model, hash);
    return hash;
  };
  return {
    workers: LANES,
    elsewhere: true,
    run: async (jobs) => {
      const asked = unitsOf(jobs, scenario, hashOf);
      if (!asked) return own.run(jobs);
      const found = asked.map((unit) => asker.run(unit, { scenario, policy: jobs[0].policy }, steps, signal));
      return (await Promise.all(found)).flatMap((each) => outputsIn(each.files));
    },
    close: async () => {
      await own.close();
      await asker.close();
    },
  };
}
