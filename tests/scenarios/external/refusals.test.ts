import { describe, expect, it } from 'vitest';
import { addRefusals, countRefusals, refusalText } from '../../../scenarios/external/refusals.ts';
import type { TrialRecord } from '../../../scenarios/trials/job.ts';

const records = (...refused: readonly (string | undefined)[]): TrialRecord[] =>
  refused.map((kind) => ({ trial: 0, ...(kind && { refused: kind }) }) as TrialRecord);

describe('refusals', () => {
  it('are counted by kind, and none is no count', () => {
    expect(countRefusals(records('silent', undefined, 'garbage', 'silent'))).toEqual({ silent: 2, garbage: 1 });
    expect(countRefusals(records(undefined))).toBeUndefined();
  });

  it('are added up', () => {
    expect(addRefusals([{ silent: 2 }, undefined, { silent: 1, error: 1 }])).toEqual({ silent: 3, error: 1 });
    expect(addRefusals([undefined])).toBeUndefined();
  });

  it('are told in a few words', () => {
    expect(refusalText({ silent: 2, garbage: 1 })).toBe('3 answers refused (silent 2, garbage 1)');
    expect(refusalText({ error: 1 })).toBe('1 answer refused (error 1)');
  });
});
