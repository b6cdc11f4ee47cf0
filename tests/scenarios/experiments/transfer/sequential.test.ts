import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Setting, Unit } from '../../../../scenarios/experiments/transfer/plan.ts';
import type { Size } from '../../../../scenarios/experiments/transfer/presets.ts';
import { type RawResult, unitName } from '../../../../scenarios/experiments/transfer/raw.ts';
import { decidedBy, sequentialOf } from '../../../../scenarios/experiments/transfer/sequential.ts';
import { benchTransfer, type TransferRequest } from '../../../../scenarios/experiments/transfer/transfer.ts';
import { InputError } from '../../../../scenarios/load.ts';
import type { BenchResult } from '../../../../scenarios/report/bench/result.ts';
import { DECIDED, storeDecided } from '../../../support/decided-benchmark.ts';
import { temporaryFolder } from '../../../support/process/cli.ts';
import { knownResults, settingsFor } from '../../../support/transfer.ts';

const ARMS = ['passive', 'random', 'scratch', 'depth-pca'];
const SIZE: Size = { budgets: [25, 100], seeds: 10, trials: 40, finalTrials: 100, rounds: 0, pictures: 0, arms: ARMS };
const MOST = { after: undefined };
const COSTS = { secondsPerTrial: 0.05, updateSecondsPerTrial: 0.003 };

/** Seeds from the first one on, arm by arm. */
const seedsIn = (units: readonly Unit[]): Record<string, number> =>
  Object.fromEntries(ARMS.map((arm) => [arm, units.filter((unit) => unit.arm === arm).length]));

describe('what a sequential benchmark plays next', () => {
  const units = ARMS.flatMap((arm) => Array.from({ length: 10 }, (_, seed): Unit => ({ target: 'unseen', arm, seed })));
  let settings: Map<string, Setting>;
  let all: Map<string, RawResult>;
  beforeAll(async () => {
    settings = await settingsFor(['unseen'], ARMS, SIZE);
    // passive is far ahead, random by 8 points on one seed and by 2 on the next
    const rates: Record<string, (seed: number) => number> = {
      passive: (seed) => 0.9 + 0.01 * (seed % 3),
      random: (seed) => 0.22 + 0.06 * (seed % 2),
      scratch: () => 0.2,
      'depth-pca': () => 0.1,
    };
    all = new Map(
      ARMS.flatMap((arm) => {
        const setting = { ...settings.get(`unseen/${arm}`)!, size: SIZE };
        settings.set(`unseen/${arm}`, setting);
        return knownResults('unseen', arm, setting, (_, __, seed) => rates[arm](seed), COSTS).results;
      }).map((result) => [`${result.arm}/${result.seed}`, result]),
    );
  });
  /** Decisions with the results of some units. */
  const decided = (has: (unit: Unit) => boolean, options: { after: number | undefined } = MOST) =>
    decidedBy(
      { units, settings },
      { of: (unit) => (has(unit) ? all.get(`${unit.arm}/${unit.seed}`) : undefined) },
      options,
    );

  it('is three seeds of every arm at first', () => {
    const { stops, wanted } = decided(() => false);
    expect(stops).toEqual([]);
    expect(seedsIn(wanted)).toEqual({ passive: 3, random: 3, scratch: 3, 'depth-pca': 3 });
  });

  it('is no further seed of an arm that is decided; scratch goes on while another is open, and heuristics with it', () => {
    const { stops, wanted } = decided(({ seed }) => seed < 3);
    expect(stops.map(({ a, seeds, stop }) => [a, seeds, stop])).toEqual([
      ['passive', 3, 'different'],
      ['random', 3, undefined],
    ]);
    expect(seedsIn(wanted)).toEqual({ passive: 3, random: 5, scratch: 5, 'depth-pca': 5 });
  });

  it('depends on no result behind the look that decided, and waits for one that is missing', () => {
    const whole = decided(() => true);
    expect(whole.stops.find(({ a }) => a === 'passive')).toEqual(decided(({ seed }) => seed < 3).stops[0]);
    expect(whole.stops.every(({ stop }) => stop)).toBe(true);
    // played up to the looks in turns: the same
    let last = decided(() => false);
    for (let stage = 0; stage < 5; stage++) {
      const names = new Set(last.wanted.map(unitName));
      last = decided((unit) => names.has(unitName(unit)));
    }
    expect(last).toEqual(whole);
    const held = decided(({ arm, seed }) => arm !== 'passive' || seed !== 1);
    expect(held.stops.map(({ a }) => a)).toEqual(['random']);
    expect(seedsIn(held.wanted).passive).toBe(3);
  });

  it('can be decided after fewer trials', () => {
    expect(decided(() => true, { after: 25 }).stops.map(({ trials }) => trials)).toEqual([25, 25]);
  });

  it('cannot be known by a part, without scratch, with two seeds or after trials that nothing is evaluated after', () => {
    const of =
      (request: Partial<TransferRequest>, from = units) =>
      () =>
        sequentialOf({ sequential: true, ...request }, { units: from, settings });
    expect(of({ part: { part: 1, of: 2 } })).toThrow(/--sequential: expected no --part beside it.*--queue/);
    expect(
      of(
        {},
        units.filter(({ arm }) => arm !== 'scratch'),
      ),
    ).toThrow('expected scratch, another arm that learns');
    expect(
      of(
        {},
        units.filter(({ seed }) => seed < 2),
      ),
    ).toThrow(InputError);
    expect(of({ sequential: 50 })).toThrow(
      /expected one of 25, 100 trials, which unseen\/\S+ is evaluated after, got 50/,
    );
    expect(of({})()).toEqual(MOST);
    expect(of({ sequential: 25 })()).toEqual({ after: 25 });
    expect(sequentialOf({}, { units, settings })).toBeUndefined();
  });
});

describe('a sequential benchmark', () => {
  const folder = temporaryFolder();
  const request: TransferRequest = {
    ...{ ...DECIDED, sequential: true },
    ...{ out: join(folder, 'bench'), workers: 1, quiet: true, command: 'npx graft bench transfer --sequential' },
    signal: new AbortController().signal,
  };
  const resultOf = (): BenchResult => JSON.parse(readFileSync(join(folder, 'bench', 'result.json'), 'utf8'));

  it('plays what is left up to the look that decides, and reports it; again it is the same', async () => {
    await storeDecided(request);
    const { missing, claims, failed } = await benchTransfer(request);
    expect([missing, failed]).toEqual([[], []]);
    const { sequential, details } = resultOf();
    expect(sequential).toMatchObject({ planned: 36, spared: 18 });
    const [stop, ...others] = sequential!.comparisons;
    expect(others).toEqual([]);
    expect(stop).toMatchObject({ target: 'unseen', a: 'zero-shot', b: 'scratch', trials: 20, seeds: 6, planned: 12 });
    expect(stop.stop).toBe('different');
    // the interval of the report is the one that knows of the looks, not that of the bootstrap, to which nothing varies
    const { difference, low, high } = stop;
    expect(difference).toBeCloseTo(4 / 6, 12);
    expect(high - low).toBeGreaterThan(0.5);
    const { differences } = details[0].comparisons.find(({ b }) => b === 'scratch')!;
    expect(differences.at(-1)).toEqual({ trials: 20, difference, low, high });
    expect(claims).toContain(
      'Sequential: 1 of 1 comparison with scratch stopped before the last seed, and 18 of 36 units are not played.',
    );
    expect(readFileSync(join(folder, 'bench', 'report.html'), 'utf8')).toContain('Stopped when decided');
    expect(existsSync(join(folder, 'bench', 'raw', 'unseen', 'depth-pca-s5.json'))).toBe(true);
    expect(existsSync(join(folder, 'bench', 'raw', 'unseen', 'depth-pca-s6.json'))).toBe(false);

    // the same results, the same decisions
    const before = resultOf();
    expect((await benchTransfer(request)).missing).toEqual([]);
    expect(resultOf()).toEqual(before);
    // and without the option all seeds are missing that were spared
    const { sequential: _, ...fixed } = request;
    expect((await benchTransfer({ ...fixed, reportOnly: true })).missing).toHaveLength(3 + 3 + 6);
    expect(resultOf()).not.toHaveProperty('sequential');
  }, 120_000);
});
