/** What anything that watches the page from outside can see. */
export interface ViewerCounters {
  connected: boolean;
  /** Whether there is a 3D picture. */
  webgl: boolean;
  /** Pose messages received. */
  poseCount: number;
  /** Pictures drawn in which the bodies were at a new time. */
  shownCount: number;
  /** Of a live run: the moment of the run that is shown, seconds since 1970. */
  shownAt: number;
  /** Episodes begun; plays of the same one count once. */
  episodeCount: number;
  /** Trial number of the current episode; -1 before the first. */
  episode: number;
  phase: number;
  trialCount: number;
  /** Messages that could not be read. */
  errors: number;
  pixelRatio: number;
  /** Recordings that are looked at; none while the run is watched live. */
  recordings: string[];
  /** Of the recording: trials, which one is shown, and where. */
  trials: number;
  index: number;
  time: number;
  playing: boolean;
  speed: number;
  /** Number of the trial beside; -1 if there is none. */
  beside: number;
  /** Objects drawn by layer. */
  layers: Record<string, number>;
}

declare global {
  interface Window {
    graftViewer: ViewerCounters;
  }
}

export const counters: ViewerCounters = {
  ...{ connected: false, webgl: false, poseCount: 0, shownCount: 0, shownAt: 0, episodeCount: 0, episode: -1 },
  ...{ phase: 0, trialCount: 0, errors: 0, pixelRatio: 1, recordings: [], trials: 0, index: -1, time: 0 },
  ...{ playing: false, speed: 1, beside: -1, layers: {} },
};
window.graftViewer = counters;
