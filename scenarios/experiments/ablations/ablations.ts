/** Ablations of the learner: each trained and judged as `tune` does it, on the same scenes. */
import { join, resolve } from 'node:path';
import { writeAtomically } from '../../files.ts';
import { parseOverride } from '../../parse/overrides.ts';
import { deadlineAfter, type Part, partOf } from '../experiment.ts';
import { MEASURED_BACKBONE } from '../transfer/arms.ts';
import { MEASURED_ACTION } from '../transfer/targets.ts';
import { pairedDifferenceOf } from '../tune/report.ts';
import type { TuneRequest } from '../tune/run.ts';
import { prepareTune, searchSettings, type Tuned } from '../tune/tune.ts';
import { ABLATIONS, type Ablation, type AblationGroup } from './groups.ts';
import { type AblationResult, type AblationsJson, ablationsMarkdown } from './report.ts';

/** What the command line asks for. */
export interface AblationsRequest {
  /** Training trials of a run. */
  readonly trials: number;
  /** Validation grasps of a run. */
  readonly evaluation: number;
  /** Training seeds. */
  readonly seeds: number;
  readonly out?: string;
  /** Every n-th ablation only. */
  readonly part?: Part;
  /** No run is started after so many minutes. */
  readonly maxMinutes?: number;
  readonly workers: number;
  readonly quiet: boolean;
  readonly command: string;
  readonly signal: AbortSignal;
}

/**
 * `graft bench ablations`: what each part of the learner is worth. One setting at a time is changed, and the learner trained and
 * judged as `graft tune` does it, on its validation families, the same scenes for all. Each ablation is a search of one
 * configuration in a folder of its own, so finished runs are kept and not repeated.
 * @throws Interrupted if the signal fires.
 */
export async function benchAblations(
  request: AblationsRequest,
  groups: readonly AblationGroup[] = ABLATIONS,
): Promise<AblationsJson> {
  const clock = deadlineAfter(request.maxMinutes);
  const folder = resolve(request.out ?? join('runs', 'ablations'));
  const all = groups.flatMap(({ rows }) => rows);
  const mine = request.part ? partOf(all, request.part) : all;
  // of the other parts there is what was copied here
  const late = (ablation: Ablation) => (mine.includes(ablation) ? clock : () => true);
  const measured: AblationsJson['groups'][number][] = [];
  for (const [g, { title, rows }] of groups.entries()) {
    const tuned: Tuned[] = [];
    for (const [r, ablation] of rows.entries()) {
      const prepared = await prepareTune(tuneRequest(request, ablation, join(folder, `${g}-${r}`)));
      tuned.push(await searchSettings(prepared, late(ablation)));
    }
    measured.push({ title, rows: rows.map((ablation, r) => resultOf(ablation, tuned[r], againstFirst(r, tuned))) });
  }
  return write(request, folder, measured);
}

function write(request: AblationsRequest, folder: string, groups: AblationsJson['groups']): AblationsJson {
  const { trials, evaluation, seeds, command } = request;
  const complete = groups.every(({ rows }) => rows.every((row) => row.seeds === seeds));
  const result: AblationsJson = { trials, evaluation, seeds, complete, groups, out: folder, command };
  writeAtomically(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
  writeAtomically(join(folder, 'result.md'), ablationsMarkdown(result));
  return result;
}

const tuneRequest = (
  { trials, evaluation, seeds, workers, quiet, signal }: AblationsRequest,
  { arm = 'pretrained', set }: Ablation,
  out: string,
): TuneRequest => ({
  ...{
    arm,
    scenario: 'tabletop',
    set: [
      `learner.backbone=${MEASURED_BACKBONE}`,
      ...Object.entries(MEASURED_ACTION).map(([key, value]) => `action.${key}=${JSON.stringify(value)}`),
      ...set,
    ].map(parseOverride),
    trials,
    evaluation,
    configs: 1,
    seeds,
  },
  ...{ search: 'random', seed: 0, out, workers, quiet, command: '', signal },
});

const againstFirst = (row: number, tuned: readonly Tuned[]): AblationResult['againstFirst'] =>
  row === 0 ? null : pairedDifferenceOf(row, tuned[row].runs, tuned[0].runs);

function resultOf(
  { name, arm, set }: Ablation,
  { result, runs }: Tuned,
  difference: AblationResult['againstFirst'],
): AblationResult {
  const [config] = result.configs;
  return {
    name,
    settings: [...(arm ? [`arm ${arm}`] : []), ...set],
    seeds: runs.length,
    success: config ? { rate: config.rate, low: config.low, high: config.high } : null,
    againstFirst: difference,
    trainSeconds: runs.length > 0 ? result.effort.trainSeconds / runs.length : null,
  };
}
