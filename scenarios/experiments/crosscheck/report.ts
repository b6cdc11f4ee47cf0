/** Report of the crosscheck: agreement, errors and speed, as JSON and as text. */
import { SHAPE_KINDS, type ShapeKind } from './cases.ts';
import type { CheckResult } from './check.ts';

/** The machine-readable result of `graft crosscheck`. Lengths in metres, rates 0..1; null where nothing was held by both. */
export interface CrosscheckJson {
  readonly scenario: string;
  readonly seed: number;
  readonly trials: number;
  readonly agreement: number;
  readonly robust: { readonly trials: number; readonly agreement: number };
  /** Outcomes: held by both, by one only, by neither. */
  readonly bothHeld: number;
  readonly rapierOnly: number;
  readonly mujocoOnly: number;
  readonly neither: number;
  readonly gapErrorMedian: number | null;
  readonly gapErrorP95: number | null;
  readonly positionErrorMedian: number | null;
  readonly positionErrorP95: number | null;
  readonly angleErrorMedianDeg: number | null;
  /** MuJoCo against itself at half the step: about the most that can be asked for. */
  readonly mujocoSelfAgreement: number;
  /**
   * Time from scene and grasp to outcome, both engines building their own world, summed over the cases: MuJoCo's (2 ms step)
   * over ours.
   */
  readonly timeRatio: number;
  /** The same without MuJoCo's model, as if it were compiled beforehand; ours still builds its world. */
  readonly timeRatioPrecompiled: number;
  readonly rapierMsPerTrial: number;
  readonly mujocoMsPerTrial: number;
  readonly kinds: Readonly<Record<ShapeKind, KindRow>>;
  readonly physics: string;
  readonly mujoco: string;
  readonly seconds: number;
}

interface KindRow {
  readonly trials: number;
  readonly agreement: number;
  readonly robust: { readonly trials: number; readonly agreement: number };
  readonly gapErrorMedian: number | null;
  readonly gapErrorP95: number | null;
}

function quantile(values: readonly number[], q: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}

const share = <T>(list: readonly T[], test: (item: T) => boolean): number =>
  list.length === 0 ? 1 : list.filter(test).length / list.length;

const agree = (r: CheckResult): boolean => r.rapier === r.mujoco;

function kindRow(results: readonly CheckResult[]): KindRow {
  const robust = results.filter((r) => r.robust);
  const gaps = results.filter((r) => r.both).map((r) => r.gapError);
  return {
    trials: results.length,
    agreement: share(results, agree),
    robust: { trials: robust.length, agreement: share(robust, agree) },
    gapErrorMedian: quantile(gaps, 0.5),
    gapErrorP95: quantile(gaps, 0.95),
  };
}

const total = (results: readonly CheckResult[], value: (r: CheckResult) => number): number =>
  results.reduce((sum, r) => sum + value(r), 0);

/** The figures of a list of cases. */
export function summarise(
  results: readonly CheckResult[],
): Omit<CrosscheckJson, 'scenario' | 'seed' | 'physics' | 'mujoco' | 'seconds'> {
  const both = results.filter((r) => r.both);
  const [ours, theirs] = [total(results, (r) => r.rapierSeconds), total(results, (r) => r.mujocoSeconds)];
  const compiled = total(results, (r) => r.mujocoCompileSeconds);
  const degrees = quantile(
    both.map((r) => r.angleError),
    0.5,
  );
  const of = (kind: ShapeKind): KindRow => kindRow(results.filter((r) => r.kind === kind));
  return {
    ...kindRow(results),
    bothHeld: results.filter((r) => r.rapier && r.mujoco).length,
    rapierOnly: results.filter((r) => r.rapier && !r.mujoco).length,
    mujocoOnly: results.filter((r) => !r.rapier && r.mujoco).length,
    neither: results.filter((r) => !r.rapier && !r.mujoco).length,
    positionErrorMedian: quantile(
      both.map((r) => r.positionError),
      0.5,
    ),
    positionErrorP95: quantile(
      both.map((r) => r.positionError),
      0.95,
    ),
    angleErrorMedianDeg: degrees === null ? null : (degrees * 180) / Math.PI,
    mujocoSelfAgreement: share(results, (r) => r.mujoco === r.mujocoHalfStep),
    timeRatio: (theirs + compiled) / ours,
    timeRatioPrecompiled: theirs / ours,
    rapierMsPerTrial: (1000 * ours) / results.length,
    mujocoMsPerTrial: (1000 * (theirs + compiled)) / results.length,
    kinds: { primitive: of('primitive'), hull: of('hull'), compound: of('compound') },
  };
}

const percentOf = (rate: number): string => `${(100 * rate).toFixed(1)} %`;
const millimetres = (value: number | null): string => (value === null ? '-' : `${(1000 * value).toFixed(2)} mm`);

/** The figures as text. */
export function crosscheckTable(r: CrosscheckJson): string {
  const row = (name: string, k: KindRow): string =>
    [
      name.padEnd(10),
      String(k.trials).padStart(6),
      percentOf(k.agreement).padStart(9),
      String(k.robust.trials).padStart(7),
      percentOf(k.robust.agreement).padStart(9),
      millimetres(k.gapErrorMedian).padStart(11),
      millimetres(k.gapErrorP95).padStart(11),
    ].join(' ');
  return [
    `${r.scenario}, seed ${r.seed}; ${r.physics} against ${r.mujoco}`,
    '',
    'shapes     trials     agree  robust     agree  gap median     gap 95 %',
    ...SHAPE_KINDS.map((kind) => row(kind, r.kinds[kind])),
    row('all', r),
    '',
    `held by both ${r.bothHeld}, by Rapier only ${r.rapierOnly}, by MuJoCo only ${r.mujocoOnly}, by neither ${r.neither}`,
    `object after lift, hold and shake: ${millimetres(r.positionErrorMedian)} apart (median), ${millimetres(r.positionErrorP95)} (95 %), ${r.angleErrorMedianDeg?.toFixed(1) ?? '-'} degrees (median)`,
    `MuJoCo against itself at half the step: ${percentOf(r.mujocoSelfAgreement)}`,
    `a trial: ${r.rapierMsPerTrial.toFixed(1)} ms, MuJoCo ${r.mujocoMsPerTrial.toFixed(1)} ms: ${r.timeRatio.toFixed(2)} times ours (${r.timeRatioPrecompiled.toFixed(2)} with its model compiled beforehand)`,
  ].join('\n');
}
