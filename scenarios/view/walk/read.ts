/** Reading of a benchmark's folder: what a page shows of it, and how its trials are played again. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Walk, WalkArm, WalkPoint, WalkRun, WalkTarget } from '../../../sim/recording/walk.ts';
import { pointLink, WALK_VERSION } from '../../../sim/recording/walk.ts';
import { jsonIn, openRawStore, type RawStore } from '../../experiments/raw-store.ts';
import type { Unit } from '../../experiments/transfer/plan.ts';
import { type RawResult, transferExperiment, unitName } from '../../experiments/transfer/raw.ts';
import { InputError } from '../../load.ts';
import type { BenchArm, BenchTarget } from '../../report/bench/data.ts';
import { type ArmStyle, armStyles, benchCurvesSpec } from '../../report/bench/plots.ts';
import { type BenchResult, parseBenchResult } from '../../report/bench/result.ts';
import { type PlotSize, renderPlot } from '../../report/html/plot.ts';
import { unwatchable } from './replays.ts';

const { schema } = transferExperiment(() => '');

/** A benchmark that was read. */
export interface ReadWalk {
  readonly walk: Omit<Walk, 'recorded' | 'report'>;
  readonly report?: string;
  readonly objects: { readonly path: string; readonly hash: string } | undefined;
  readonly resultOf: (unit: Unit) => RawResult | undefined;
}

const RESULT = 'result.json';

/** Whether a folder holds results of a transfer benchmark. */
export const isBenchmark = (folder: string): boolean =>
  statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true &&
  (existsSync(join(folder, 'raw')) || existsSync(join(folder, 'raw.jsonl.gz')));

/** Reads a benchmark. @throws InputError if there is none, or it is of another version. */
export async function readWalk(from: string): Promise<ReadWalk> {
  const folder = resolve(from);
  if (!isBenchmark(folder))
    throw new InputError(`${from}: expected the folder of a transfer benchmark (with raw.jsonl.gz or raw/), got none`);
  const result = readResult(folder);
  const store = openRawStore(folder);
  const resultOf = (unit: Unit): RawResult | undefined => readRaw(store, unit);
  const styles = armStyles(result.details.flatMap(({ arms }) => arms));
  const targets: WalkTarget[] = [];
  for (const target of result.details) targets.push(await walkTarget(target, styles, resultOf));
  if (targets.every(({ arms }) => arms.length === 0))
    throw new InputError(
      `${from}: expected raw results of the arms in ${RESULT}, got none; graft bench transfer --report-only makes it again`,
    );
  const report = join(folder, 'report.html');
  const { verdict, claims, headline, objects } = result;
  return {
    walk: {
      version: WALK_VERSION,
      title: basename(folder),
      verdict,
      claims,
      headline,
      targets,
    },
    ...(existsSync(report) && { report }),
    objects,
    resultOf,
  };
}

function readResult(folder: string): BenchResult {
  const path = join(folder, RESULT);
  const again = 'graft bench transfer --report-only makes it again';
  if (!existsSync(path))
    throw new InputError(`${folder}: expected ${RESULT} beside the raw results, got none; ${again}`);
  try {
    const result = parseBenchResult(readFileSync(path, 'utf8'));
    if (Array.isArray(result?.details)) return result;
  } catch {
    // as one of another version
  }
  throw new InputError(`${path}: expected the result of a benchmark by this version, got another; ${again}`);
}

function readRaw(store: RawStore, unit: Unit): RawResult | undefined {
  const found = store.find(unitName(unit));
  if (!found) return undefined;
  const checked = schema.safeParse(jsonIn(found));
  if (checked.success) return checked.data;
  const [{ path, message }] = checked.error.issues;
  throw new InputError(`${found.path}: expected a result that this version knows, got ${path.join('.')}: ${message}`);
}

async function walkTarget(
  target: Omit<BenchTarget, 'examples'>,
  styles: readonly ArmStyle[],
  resultOf: ReadWalk['resultOf'],
): Promise<WalkTarget> {
  const { name, title, description, budgets } = target;
  const scenes: Record<string, readonly string[]> = {};
  const arms = target.arms.flatMap((arm): WalkArm[] => {
    const results = arm.seeds.flatMap(
      (seed) => resultOf({ target: name as Unit['target'], arm: arm.name, seed }) ?? [],
    );
    for (const { seed, families } of results) if (families) scenes[seed] = families.map((each) => each.join(', '));
    return results.length > 0 ? [walkArm(arm, results)] : [];
  });
  const plot = (size: PlotSize): Promise<string> =>
    renderPlot(
      benchCurvesSpec(
        target.arms,
        styles,
        target.arms.map((arm) => arm.name),
        size,
        pointLink,
      ),
    );
  return {
    ...{ name, title, description, budgets, arms },
    ...(Object.keys(scenes).length > 0 && { scenes }),
    plot: { wide: await plot({ width: 840, height: 236 }), narrow: await plot({ width: 290, height: 230 }) },
  };
}

function walkArm({ name, role, kind, description, curve }: BenchArm, results: readonly RawResult[]): WalkArm {
  const why = unwatchable(name, results);
  return {
    ...{ name, role, kind, description },
    curve: curve.map(({ trials, rate, low, high }) => ({ trials, rate, low, high })),
    runs: results.map(walkRun),
    ...(why !== undefined && { unwatchable: why }),
  };
}

const walkRun = ({ seed, points }: RawResult): WalkRun => ({
  seed,
  points: points.map(({ trials, held, tries }): WalkPoint => ({ trials, ends: tries?.ends ?? held })),
});
