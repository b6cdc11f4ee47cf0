import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseBenchResult } from '../../../../scenarios/report/bench/result.ts';

const PUBLISHED = new URL('../../../../docs/bench-full/result.json', import.meta.url);

describe('a published result', () => {
  const text = readFileSync(PUBLISHED, 'utf8');
  const result = parseBenchResult(text);

  it('has infinite bounds where none is known, and numbers everywhere else', () => {
    const [unseen] = result.details;
    const ratio = unseen.comparisons.find(({ a, b }) => a === 'grasp-head' && b === 'scratch')!.ratios!;
    expect(ratio.trials.high).toBe(Number.POSITIVE_INFINITY);
    expect(ratio.trials.low).toBeGreaterThan(1);
  });

  it('is written again as it was read', () => {
    expect(`${JSON.stringify(result, null, 2)}\n`).toBe(text);
  });
});
