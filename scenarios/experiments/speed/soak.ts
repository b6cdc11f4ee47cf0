/** Soak test: memory, diverged and repeated trials of one long-running process. */
import { readdirSync } from 'node:fs';
import { hrtime } from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { loadPhysics } from '../../../sim/physics.ts';
import { runTrial } from '../../../sim/trial.ts';
import { loadScenario } from '../../load.ts';
import { libraryOf } from '../../objects/read.ts';
import { note } from '../../terminal/notes.ts';
import { type Progress, startProgress } from '../../terminal/progress.ts';
import { type CaseSource, type CheckCase, drawCase } from '../crosscheck/cases.ts';

/** The machine-readable result of `graft bench soak`. Memory in MB (1e6 bytes). */
export interface SoakJson {
  /** Names of the scenarios that took turns. */
  readonly scenarios: readonly string[];
  readonly trials: number;
  /** Trials whose simulation diverged. */
  readonly invalid: number;
  /** Growth of resident memory after a tenth of the trials. */
  readonly memoryGrowth: number;
  /** Growth of open file descriptors after a tenth of the trials; null where the system does not list them. */
  readonly descriptorGrowth: number | null;
  /** Processor time of the second tenth of the trials over that of the last: 1 is no slower. Other work does not disturb it. */
  readonly pace: number;
  /** Trials played again at the end, from a copy of the scene as plain data, in reverse order; and how many ended bit for bit alike. */
  readonly restored: { readonly trials: number; readonly identical: number };
  /**
   * The same trials with the free motion simulated, too: how many outcomes (held or not) differ, and time of those over time of
   * the abridged ones.
   */
  readonly unabridged: { readonly trials: number; readonly changed: number; readonly timeRatio: number };
  readonly trialsPerSecond: number;
}

export interface SoakRequest {
  readonly trials: number;
  readonly seed: number;
  /** They take turns. Default: the cases of crosscheck, every family. */
  readonly scenario?: readonly string[];
  readonly quiet: boolean;
}

/** Trials played again, at most. */
const REPEATED = 1000;

/** Collects garbage, so that memory is what is in use. */
const collect = ((): (() => void) => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

/** Resident memory after a collection, MB. */
function resident(): number {
  collect();
  return process.memoryUsage.rss() / 1e6;
}

/** Open file descriptors; undefined where the system does not list them. */
function descriptors(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}

/** Processor time of this process, all its threads, seconds. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const seconds = (from: bigint): number => Number(hrtime.bigint() - from) / 1e9;

/** `graft bench soak`: many trials in one process: does anything drift, leak or diverge, and is a trial the same when restored? */
export async function runSoak({ trials, seed, scenario: named, quiet }: SoakRequest): Promise<SoakJson> {
  await loadPhysics();
  const loaded = (named ?? ['tabletop']).map((each) => loadScenario(each));
  const sources: CaseSource[] = [];
  for (const { scenario } of loaded) {
    const library = await libraryOf(scenario, note);
    sources.push({ scenario, own: named !== undefined, seed, ...(library && { library }) });
  }
  const progress = startProgress('soak', trials, quiet);
  try {
    const scenarios = named ? loaded.map(({ name }) => name) : ['every family'];
    return { scenarios, ...soak(sources, trials, progress) };
  } finally {
    progress.stop();
  }
}

function soak(sources: readonly CaseSource[], trials: number, progress: Progress): Omit<SoakJson, 'scenarios'> {
  const draw = (index: number): CheckCase => drawCase(sources[index % sources.length], index);
  const play = ({ scene, grasp, settings }: CheckCase, unabridged = false) =>
    runTrial(scene, grasp, settings, undefined, { unabridged });
  const hashes: string[] = [];
  const held: boolean[] = [];
  let invalid = 0;
  let before = 0;
  let open: number | undefined;
  const tenth = Math.ceil(trials / 10);
  const started = hrtime.bigint();
  // when the second tenth, the third and the last began
  const moments: number[] = [];
  for (let i = 0; i < trials; i++) {
    if (i === tenth) [before, open] = [resident(), descriptors()];
    if (i === tenth || i === 2 * tenth || i === trials - tenth) moments.push(processorTime());
    const { outcome, stateHash } = play(draw(i));
    if (outcome === 'invalid') invalid++;
    if (i < REPEATED) {
      hashes.push(stateHash);
      held.push(outcome === 'held');
    }
    progress.update(i + 1, invalid > 0 ? `${invalid} invalid` : '');
  }
  const trialsPerSecond = trials / seconds(started);
  const [second, third, last] = moments;
  const pace = (third - second) / (processorTime() - last);
  const memoryGrowth = resident() - before;
  const now = descriptors();
  const descriptorGrowth = open === undefined || now === undefined ? null : now - open;

  let identical = 0;
  let changed = 0;
  let [short, long] = [0, 0];
  for (let i = hashes.length - 1; i >= 0; i--) {
    const plain = structuredClone(draw(i));
    if (play(plain).stateHash === hashes[i]) identical++; // and warms up what is cached for the object
    let from = hrtime.bigint();
    play(plain);
    short += seconds(from);
    from = hrtime.bigint();
    if ((play(plain, true).outcome === 'held') !== held[i]) changed++;
    long += seconds(from);
    progress.update(trials, `again: ${hashes.length - i}`);
  }
  return {
    ...{ trials, invalid, memoryGrowth, descriptorGrowth, pace },
    restored: { trials: hashes.length, identical },
    unabridged: { trials: hashes.length, changed, timeRatio: long / short },
    trialsPerSecond,
  };
}
