import { beforeAll, describe, expect, it } from 'vitest';
import type { Episode } from '../../sim/recording/episode.ts';
import { Playback } from '../../viewer/playback.ts';
import { simulateEpisode } from '../support/episodes.ts';

describe('the playback', () => {
  let episode: Episode;
  beforeAll(async () => {
    episode = await simulateEpisode(0);
  });

  it('tells how long it is to the beginning of a frame, a given time from now', () => {
    const playback = new Playback();
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
});
