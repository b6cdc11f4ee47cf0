import { beforeAll, describe, expect, it } from 'vitest';
import type { TrialSummary } from '../../../../sim/recording/marks.ts';
import { apart } from '../../../../viewer/page/curve.ts';
import type { BoardArm } from '../../../../viewer/page/race/board.ts';

/** An arm whose trials held where the text says 1. */
const arm = (name: string, text: string): BoardArm => ({
  name,
  seconds: 1,
  training: [...text].map(
    (c, trial): TrialSummary => ({
      ...{ trial, split: 'training', families: ['box'], probability: null },
      outcome: c === '1' ? 'held' : 'missed',
    }),
  ),
  evaluation: [],
});

describe('the sentence on who leads', () => {
  let leadSentence: typeof import('../../../../viewer/page/race/board.ts')['leadSentence'];

  beforeAll(async () => {
    ({ leadSentence } = await import('../../../../viewer/page/race/board.ts'));
  });

  it('says nothing of fewer than ten trials', () => {
    const { arm: leader, rest } = leadSentence([arm('a', '111'), arm('b', '000')], { trialsPlanned: 100 });
    expect([leader, rest]).toEqual([undefined, 'Fewer than ten trials each: nothing to compare yet.']);
  });

  it('names the leader, since when, and by how much', () => {
    const { arm: leader, rest } = leadSentence([arm('a', '0'.repeat(20)), arm('b', '1'.repeat(20))], {
      trialsPlanned: 100,
    });
    expect(leader).toBe(1);
    expect(rest).toMatch(/^ leads since trial 10: 100 points ahead of a \[\d+, 100\] over the last 20\.$/);
  });

  it('claims no leader where chance could make the difference, and says when training is over', () => {
    const { arm: leader, rest } = leadSentence([arm('a', '10'.repeat(10)), arm('b', '01'.repeat(10))], {
      trialsPlanned: 20,
    });
    expect(leader).toBeUndefined();
    expect(rest).toBe('No arm is shown to lead over the last 50 trials. Training is over; now unseen scenes.');
  });

  it('is the verdict in the end', () => {
    const arms = [arm('a', '1'.repeat(20)), arm('b', '0'.repeat(20))];
    expect(leadSentence(arms, { trialsPlanned: 20, verdict: 'Done.' })).toEqual({ arm: undefined, rest: 'Done.' });
  });
});

describe('labels at the ends of curves', () => {
  it('keep apart, in their order, and within the plot', () => {
    expect(apart([20, 60])).toEqual([20, 60]);
    expect(apart([60, 62, 61])).toEqual([60, 84, 72]);
    const low = apart([108, 109]);
    expect(low[1] - low[0]).toBe(12);
    expect(Math.max(...low)).toBeLessThanOrEqual(112);
    expect(apart([])).toEqual([]);
  });
});
