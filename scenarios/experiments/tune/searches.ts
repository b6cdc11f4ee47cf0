/** How configurations are dropped: never, or the worse half after every seed. */
export const TUNE_SEARCHES = ['random', 'halving'] as const;
export type TuneSearch = (typeof TUNE_SEARCHES)[number];
