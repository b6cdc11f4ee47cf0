import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { startWork, type WorkShown, watchWork } from '../../../../scenarios/experiments/units/work.ts';
import { redirectNotes } from '../../../../scenarios/terminal/notes.ts';
import type { WatchedWork } from '../../../../sim/recording/work.ts';

const units = ['a', 'b', 'c', 'd', 'e'];
let restore = (): void => undefined;
afterEach(() => restore());

/** What is said of work, up to its end. */
function said(more: Partial<WorkShown<string>>, work: (on: ReturnType<typeof startWork<string>>) => void): string {
  const stream = new PassThrough({ encoding: 'utf8' });
  restore = redirectNotes(stream);
  const shown: WorkShown<string> = {
    label: 'units',
    nameOf: (u) => `unit ${u}`,
    stepsOf: () => 4,
    quiet: false,
    ...more,
  };
  const on = startWork(watchWork(units, new Set(units.slice(1)), shown), shown);
  work(on);
  on.stop();
  return String(stream.read() ?? '');
}

describe('work on its way', () => {
  it('says how many workers there are, how fast they are, what failed and with whom', () => {
    const text = said({}, ({ watcher, end, fail }) => {
      watcher.present(['one', 'two', 'three']);
      watcher.taken('b', 'one');
      watcher.taken('c', 'two');
      watcher.taken('d', 'three');
      end('b', 'one');
      fail('c', 'expected a scene, got none');
    });
    const [failure, line] = text.split('\n');
    expect(failure).toBe('unit c could not be measured by two: expected a scene, got none');
    // the first of five was measured before; c failed and b is done, of four
    expect(line).toMatch(/^units: 500\/1000 {2}2 of 4 units, 1 failed, \d+ a minute, 3 workers; unit d {2}\d/);
  });

  it('says nothing of workers where they are threads, and counts what is done of a unit in hand', () => {
    const text = said({}, ({ watcher, begin }) => {
      watcher.taken('b', 'thread 1');
      Atomics.store(begin('b'), 0, 2);
      watcher.taken('c', 'thread 2');
      watcher.returned('c');
    });
    expect(text).toMatch(/^units: 125\/1000 {2}0 of 4 units; unit b {2}\d/);
  });

  it('tells at most twenty failures, and none of a worker that it does not know', () => {
    const many = Array.from({ length: 30 }, (_, i) => `${i}`);
    const shown: WorkShown<string> = { label: 'units', nameOf: (u) => u, stepsOf: () => 1, quiet: true };
    const stream = new PassThrough({ encoding: 'utf8' });
    restore = redirectNotes(stream);
    const work = startWork(watchWork(many, new Set(many), shown), shown);
    for (const unit of many) work.fail(unit, 'no');
    work.stop();
    const lines = String(stream.read()).trim().split('\n');
    expect([lines.length, lines[19]]).toEqual([20, '19 could not be measured: no']);
  });

  it('is shown to whoever watches, with the places of its units', () => {
    let watched: WatchedWork | undefined;
    const view = {
      show: (work: WatchedWork): void => {
        watched = work;
      },
    };
    said({ view, placeOf: (unit) => ({ row: unit, column: 'seed 0' }) }, ({ watcher }) => watcher.taken('b', 'one'));
    expect(watched!.plan).toEqual({
      ...{ title: 'units', total: 5 },
      units: units.map((unit) => ({ name: `unit ${unit}`, row: unit, column: 'seed 0' })),
    });
    expect(watched!.state()).toMatchObject({ ended: true, states: '41000' });
  });
});
