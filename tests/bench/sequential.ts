/**
 * Error and saving of the sequential design: `tsx tests/bench/sequential.ts [benchmarks] [folder]`. Simulates benchmarks (10,000
 * unless told otherwise) without a difference and with some, of ten and of five seeds; also draws seeds of the published benchmark,
 * around their mean. Then plays the published benchmark's results in the order of the looks, as `bench transfer --sequential` would.
 * Ends with code 1 if some error is shown to be above 5 %.
 */
import { join } from 'node:path';
import { mean } from 'simple-statistics';
import { ERROR, lastLook, looksOf } from '../../scenarios/report/sequential.ts';
import { wilson } from '../../scenarios/report/statistics.ts';
import { rngStream } from '../../sim/math/rng.ts';
import { publishedBenchmark, replayed } from '../support/published-seeds.ts';
import { DISASTER, resampled, type SeedSource, SOURCES } from '../support/simulated-seeds.ts';

const benchmarks = Number(process.argv[2] ?? 10_000);
const folder = process.argv[3] ?? join(import.meta.dirname, '../../docs/bench-full');
const [SEEDS, TRUTHS] = [
  [10, 5],
  [0.02, 0.05, 0.1],
] as const;
const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`;

/** Benchmarks of one kind: how many showed a difference, and what they took. */
function simulate(source: SeedSource, purpose: string, seeds: number, truth: number, count: number) {
  const looks = Array.from({ length: count }, (_, i) => {
    const observed = source(rngStream(1, `bench/sequential/${purpose}/${seeds}/${truth}`, i), seeds, truth);
    return lastLook(observed, seeds)!;
  });
  return {
    shown: looks.filter(({ stop }) => stop === 'different').length,
    covered: looks.filter(({ low, high }) => low <= truth && truth <= high).length,
    seeds: mean(looks.map((look) => look.seeds)),
  };
}

let broken = false;
function report(name: string, source: SeedSource, promised: boolean): void {
  for (const seeds of SEEDS) {
    const { shown, covered } = simulate(source, name, seeds, 0, benchmarks);
    const { rate, low, high } = wilson(shown, benchmarks);
    const above = low > ERROR;
    if (above && promised) broken = true;
    console.log(
      `${name}, ${seeds} seeds: error ${percent(rate, 2)} [${percent(low, 2)}, ${percent(high, 2)}]` +
        `${above ? (promised ? ' TOO MUCH' : ', not promised') : ''}; the interval covers none in ${percent(covered / benchmarks)}`,
    );
    for (const truth of TRUTHS) {
      const some = simulate(source, name, seeds, truth, Math.ceil(benchmarks / 5));
      const power = percent(some.shown / Math.ceil(benchmarks / 5), 0);
      console.log(`  ${100 * truth} points: shown in ${power}, ${some.seeds.toFixed(1)} seeds`);
    }
  }
}

console.log(`looks of ${SEEDS.map((seeds) => `${seeds} seeds: after ${looksOf(seeds).join(', ')}`).join('; of ')}`);
const benchmark = await publishedBenchmark(folder);
const published = benchmark.pairs.map(({ observed }) => observed).filter(({ length }) => length >= 5);
for (const [name, source] of Object.entries(SOURCES)) report(name, source, true);
report(`seeds of ${published.length} published comparisons`, resampled(published), true);
report('one seed of seven loses 30 points', DISASTER, false);
for (const after of [undefined, 100]) {
  console.log(`\ndecided after ${after ?? 'the most'} trials`);
  for (const line of replayed(folder, benchmark, after)) console.log(line);
}
if (broken) process.exitCode = 1;
