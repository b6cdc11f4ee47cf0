/** Bootstrap behind every interval of a report. */
export const BOOTSTRAP = {
  /** Resamples; a getter, so that a test can ask for fewer. */
  get resamples(): number {
    return 10_000;
  },
};
