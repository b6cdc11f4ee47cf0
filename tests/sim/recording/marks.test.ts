import { describe, expect, it } from 'vitest';
import { marksText, outcomeOf, parseMarks, splitOf, type TrialMark } from '../../../sim/recording/marks.ts';

const mark: TrialMark = {
  ...{ start: 0, end: 100, trial: 3, scene: 7, split: 'evaluation', outcome: 'held', probability: 0.5 },
  families: ['mug', 'box'],
};
const later: TrialMark = { ...mark, start: 101, end: 200, trial: 4, probability: null, outcome: 'slipped' };

describe("a recording's list of trials", () => {
  it('is read as it was written', () => {
    const marks = [mark, { ...later, inRound: { round: 1, attempt: 2 } }];
    expect(parseMarks(marksText(marks))).toEqual(marks);
    expect(parseMarks('[]')).toEqual([]);
  });

  it('counts an outcome that is not known as diverged', () => {
    const [read] = parseMarks(JSON.stringify([{ ...mark, outcome: 'flew away', split: 'training' }]));
    expect(read).toEqual({ ...mark, outcome: 'invalid', split: 'training' });
    expect([outcomeOf('no-seal'), outcomeOf(undefined), splitOf('evaluation'), splitOf('?')]).toEqual([
      ...['no-seal', 'invalid', 'evaluation', 'training'],
    ]);
  });

  it.each([
    ['no list', { trials: [] }],
    ['trials at the same time', [mark, { ...later, start: 100 }]],
    ['a trial that ends before it begins', [{ ...mark, end: -1 }]],
    ['half a trial', [{ ...mark, trial: 0.5 }]],
    ['a scene before the first', [{ ...mark, scene: -1 }]],
    ['families that are no texts', [{ ...mark, families: [1] }]],
    ['no families', [{ ...mark, families: undefined }]],
    ['a round that is no number', [{ ...mark, inRound: { round: 'one', attempt: 0 } }]],
  ])('is refused with %s', (_, list) => {
    expect(() => parseMarks(JSON.stringify(list))).toThrow(/expected a (list|trial after)/);
  });
});
