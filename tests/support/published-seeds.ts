/** The published benchmark's results, seed by seed, as a sequential benchmark would have met them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sum } from 'simple-statistics';
import { resultsIn } from '../../scenarios/experiments/experiment.ts';
import { openRawStore } from '../../scenarios/experiments/raw-store.ts';
import type { Unit } from '../../scenarios/experiments/transfer/plan.ts';
import { type RawResult, transferExperiment } from '../../scenarios/experiments/transfer/raw.ts';
import { decidedBy, observedPairs } from '../../scenarios/experiments/transfer/sequential.ts';
import { planOf } from '../../scenarios/experiments/transfer/transfer.ts';
import type { BenchStop } from '../../scenarios/report/bench/data.ts';
import { parseBenchResult } from '../../scenarios/report/bench/result.ts';
import { stopText } from '../../scenarios/report/bench/sequential.ts';
import { reading } from '../../scenarios/report/words.ts';

const MOST = { after: undefined };

/** What was measured of a benchmark with the preset `full`. */
export async function publishedBenchmark(folder: string) {
  const { signal } = new AbortController();
  const plan = await planOf({ preset: 'full', out: folder, workers: 1, quiet: true, command: '', signal });
  const results = resultsIn<Unit, RawResult>(openRawStore(folder), transferExperiment(plan.keyOf));
  const units = plan.units.filter(results.of);
  const measured = { units, settings: plan.settings };
  return { measured, results, pairs: observedPairs(measured, results, MOST) };
}

type Published = Awaited<ReturnType<typeof publishedBenchmark>>;

/** What the fixed design says of a comparison: its bootstrap's interval, all seeds. */
function fixedReading(folder: string, { target, a, b, trials }: BenchStop): ReturnType<typeof reading> {
  const { details } = parseBenchResult(readFileSync(join(folder, 'result.json'), 'utf8'));
  const comparison = details.find(({ name }) => name === target)!.comparisons.find((c) => c.a === a && c.b === b)!;
  return reading(comparison.differences.find((d) => d.trials === trials)!);
}

/** Plays what was measured in the order of the looks. @param after see `SequentialOptions`. @returns lines that say what came of it. */
export function replayed(folder: string, { measured, results }: Published, after?: number): string[] {
  const { stops, wanted } = decidedBy(measured, results, { after });
  const secondsOf = (units: readonly Unit[]): number =>
    sum(units.map((unit) => results.of(unit)!.points.at(-1)!.trainSeconds));
  const spared = measured.units.length - wanted.length;
  const share = 1 - secondsOf(wanted) / secondsOf(measured.units);
  const verdicts = stops.map((stop) => ({
    stop,
    fixed: fixedReading(folder, stop),
    sequential: stop.stop === 'different' ? reading(stop) : 'unclear',
  }));
  const agreeing = verdicts.filter(({ fixed, sequential }) => fixed === sequential).length;
  const opposed = verdicts.filter(({ fixed, sequential }) => [fixed, sequential].sort().join() === 'less,more').length;
  const reasons = [...new Set(stops.map(({ stop }) => stop))];
  return [
    ...verdicts.map(({ stop, fixed }) => `${stop.target}: ${stopText(stop)}; all ${stop.planned} seeds: ${fixed}`),
    `${stops.length} comparisons: ${reasons.map((why) => `${stops.filter(({ stop }) => stop === why).length} ${why}`).join(', ')}`,
    `seeds: ${sum(stops.map(({ seeds }) => seeds))} of ${sum(stops.map(({ planned }) => planned))}`,
    `units spared: ${spared} of ${measured.units.length}; of the seconds of training ${(100 * share).toFixed(1)} %`,
    `the same verdict as with all seeds: ${agreeing} of ${verdicts.length}; the opposite one: ${opposed}`,
  ];
}
