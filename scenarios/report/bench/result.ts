/** A benchmark's result as plain JSON: what the command prints, and all that is kept beside its report. */

import type { RateInterval } from '../statistics.ts';
import type { BenchArm, BenchReport, BenchTarget } from './data.ts';
import { EQUAL_LEVEL } from './levels.ts';
import { benchVerdict } from './verdict.ts';

interface ArmJson {
  readonly curve: readonly (RateInterval & { readonly trials: number })[];
  /** Null if 80 % was not reached. */
  readonly trialsTo80: number | null;
}

/** What the command prints. */
export interface BenchSummary {
  /** Paths. */
  readonly report: string;
  readonly raw: string;
  /** Of the first target. */
  readonly arms: Readonly<Record<string, ArmJson>>;
  readonly targets: Readonly<Record<string, Readonly<Record<string, ArmJson>>>>;
  readonly verdict: string;
  readonly claims: readonly string[];
  readonly leftOut: BenchReport['leftOut'];
  /** Units that are still to be measured. */
  readonly missing: readonly string[];
}

/** Everything computed, without pictures. */
interface BenchDetails extends Pick<BenchReport, 'headline' | 'overall' | 'objects' | 'sequential'> {
  readonly details: readonly Omit<BenchTarget, 'examples'>[];
}

/** What is kept in `result.json`; there an infinite bound is null. */
export type BenchResult = BenchSummary & BenchDetails;

function armJson({ kind, curve, trialsTo }: BenchArm): ArmJson {
  const learned = trialsTo.find(({ level }) => level === EQUAL_LEVEL)?.trials.point.high;
  const to80 = kind === 'learner' ? learned : curve[0].rate >= EQUAL_LEVEL ? 0 : undefined;
  return {
    curve: curve.map(({ trials, rate, low, high }) => ({ trials, rate, low, high })),
    trialsTo80: to80 === undefined || to80 === Number.POSITIVE_INFINITY ? null : to80,
  };
}

/** @param paths of the report and the raw results. */
export function benchSummary(report: BenchReport, paths: Pick<BenchSummary, 'report' | 'raw'>): BenchSummary {
  const armsJson = ({ arms }: BenchTarget) => Object.fromEntries(arms.map((arm) => [arm.name, armJson(arm)]));
  const { leftOut, missing, targets } = report;
  return {
    ...paths,
    arms: armsJson(targets[0]),
    targets: Object.fromEntries(targets.map((target) => [target.name, armsJson(target)])),
    ...benchVerdict(report),
    leftOut,
    missing,
  };
}

/** What lies in the benchmark's folder is named without it: the folder may move. */
export const benchResult = (report: BenchReport): BenchResult => ({
  ...benchSummary(report, { report: 'report.html', raw: 'raw' }),
  headline: report.headline,
  overall: report.overall,
  ...(report.objects && { objects: report.objects }),
  ...(report.sequential && { sequential: report.sequential }),
  details: report.targets.map(({ examples: _, ...target }) => target),
});

/** Reads the text of a `result.json`. @throws SyntaxError if it is no JSON. */
export const parseBenchResult = (text: string): BenchResult =>
  JSON.parse(text, (key, value: unknown) => (key === 'high' && value === null ? Number.POSITIVE_INFINITY : value));
