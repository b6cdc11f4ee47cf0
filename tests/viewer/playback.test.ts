import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Episode } from '../../sim/recording/episode.ts';
import { Playback } from '../../viewer/playback.ts';
import { simulateEpisode } from '../support/episodes.ts';

describe('the playback', () => {
  let episode: Episode;
  let playback: Playback;
  /** Seconds of an episode, with the time that its outcome can be read. */
  let whole: number;

  beforeAll(async () => {
    episode = await simulateEpisode(0);
    whole = episode.phases.length / episode.hz + 0.7;
  });

  beforeEach(() => {
    playback = new Playback();
  });

  it('shows nothing before there is an episode, then its frames in real time, the last one for a while', () => {
    expect(playback.frame(5)).toBe(-1);
    playback.add(episode, 100);
    const last = episode.phases.length - 1;
    expect([100, 100.5, 100 + whole - 0.001].map((t) => playback.frame(t))).toEqual([
      0,
      Math.floor(0.5 * episode.hz),
      last,
    ]);
  });

  it('plays the newest over and over, numbers episodes and plays, and drops what waits when a newer one comes', () => {
    const numbers = () => [playback.current!.number, playback.current!.play, playback.current!.episode.trial];
    playback.add(episode, 0);
    expect(numbers()).toEqual([1, 1, 0]);
    playback.advance(whole + 0.01);
    expect(numbers()).toEqual([1, 2, 0]);
    for (const trial of [7, 8]) playback.add({ ...episode, trial }, whole + 0.5);
    expect(numbers()).toEqual([1, 2, 0]);
    playback.advance(2 * whole + 0.02);
    expect(numbers()).toEqual([2, 3, 8]);
  });

  it('wants an episode at once if there is none, else near the end of one that is watched, unless one waits', () => {
    expect(playback.wants(0, false)).toBe(true);
    playback.add(episode, 0);
    expect([playback.wants(whole - 1, true), playback.wants(whole - 0.5, true)]).toEqual([false, true]);
    expect(playback.wants(whole - 0.5, false)).toBe(false);
    playback.add({ ...episode, trial: 1 }, whole - 0.4);
    expect(playback.wants(whole - 0.3, true)).toBe(false);
  });

  it('tells how long it is to the beginning of a frame, a given time from now', () => {
    expect(playback.untilFrame(100, 1 / 30)).toBe(1 / 30);
    playback.add(episode, 100);
    let now = 100.003;
    for (let i = 0; i < 40; i++) {
      const before = playback.frame(now);
      const wait = playback.untilFrame(now, 1 / 30);
      expect(wait).toBeGreaterThan(1 / 60);
      expect(wait).toBeLessThanOrEqual(1 / 30 + 0.5 / episode.hz + 1e-6);
      now += wait;
      // just begun: the frame before it ended a moment ago
      expect(playback.frame(now + 1e-6) - playback.frame(now - 1e-4)).toBe(1);
      if (i > 0) expect(playback.frame(now + 1e-6) - before).toBe(2);
      now += 0.0004;
    }
  });

  it('leaves out an episode that diverged to infinity', () => {
    const poses = episode.poses.slice();
    poses[10] = Number.NaN;
    playback.add({ ...episode, poses }, 0);
    expect(playback.current).toBeUndefined();
  });

  it.each([
    ['poses', { poses: new Float32Array(5) }, /expected \d+ numbers in poses, got 5/],
    ['pictures', { image: { width: 2, height: 2, rgb: new Uint8Array(3) } }, /expected 12 bytes in image.rgb, got 3/],
    ['depths', { depth: new Float32Array(3) }, /expected 25600 depths, got 3/],
    ['maps', { affordance: new Float32Array(3) }, /expected 9216 affordances, got 3/],
    ['maps at the angle', { affordanceAtAngle: new Float32Array(3) }, /affordances at the angle, got 3/],
    ['rates', { hz: 0 }, /expected hz > 0, got 0/],
    ['frames', { phases: new Uint8Array(0), poses: new Float32Array(0) }, /expected at least one frame, got none/],
  ])('refuses %s that do not fit, naming the trial', (_, wrong, message) => {
    expect(() => playback.add({ ...episode, trial: 17, ...wrong }, 0)).toThrow(message);
    expect(() => playback.add({ ...episode, trial: 17, ...wrong }, 0)).toThrow('episode of trial 17: ');
  });
});
