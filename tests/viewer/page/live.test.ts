import { describe, expect, it } from 'vitest';
import { trialSummary } from '../../../sim/recording/read/trial-fields.ts';

const message = { trial: 7, split: 'evaluation', families: ['box', 'mug'], outcome: 'held', probability: 0.25 };

describe('a trial that is heard of', () => {
  it('is a line of the list', () => expect(trialSummary(message)).toEqual(message));

  it('may be of a policy that predicts nothing, and of outcomes and splits that are not known', () => {
    const { probability: _, ...unpredicted } = message;
    expect(trialSummary(unpredicted).probability).toBeNull();
    expect(trialSummary({ ...message, probability: 0 }).probability).toBe(0);
    expect(trialSummary({ ...message, outcome: 'melted' }).outcome).toBe('invalid');
    expect(trialSummary({ ...message, split: 'other' }).split).toBe('training');
  });
});
