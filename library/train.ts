/** Training of a program that uses graft. */
import { Writable } from 'node:stream';
import type { Regime } from '../agent/learner/regimes.ts';
import type { TrainingJson } from '../scenarios/run/conclude.ts';
import { runTraining } from '../scenarios/run/training-run.ts';
import { redirectNotes } from '../scenarios/terminal/notes.ts';
import { defaultWorkers } from '../scenarios/workers/count.ts';

/** What a training may be told; whatever is left out is the scenario's. */
export interface TrainingOptions {
  /** Folder or file of URDF, OBJ, STL or GLB to draw objects from, in place of the scenario's. */
  readonly objects?: string;
  readonly trials?: number;
  readonly seed?: number;
  /** What the learner starts from and may change. */
  readonly arm?: Regime;
  /** The run folder; a new one under runs/ if left out. */
  readonly out?: string;
  /** Goes on with the run in `out`. */
  readonly resume?: boolean;
  /** Threads; the results do not depend on it. Default: one for each core. */
  readonly workers?: number;
  /** Saves and ends the training when it fires. */
  readonly signal?: AbortSignal;
  /** Where progress goes; nowhere if left out. */
  readonly progress?: { write(text: string): unknown };
}

/** A stream to whoever wants to be told. */
const streamTo = (progress: TrainingOptions['progress']): Writable =>
  new Writable({
    decodeStrings: false,
    write: (text: string, _, done) => {
      progress?.write(text);
      done();
    },
  });

/**
 * Trains a head on a scenario, evaluates it on unseen object families, and writes weights, log and report into a folder: as
 * `graft train` does. One at a time in a process.
 * @param scenario name, or path of a YAML file.
 * @throws UserError if anything is wrong with the request, before any trial; if the signal fired, after the run was saved.
 */
export async function train(scenario: string, options: TrainingOptions = {}): Promise<TrainingJson> {
  const { progress, workers = defaultWorkers(), resume = false, signal, ...rest } = options;
  const restore = redirectNotes(streamTo(progress));
  try {
    return await runTraining({
      ...rest,
      scenario,
      resume,
      workers,
      quiet: progress === undefined,
      command: commandOf(scenario, { resume, ...rest }),
      signal: signal ?? new AbortController().signal,
    });
  } finally {
    restore();
  }
}

/** The same training as a command, for the report. */
const commandOf = (
  scenario: string,
  options: Readonly<Record<string, string | number | boolean | undefined>>,
): string =>
  ['npx graft train', scenario]
    .concat(
      Object.entries(options).flatMap(([name, value]) =>
        value === undefined || value === false ? [] : [value === true ? `--${name}` : `--${name} ${value}`],
      ),
    )
    .join(' ');
