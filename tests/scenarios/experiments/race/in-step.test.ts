import { beforeAll, describe, expect, it } from 'vitest';
import { equallyLong, inStep } from '../../../../scenarios/experiments/race/in-step.ts';
import type { Episode } from '../../../../sim/recording/episode.ts';
import type { LiveView } from '../../../../sim/recording/live-view.ts';
import { Playback } from '../../../../viewer/playback.ts';
import { simulateEpisode } from '../../../support/episodes.ts';

let long: Episode;
let short: Episode;

beforeAll(async () => {
  long = await simulateEpisode(0);
  const { phases, poses, pressed } = long;
  const [frames, half] = [phases.length, Math.floor(phases.length / 2)];
  const cut = (list: Float32Array): Float32Array => list.slice(0, (list.length / frames) * half);
  short = { ...long, phases: phases.slice(0, half), poses: cut(poses), pressed: cut(pressed!) };
});

/** Views that play, and what was asked of them. */
function views(count: number) {
  let now = 0;
  const playbacks = Array.from({ length: count }, () => new Playback(true));
  const all = playbacks.map(
    (playback) =>
      ({
        wantsEpisode: () => playback.wants(now, true),
        publishEpisode: (episode: Episode) => playback.add(episode, now),
      }) as unknown as LiveView,
  );
  const go = (to: number): void => {
    now = to;
    for (const playback of playbacks) playback.advance(now);
  };
  return { playbacks, together: inStep(all), go };
}

describe('episodes that are shown together', () => {
  it('are equally long: the last frame of the shorter one is held', () => {
    const [a, b] = equallyLong([long, short]);
    expect([a.phases, a.poses]).toEqual([long.phases, long.poses]);
    expect([b.phases.length, b.poses.length, b.pressed!.length]).toEqual([
      long.phases.length,
      long.poses.length,
      long.pressed!.length,
    ]);
    expect(b.poses.subarray(0, short.poses.length)).toEqual(short.poses);
    const width = long.poses.length / long.phases.length;
    expect(b.poses.subarray(-width)).toEqual(short.poses.subarray(-width));
    expect(b.phases.at(-1)).toBe(short.phases.at(-1));
  });
});

describe('views in step', () => {
  it('get a trial only when every arm has tried it, and play it at once', () => {
    const { playbacks, together } = views(2);
    expect(together.map((view) => view.wantsEpisode())).toEqual([true, true]);
    together[0].publishEpisode({ ...short, trial: 3 });
    expect(playbacks[0].current).toBeUndefined();
    together[1].publishEpisode({ ...long, trial: 3 });
    expect(playbacks.map(({ current }) => current?.episode.trial)).toEqual([3, 3]);
  });

  it('decide once in a round for all arms, and again in the next', () => {
    const { together, go } = views(2);
    expect(together.map((view) => view.wantsEpisode())).toEqual([true, true]);
    together.forEach((view, i) => void view.publishEpisode(i ? short : long));
    expect(together.map((view) => view.wantsEpisode())).toEqual([false, false]);
    expect(together[0].wantsEpisode()).toBe(false);
    // what would be wanted now waits for the next round of the first arm
    go(long.phases.length / long.hz + 0.5);
    expect(together[1].wantsEpisode()).toBe(false);
    expect(together.map((view) => view.wantsEpisode())).toEqual([true, true]);
  });

  it('drop a trial that not all have tried', () => {
    const { playbacks, together } = views(2);
    together[0].publishEpisode({ ...long, trial: 1 });
    together[1].publishEpisode({ ...long, trial: 2 });
    expect(playbacks[1].current).toBeUndefined();
    together[0].publishEpisode({ ...long, trial: 2 });
    expect(playbacks.map(({ current }) => current?.episode.trial)).toEqual([2, 2]);
  });

  it('stay together however late each of them is looked at', () => {
    const { playbacks, together } = views(2);
    together.forEach((view, i) => void view.publishEpisode(i ? short : long));
    const whole = long.phases.length / long.hz + 0.7;
    // one is looked at now and then, the other always
    playbacks[0].advance(20.4 * whole);
    for (let play = 1; play < 50; play++) playbacks[1].advance(play * whole + 0.03);
    for (const playback of playbacks) playback.advance(50 * whole + 0.001);
    const [a, b] = playbacks.map(({ current }) => current!);
    expect([a.play, b.play]).toEqual([51, 51]);
    expect(a.start).toBeCloseTo(b.start, 9);
  });
});
