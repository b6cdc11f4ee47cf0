import { describe, expect, it } from 'vitest';
import { summaryOf } from '../../../viewer/page/live.ts';

const message = { trial: 7, split: 'evaluation', families: ['box', 'mug'], outcome: 'held', probability: 0.25 };

describe('a trial that is heard of', () => {
  it('is a line of the list', () => expect(summaryOf(message)).toEqual(message));

  it('may be of a policy that predicts nothing, and of outcomes and splits that are not known', () => {
    const { probability: _, ...unpredicted } = message;
    expect(summaryOf(unpredicted).probability).toBeNull();
    expect(summaryOf({ ...message, probability: 0 }).probability).toBe(0);
    expect(summaryOf({ ...message, outcome: 'melted' }).outcome).toBe('invalid');
    expect(summaryOf({ ...message, split: 'other' }).split).toBe('training');
  });
});
