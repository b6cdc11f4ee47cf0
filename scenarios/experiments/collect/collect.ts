/** Collection: labelled trials of a policy as a dataset, from the request to its description. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { modelHash } from '../../../agent/backbones/own.ts';
import type { WorkView } from '../../../sim/recording/work.ts';
import { measuredWith } from '../../code.ts';
import { isExternal } from '../../external/address.ts';
import { writeAtomically } from '../../files.ts';
import { InputError } from '../../load.ts';
import { libraryOf } from '../../objects/read.ts';
import { physicsName } from '../../recordings/record.ts';
import { policyOnScenario } from '../../run/named-policy.ts';
import { note } from '../../terminal/notes.ts';
import { versions } from '../../versions.ts';
import { type Experiment, type Part, partOf, type Results, resultsIn } from '../experiment.ts';
import { askingMachines, type Elsewhere } from '../queue/asking.ts';
import { fileHashes, storeWithFiles, writeFiles } from '../raw-files.ts';
import { measureUnits, needAll } from '../units/measure.ts';
import { blocksOf, sharePlayed } from '../units/played.ts';
import { type CollectSetting, type CollectUnit, collected, collectKind, collectUnits } from './kind.ts';

/** Trials of a unit, and of its file: some megabytes. */
const TRIALS_A_UNIT = 128;

/** What the command line asks for. */
export interface CollectRequest extends Elsewhere {
  readonly scenario: string;
  readonly policy: string;
  /** Folder or file of objects, in place of the scenario's own. */
  readonly objects?: string | undefined;
  readonly trials: number;
  readonly split: CollectSetting['split'];
  readonly seed: number;
  readonly out: string;
  readonly part?: Part | undefined;
  readonly workers: number;
  readonly quiet: boolean;
  /** Who watches the pieces. */
  readonly view?: WorkView | undefined;
  readonly signal: AbortSignal;
}

/** What there is of a dataset. */
export interface CollectJson {
  readonly out: string;
  /** Played so far. */
  readonly trials: number;
  /** Of them, those with a grasp: the dataset's. */
  readonly labelled: number;
  readonly held: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly pieces: number;
  readonly missing: number;
}

const storedSchema = z.strictObject({
  key: z.string(),
  versions: z.record(z.string(), z.string()),
  ...collected,
  files: fileHashes,
});
type Stored = z.infer<typeof storedSchema>;

/**
 * `graft collect`: one grasp on each of a scenario's scenes, what was seen before it and what became of it, as arrays. Pieces that
 * are there are not played again; the description is written once all are.
 * @throws InputError for anything wrong with the request, before any trial; SceneError if the settings fit no scene; LostUnit if
 *   machines could not play a piece, or differ; Interrupted if the signal fires.
 */
export async function collect(request: CollectRequest): Promise<CollectJson> {
  const { trials, part, workers, quiet, view, signal, seed, split } = request;
  checkCollection(request);
  const { policy, name, scenario } = await policyOnScenario(request.policy, request.scenario, request.objects);
  const library = await libraryOf(scenario, note);
  const setting: CollectSetting = { scenario, policy, seed, split };
  const { keyOf, nameOf, settingOf } = await collectUnits(setting, library);
  const out = resolve(request.out);
  const own = await measuredWith();
  const experiment: Experiment<CollectUnit, Stored> = {
    ...{ noun: 'dataset', nameOf, keyOf, code: own.code, schema: storedSchema },
  };
  const results = resultsIn(storeWithFiles(out), experiment);
  const units = blocksOf(trials, TRIALS_A_UNIT);
  const mine = part ? partOf(units, part) : units;
  const failed = await measureUnits(results, {
    kind: collectKind.name,
    units: mine,
    open: askingMachines(request, {
      kind: collectKind,
      request: (files) => ({ ...sharePlayed(setting, files), seed, split }),
      nameOf,
      keyOf,
      units: mine.length,
    }),
    settingOf,
    workers,
    library,
    shown: {
      label: `collect ${name}`,
      nameOf,
      costOf: ({ count }) => count,
      stepsOf: ({ count }) => count,
      quiet,
      view,
    },
    signal,
    resultOf: (unit, { measured, files = {}, versions: by = own }): Stored => ({
      ...{ key: keyOf(unit), versions: by, ...measured, files: writeFiles(out, files) },
    }),
  });
  needAll(failed, nameOf);
  return conclude(setting, name, out, { units, results });
}

/** @throws InputError if it asks for what cannot be. */
function checkCollection({ policy, part, queue, out }: CollectRequest): void {
  if (isExternal(policy))
    throw new InputError(`--policy: expected a policy that every machine has, got '${policy}', a program of your own`);
  if (part && queue !== undefined) throw new InputError('--part: expected no --queue, which parts the work by itself');
  if (existsSync(join(out, 'run.json')))
    throw new InputError(`--out: expected a folder for a dataset, got ${out}, the folder of a run`);
}

interface Played {
  readonly units: readonly CollectUnit[];
  readonly results: Pick<Results<CollectUnit, Stored>, 'of'>;
}

/** Counts what is there, and describes the dataset once it is whole: the same bytes wherever it was made. */
function conclude(
  { scenario, policy, seed, split }: CollectSetting,
  scenarioName: string,
  out: string,
  { units, results }: Played,
): CollectJson {
  const there = units.flatMap((unit) => results.of(unit) ?? []);
  const sum = (of: (result: Stored) => number): number => there.reduce((total, result) => total + of(result), 0);
  const names = [...new Set(there.flatMap(({ outcomes }) => Object.keys(outcomes)))].sort();
  const counts = {
    trials: sum((r) => r.trials),
    labelled: sum((r) => r.labelled),
    held: sum((r) => r.held),
    outcomes: Object.fromEntries(names.map((name) => [name, sum((r) => r.outcomes[name] ?? 0)])),
  };
  const missing = units.length - there.length;
  if (missing === 0) {
    const about = {
      ...{ format: 'npz', ...counts },
      units: 'metres, radians, newtons; world +Z up; quaternions x y z w; camera +Z forward, +X right, +Y down',
      ...{ graft: versions().graft, physics: physicsName(), scenarioName, scenario, seed, split },
      policy: policy.kind === 'fixed' ? policy.name : 'learned',
      ...(policy.kind === 'greedy' && { weights: modelHash(policy.model) }),
      files: Object.assign({}, ...there.map(({ files }) => files)),
    };
    writeAtomically(join(out, 'graft.json'), `${JSON.stringify(about, null, 2)}\n`);
  }
  return { out, ...counts, pieces: units.length, missing };
}
