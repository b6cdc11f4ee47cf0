/** A share as people read it: `61.3 %`. */
export const percent = (rate: number): string => `${(100 * rate).toFixed(1)} %`;

/** A share with its interval: `61.3 % [55.1 %, 67.1 %]`. */
export const interval = ({ rate, low, high }: { rate: number; low: number; high: number }): string =>
  `${percent(rate)} [${percent(low)}, ${percent(high)}]`;
