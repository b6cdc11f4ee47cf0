import { describe, expect, it } from 'vitest';
import { linkTo, Player, parseLink } from '../../../viewer/page/playback/player.ts';

const player = (...outcomes: readonly ('held' | 'failed')[]): Player => {
  const made = new Player();
  made.setTrials(outcomes.map((o) => ({ duration: 2, stop: o !== 'held' })));
  return made;
};

describe('the player', () => {
  it('goes on at its speed, waits at the end of a trial, and begins the next', () => {
    const p = player('held', 'held');
    p.tick(1);
    expect([p.index, p.time]).toEqual([0, 1]);
    p.speed = 0.5;
    p.tick(1);
    expect(p.time).toBe(1.5);
    p.tick(1);
    expect([p.index, p.time]).toEqual([0, 2]);
    p.tick(0.6);
    expect([p.index, p.time]).toEqual([0, 2]);
    p.tick(0.2);
    expect([p.index, p.time]).toEqual([1, 0]);
  });

  it('stops at the very end, and begins again from there', () => {
    const p = player('held');
    for (let i = 0; i < 10; i++) p.tick(1);
    expect([p.playing, p.time]).toEqual([false, 2]);
    p.toggle();
    expect([p.playing, p.time]).toEqual([true, 0]);
  });

  it('loops over one trial', () => {
    const p = player('held', 'held');
    p.loop = true;
    for (let i = 0; i < 40; i++) p.tick(0.3);
    expect(p.index).toBe(0);
  });

  it('steps, and stops for it', () => {
    const p = player('held');
    p.step(0.1);
    expect([p.playing, p.time]).toEqual([false, 0.1]);
    p.step(-5);
    expect(p.time).toBe(0);
  });

  it('finds failures in both directions, and stays where there is none', () => {
    const p = player('failed', 'held', 'held', 'failed', 'held');
    expect(p.skipToStop(1)).toBe(true);
    expect(p.index).toBe(3);
    expect(p.skipToStop(1)).toBe(false);
    expect(p.index).toBe(3);
    expect(p.skipToStop(-1)).toBe(true);
    expect(p.index).toBe(0);
  });

  it('keeps its place when more trials become known', () => {
    const p = player('held', 'failed');
    p.seek(1, 0.5);
    p.setTrials(Array.from({ length: 9 }, () => ({ duration: 2, stop: false })));
    expect([p.index, p.time, p.count]).toEqual([1, 0.5, 9]);
  });

  it('is not led out of its range', () => {
    const p = player('held', 'held');
    p.seek(99, 99);
    expect([p.index, p.time]).toEqual([1, 2]);
    p.seek(-4, -1);
    expect([p.index, p.time]).toEqual([0, 0]);
    const empty = new Player();
    empty.seek(3, 1);
    empty.tick(1);
    expect([empty.index, empty.time, empty.skipToStop(1)]).toEqual([0, 0, false]);
  });

  it('has speeds from a tenth to twenty', () => {
    const p = player('held');
    for (let i = 0; i < 20; i++) p.faster(1);
    expect(p.speed).toBe(20);
    for (let i = 0; i < 20; i++) p.faster(-1);
    expect(p.speed).toBe(0.1);
  });
});

describe('a link to a moment', () => {
  it('comes back', () => expect(parseLink(linkTo(12, 3.456))).toEqual({ index: 12, time: 3.46 }));
  it('may leave the time out', () => expect(parseLink('#t=7')).toEqual({ index: 7, time: 0 }));
  it.each(['', '#t=', '#t=-1', '#t=1,', '#t=1,2,3', '#x', '#t=1e9', '#t=99999999999'])('is not %s', (hash) =>
    expect(parseLink(hash)).toBeUndefined(),
  );
});
