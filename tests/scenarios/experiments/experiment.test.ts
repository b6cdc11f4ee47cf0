import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  deadlineAfter,
  type Experiment,
  type Measuring,
  partOf,
  resultsIn,
} from '../../../scenarios/experiments/experiment.ts';
import { openRawStore, type RawStore } from '../../../scenarios/experiments/raw-store.ts';
import { InputError } from '../../../scenarios/load.ts';
import { Interrupted } from '../../../scenarios/terminal/interrupted.ts';
import { temporaryFolder } from '../../support/process/cli.ts';

interface Square {
  readonly key: string;
  readonly square: number;
}

/** Squares numbers. */
const squares: Experiment<number, Square> = {
  noun: 'search',
  nameOf: (n) => `n${n}`,
  keyOf: (n) => `square of ${n}`,
  schema: z.strictObject({ key: z.string(), square: z.number() }),
};
const squareOf = (n: number): Square => ({ key: squares.keyOf(n), square: n * n });

const all = temporaryFolder();
let folder = '';
let count = 0;
let store: RawStore;
beforeEach(() => {
  folder = join(all, String(count++));
  mkdirSync(folder);
  store = openRawStore(folder);
});

/** A measurement that says what it measured, and stops at nothing. */
function measuring(units: readonly number[], more: Partial<Measuring<number, Square>> = {}) {
  const measured: number[] = [];
  const { signal } = new AbortController();
  const measure = async (n: number): Promise<Square> => {
    measured.push(n);
    return squareOf(n);
  };
  return { measured, options: { units, signal, measure, ...more } };
}
const there = (units: readonly number[]): (number | undefined)[] => {
  const results = resultsIn(openRawStore(folder), squares);
  return units.map((n) => results.of(n)?.square);
};

describe('the parts of an experiment', () => {
  it.each([1, 2, 3, 7])('of %i are about as large, and together the whole', (of) => {
    const units = Array.from({ length: 20 }, (_, i) => i);
    const parts = Array.from({ length: of }, (_, i) => partOf(units, { part: i + 1, of }));
    expect(parts.flat().sort((a, b) => a - b)).toEqual(units);
    const sizes = parts.map((p) => p.length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  });
});

describe('a deadline', () => {
  it('is over at once after no minutes, and never without any', async () => {
    expect(deadlineAfter(0)()).toBe(true);
    expect([deadlineAfter()(), deadlineAfter(1)()]).toEqual([false, false]);
    const soon = deadlineAfter(0.0005); // 30 ms
    expect(soon()).toBe(false);
    await expect.poll(soon).toBe(true);
  });
});

describe('measuring', () => {
  it('measures what is missing, once, in order, and stores it', async () => {
    store.write('n2', squareOf(2));
    const { measured, options } = measuring([3, 2, 1]);
    const results = resultsIn(store, squares);
    await results.measure(options);
    expect(measured).toEqual([3, 1]);
    expect([1, 2, 3].map((n) => results.of(n)?.square)).toEqual([1, 4, 9]);
    expect(there([1, 2, 3])).toEqual([1, 4, 9]);
    await resultsIn(openRawStore(folder), squares).measure(options);
    expect(measured).toEqual([3, 1]);
  });

  it('goes on from packed results', async () => {
    store.write('n2', squareOf(2));
    store.pack();
    const { measured, options } = measuring([1, 2]);
    await resultsIn(openRawStore(folder), squares).measure(options);
    expect(measured).toEqual([1]);
    expect(there([1, 2])).toEqual([1, 4]);
  });

  it('has as many units on their way as there are lanes, and gives the same', async () => {
    let [now, most] = [0, 0];
    const { options } = measuring([5, 4, 3, 2, 1], {
      lanes: 3,
      measure: async (n) => {
        most = Math.max(most, ++now);
        await new Promise((done) => setTimeout(done, n));
        now--;
        return squareOf(n);
      },
    });
    await resultsIn(store, squares).measure(options);
    expect(most).toBe(3);
    expect(there([1, 2, 3, 4, 5])).toEqual([1, 4, 9, 16, 25]);
  });

  it('starts no unit when it is late', async () => {
    let looks = 0;
    const { measured, options } = measuring([1, 2, 3], { late: () => ++looks > 2 });
    await resultsIn(store, squares).measure(options);
    expect(measured).toEqual([1, 2]);
    expect(there([1, 2, 3])).toEqual([1, 4, undefined]);
  });

  it('stores nothing of a unit without a result, and goes on', async () => {
    const { options } = measuring([1, 2, 3], { measure: async (n) => (n === 2 ? undefined : squareOf(n)) });
    await resultsIn(store, squares).measure(options);
    expect(there([1, 2, 3])).toEqual([1, undefined, 9]);
  });

  it('that is interrupted drops units on their way, keeps whole ones, and says how far it came', async () => {
    const controller = new AbortController();
    const { options } = measuring([1, 2, 3, 4], {
      lanes: 2,
      signal: controller.signal,
      measure: async (n, signal) => {
        if (n !== 2) return squareOf(n);
        controller.abort();
        return signal.aborted ? undefined : squareOf(n);
      },
    });
    const interrupted = resultsIn(store, squares).measure(options);
    await expect(interrupted).rejects.toThrow('search interrupted after 1 of 4 units; the same command goes on');
    await expect(interrupted).rejects.toBeInstanceOf(Interrupted);
    expect(there([1, 2, 3, 4])).toEqual([1, undefined, undefined, undefined]);
    // with nothing to do there is nothing to interrupt
    await resultsIn(store, squares).measure({ ...options, units: [1] });
  });

  it('that breaks ends the other lanes first, and passes on what broke', async () => {
    let ended = false;
    const { options } = measuring([1, 2, 3], {
      lanes: 2,
      measure: async (n, signal) => {
        if (n === 1) throw new Error('broken');
        await new Promise<void>((done) => signal.addEventListener('abort', () => done()));
        ended = true;
        return undefined;
      },
    });
    await expect(resultsIn(store, squares).measure(options)).rejects.toThrow('broken');
    expect(ended).toBe(true);
    expect(there([1, 2, 3])).toEqual([undefined, undefined, undefined]);
  });
});

describe('a stored result', () => {
  const read = (n: number) => () => resultsIn(openRawStore(folder), squares).of(n);
  const OTHER =
    'expected a result of this very search, got one of other settings or weights; pass another --out, or remove the file';

  it('of another key, or without one, is refused with its file, be it packed or not', () => {
    store.write('n1', squareOf(2));
    store.write('n2', null);
    store.write('n3', 'square of 3');
    for (const n of [1, 2, 3]) {
      expect(read(n)).toThrow(`${join(folder, 'raw', `n${n}.json`)}: ${OTHER}`);
      expect(read(n)).toThrow(InputError);
    }
    store.pack();
    for (const n of [1, 2, 3]) expect(read(n)).toThrow(`${join(folder, 'raw.jsonl.gz')}: n${n}: ${OTHER}`);
  });

  it('of another code is refused with both values where one measures, and not where one only reads', () => {
    const schema = z.looseObject({ key: z.string(), square: z.number() });
    const reading = (code?: string) => () => resultsIn(store, { ...squares, schema, code }).of(2)?.square;
    store.write('n2', { ...squareOf(2), versions: { code: 'f00d' } });
    expect(reading('c0de')).toThrow(
      /n2\.json: expected a result of code c0de, which runs here, got one of code f00d; /,
    );
    expect([reading('f00d')(), reading()()]).toEqual([4, 4]);
    store.write('n2', squareOf(2));
    expect(reading('c0de')).toThrow(/got one of code none; /);
    expect(reading()()).toBe(4);
  });

  it('that is cut, or of another form, is refused', () => {
    store.write('n2', { ...squareOf(2), square: 'four' });
    expect(read(2)).toThrow(
      /n2\.json: square: .*expected number, received string; remove the file to measure it again$/,
    );
    writeFileSync(join(folder, 'raw', 'n2.json'), '{"key":');
    expect(read(2)).toThrow(/n2\.json: expected a result in JSON, got: .*; remove the file to measure it again$/);
  });
});
