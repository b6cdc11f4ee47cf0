/** Resamples behind every bootstrap interval. */
export const RESAMPLES = 10_000;
