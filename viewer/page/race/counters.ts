/** Counters of the race page, there from the start. */

/** What anything that watches the page from outside can see. Pairs are of the left and of the right scene. */
export interface RaceCounters {
  connected: boolean;
  webgl: boolean;
  /** Pictures drawn in which the bodies were at a new time. */
  shownCounts: [number, number];
  /** Trial on stage, -1 for none; seconds into it. */
  episodes: [number, number];
  times: [number, number];
  /** Training trials heard of, by arm. */
  trials: Record<string, number>;
  errors: number;
  pixelRatio: number;
}

declare global {
  interface Window {
    graftRace: RaceCounters;
  }
}

export const counters: RaceCounters = {
  ...{ connected: false, webgl: false, trials: {}, errors: 0, pixelRatio: 1 },
  ...{ shownCounts: [0, 0], episodes: [-1, -1], times: [0, 0] },
};
window.graftRace = counters;
