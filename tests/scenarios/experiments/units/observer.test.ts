import { beforeEach, describe, expect, it } from 'vitest';
import { type Observer, startObserver } from '../../../../scenarios/experiments/units/observer.ts';
import { DRAWN_MAX, LISTED_MAX } from '../../../../sim/recording/work.ts';

/** A clock that the test moves, seconds. */
let clock = 0;
/** What is done of each unit in hand. */
let shares: number[] = [];

const observe = (costs: readonly number[], kept: readonly number[] = []): Observer =>
  startObserver({
    title: 'bench transfer',
    units: costs.map((cost, i) => ({ name: `unit-${i}`, cost, kept: kept.includes(i) })),
    shareOf: (unit) => shares[unit] ?? 0,
    now: () => 1000 * clock,
  });

const handsOf = (observer: Observer) =>
  observer.watched.state().workers.map(({ name, hand }) => [name, ...hand.map((unit) => unit.name)]);

beforeEach(() => {
  [clock, shares] = [100, []];
});

describe('the observer of units', () => {
  it('says who has which unit and since when, what each did, and what is left', () => {
    const observer = observe([1, 1, 2, 4], [0]);
    expect(observer.watched.plan).toEqual({
      ...{ title: 'bench transfer', total: 4 },
      units: ['unit-0', 'unit-1', 'unit-2', 'unit-3'].map((name) => ({ name })),
    });
    clock += 2;
    observer.taken(1, 'one/7');
    observer.taken(2, 'two/8');
    clock += 10;
    observer.done(1);
    observer.taken(3, 'one/7');
    shares[3] = 0.25;
    clock += 10;
    const state = observer.watched.state();
    expect(state).toMatchObject({
      ...{ seconds: 22, ended: false, states: '4211', holders: [0, 1, 2, 1], present: 2, moreWorkers: 0 },
      counts: { waiting: 0, 'in hand': 2, done: 1, failed: 0, kept: 1 },
      workers: [
        {
          number: 1,
          name: 'one/7',
          present: true,
          hand: [{ name: 'unit-3', since: 12 }],
          done: 1,
          failed: 0,
          aMinute: 6,
        },
        {
          number: 2,
          name: 'two/8',
          present: true,
          hand: [{ name: 'unit-2', since: 2 }],
          done: 0,
          failed: 0,
          aMinute: 0,
        },
      ],
      failures: [],
    });
    // one of three units done, a quarter of the largest: 2 of 7, in 20 seconds
    expect(state.share).toBeCloseTo(2 / 7);
    expect(state.secondsLeft).toBeCloseTo(50);
    expect(state.aMinute).toBeCloseTo(3);
  });

  it('gives a unit to whoever took it last, and none to nobody', () => {
    const observer = observe([1, 1]);
    observer.taken(0, 'one');
    observer.taken(0, 'two');
    expect(handsOf(observer)).toEqual([['one'], ['two', 'unit-0']]);
    observer.returned(0);
    expect(handsOf(observer)).toEqual([['one'], ['two']]);
    expect(observer.watched.state().states).toBe('00');
    // late news of a unit that is over change nothing
    observer.done(0, 'one');
    observer.taken(0, 'two');
    observer.returned(0);
    observer.failed(0, 'late');
    observer.done(0, 'two');
    const { workers, counts, failures } = observer.watched.state();
    expect(workers.map(({ done }) => done)).toEqual([1, 0]);
    expect(counts).toMatchObject({ done: 1, failed: 0, waiting: 1, 'in hand': 0 });
    expect(failures).toEqual([]);
  });

  it('counts a unit for whoever measured it, which may be nobody that it has heard of', () => {
    const observer = observe([1, 1, 1]);
    observer.taken(0, 'one');
    observer.done(0, 'two');
    observer.done(1, 'three');
    observer.done(2);
    const { workers, holders, states } = observer.watched.state();
    expect(workers.map(({ name, done, hand }) => [name, done, hand.length])).toEqual([
      ['one', 0, 0],
      ['two', 1, 0],
      ['three', 1, 0],
    ]);
    expect([holders, states]).toEqual([[2, 3, 0], '222']);
  });

  it('tells of failures with the worker and the reason, and keeps the latest', () => {
    const observer = observe(Array.from({ length: 60 }, () => 1));
    observer.taken(0, 'one');
    expect(observer.failed(0, 'no scene')).toEqual({ unit: 'unit-0', by: 'one', reason: 'no scene' });
    expect(observer.failed(1, 'x'.repeat(1000))).toEqual({ unit: 'unit-1', by: null, reason: 'x'.repeat(300) });
    for (let i = 2; i < 60; i++) observer.failed(i, 'again');
    const { failures, counts, workers, share } = observer.watched.state();
    expect([failures.length, failures[0].unit, failures.at(-1)!.unit]).toEqual([50, 'unit-10', 'unit-59']);
    expect([counts.failed, workers[0].failed, share]).toEqual([60, 1, 1]);
  });

  it('takes a worker that is no longer listed for gone, a moment after it was last heard of', () => {
    const observer = observe([1]);
    observer.present(['one', 'two']);
    observer.taken(0, 'one');
    clock += 2;
    observer.present(['two']);
    const presence = () => observer.watched.state().workers.map(({ name, present }) => [name, present]);
    expect(presence()).toEqual([
      ['one', true],
      ['two', true],
    ]);
    clock += 2;
    observer.present(['two']);
    // those who are there come first, numbers stay
    expect(presence()).toEqual([
      ['two', true],
      ['one', false],
    ]);
    expect(observer.watched.state()).toMatchObject({ present: 1, holders: [1] });
    // the queue goes on saying so until the worker's lock is over
    observer.taken(0, 'one');
    expect(presence()[1]).toEqual(['one', false]);
    observer.returned(0);
    observer.taken(0, 'one');
    expect(presence()[0]).toEqual(['one', true]);
  });

  it('counts units a minute over the last five minutes', () => {
    const observer = observe(Array.from({ length: 100 }, () => 1));
    observer.taken(0, 'one');
    for (let i = 0; i < 60; i++) {
      clock += 10;
      observer.done(i);
    }
    expect(observer.watched.state().aMinute).toBeCloseTo(6, 0);
    clock += 299;
    expect(observer.watched.state().aMinute).toBeLessThan(0.5);
    clock += 10;
    expect(observer.watched.state().aMinute).toBe(0);
  });

  it('stands still once it has ended', () => {
    const observer = observe([1, 1]);
    observer.taken(0, 'one');
    clock += 5;
    const before = observer.watched.version();
    observer.end();
    expect(observer.watched.version()).toBeGreaterThan(before);
    clock += 100;
    expect(observer.watched.state()).toMatchObject({ seconds: 5, ended: true });
  });

  it('says nothing of time left before anything is done, and all of nothing is done', () => {
    expect(observe([1]).watched.state()).toMatchObject({ share: 0, secondsLeft: null, aMinute: 0 });
    expect(observe([1, 1], [0, 1]).watched.state()).toMatchObject({ share: 1, states: '44' });
  });

  it('keeps messages small, however many units and workers there are, and however long their names', () => {
    const many = DRAWN_MAX + 1;
    const observer = observe(Array.from({ length: many }, () => 1));
    observer.present(Array.from({ length: LISTED_MAX + 7 }, (_, i) => `${i}-${'x'.repeat(1000)}`));
    const state = observer.watched.state();
    expect(observer.watched.plan).toEqual({ title: 'bench transfer', total: many, units: [] });
    expect(state).toMatchObject({ states: '', holders: [], moreWorkers: 7, present: LISTED_MAX + 7 });
    expect(JSON.stringify(state).length).toBeLessThan(64 * 1024);
  });
});
