/** Comparable: results of several machines, without what may differ between them. */

/** Keys of times, and of what a result was measured with. */
const OWN = new Set(['trainSeconds', 'updateSeconds', 'evaluationSeconds', 'seconds', 'versions']);

/** A result as text that is the same wherever it was measured, whatever the order of its keys. */
export const comparable = (result: unknown): string =>
  JSON.stringify(result, (key, value: unknown) => {
    if (OWN.has(key)) return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });

/** One of two results that differ. */
export interface Measurement {
  /** A machine, or the folder of one. */
  readonly from: string;
  /** Versions, and whatever else tells machines apart. */
  readonly by: Readonly<Record<string, string>>;
}

/** What is said of two machines that measured the same and found different things. */
export function disagreement(...both: readonly [Measurement, Measurement]): string {
  const told = both.map(
    ({ from, by }) =>
      `${from} (${Object.entries(by)
        .map((each) => each.join(' '))
        .join(', ')})`,
  );
  return `expected the same result from every machine, got two: from ${told.join(' and from ')}`;
}
