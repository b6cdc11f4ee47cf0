/** Pieces of an evaluation: blocks of scenes or rounds, here, on a part of the machines, or wherever a queue is listened to. */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { WorkView } from '../../../sim/recording/work.ts';
import { measuredWith } from '../../code.ts';
import { writingTo } from '../../files.ts';
import type { ObjectLibrary } from '../../objects/library.ts';
import type { TrialRecord } from '../../trials/job.ts';
import { type Experiment, type Part, partOf, resultsIn } from '../experiment.ts';
import { askingMachines, type Elsewhere } from '../queue/asking.ts';
import { NOWHERE, openRawStore } from '../raw-store.ts';
import { measureUnits, needAll } from '../units/measure.ts';
import { blocksOf, SCENES_A_UNIT, sharePlayed } from '../units/played.ts';
import { type EvaluationSetting, type EvaluationUnit, evaluatedSchema, evaluateKind, evaluationUnits } from './kind.ts';

/** Rounds of clutter removal of a unit: about as long as its scenes. */
const ROUNDS_A_UNIT = 6;

/** Who plays the pieces of an evaluation, and where they are kept. */
export interface Pieces extends Elsewhere {
  /** Folder of the results; nowhere if left out. */
  readonly out?: string | undefined;
  readonly part?: Part | undefined;
  /** Who watches them. */
  readonly view?: WorkView | undefined;
}

/** An evaluation that is ready to begin. */
export interface PiecesOptions extends Pieces {
  readonly label: string;
  readonly setting: EvaluationSetting;
  readonly library: ObjectLibrary | undefined;
  readonly seeds: readonly number[];
  /** Scenes or rounds of each seed. */
  readonly scenes: number;
  readonly workers: number;
  readonly quiet: boolean;
  readonly signal: AbortSignal;
}

/** What there is of an evaluation. */
export interface PiecesPlayed {
  readonly pieces: number;
  readonly missing: number;
  /** By seed and scene, trials numbered over all; those that are missing are left out. */
  readonly scenes: readonly (readonly (readonly TrialRecord[])[])[];
}

const storedSchema = z.strictObject({
  key: z.string(),
  versions: z.record(z.string(), z.string()),
  ...evaluatedSchema.shape,
});

/**
 * Plays the pieces that are missing.
 * @throws SceneError if the settings fit no scene, LostUnit if machines could not play one or differ; Interrupted if the signal fires.
 */
export async function playPieces(options: PiecesOptions): Promise<PiecesPlayed> {
  const { label, setting, library, seeds, scenes, out, part, workers, quiet, view, signal } = options;
  const size = setting.protocol === 'clutter' ? ROUNDS_A_UNIT : SCENES_A_UNIT;
  const blocks = seeds.map((seed, s) =>
    blocksOf(scenes, size).map(
      ({ first, count }): EvaluationUnit => ({ seed, first, count, firstOfAll: s * scenes + first }),
    ),
  );
  const units = blocks.flat();
  const { keyOf, nameOf, settingOf } = await evaluationUnits(setting, library);
  const own = await measuredWith();
  const experiment: Experiment<EvaluationUnit, z.infer<typeof storedSchema>> = {
    ...{ noun: 'evaluation', nameOf, keyOf, code: own.code, schema: storedSchema },
  };
  const store = out === undefined ? NOWHERE : openRawStore(resolve(out));
  if (out !== undefined) writingTo(out, () => void mkdirSync(resolve(out), { recursive: true }));
  const results = resultsIn(store, experiment);
  const mine = part ? partOf(units, part) : units;
  const failed = await measureUnits(results, {
    kind: evaluateKind.name,
    units: mine,
    open: askingMachines(options, {
      kind: evaluateKind,
      request: (files) => ({ ...sharePlayed(setting, files), protocol: setting.protocol }),
      nameOf,
      keyOf,
      units: mine.length,
    }),
    settingOf,
    workers,
    library,
    shown: { label, nameOf, costOf: ({ count }) => count, stepsOf: ({ count }) => count, quiet, view },
    signal,
    resultOf: (unit, { measured, versions: by = own }) => ({ key: keyOf(unit), versions: by, ...measured }),
  });
  needAll(failed, nameOf);
  let trial = 0;
  const numbered = (records: readonly TrialRecord[]): TrialRecord[] =>
    records.map((record) => ({ ...record, trial: trial++ }));
  return {
    pieces: units.length,
    missing: units.filter((unit) => !results.of(unit)).length,
    scenes: blocks.map((of) => of.flatMap((unit) => results.of(unit)?.scenes.map(numbered) ?? [])),
  };
}
