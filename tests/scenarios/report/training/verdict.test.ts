import { describe, expect, it } from 'vitest';
import { trainVerdict } from '../../../../scenarios/report/training/verdict.ts';
import { trainFixture } from '../../../support/reports.ts';

describe('the verdict on a training run', () => {
  it('claims no difference whose interval includes 0', () => {
    expect(trainVerdict(trainFixture()).claims).toEqual([
      'On the same scenes pretrained beats depth-centroid by 12 points [5,\u00a019].',
      'Against antipodal there is no difference that this many trials can show (pretrained minus antipodal: 1 point [\u22124,\u00a06]).',
      'On the same scenes oracle beats pretrained by 13 points [7,\u00a019].',
    ]);
  });

  it('says what was held, of how many, with the interval', () => {
    expect(trainVerdict(trainFixture()).verdict).toBe(
      'After 400 training trials pretrained holds 82\u00a0% of the evaluation grasps (247 of 300; 95\u00a0% interval [78,\u00a086]).',
    );
  });

  it('does not count training trials that diverged', () => {
    const report = trainFixture();
    const training = report.training.map((trial, i) => (i < 5 ? { ...trial, outcome: 'invalid' } : trial));
    expect(trainVerdict({ ...report, training }).verdict).toMatch(/^After 395 training trials /);
  });
});
