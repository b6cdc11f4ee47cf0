import { describe, expect, it } from 'vitest';
import { ascii, intervalText, markdownRow, rateText } from '../../../scenarios/report/markdown.ts';

describe('Markdown of reports', () => {
  it('has rates in per cent, one decimal, in ASCII, and never "-0.0"', () => {
    expect([0.9051, -0.0123, -0.0001].map(rateText)).toEqual(['90.5', '-1.2', '0.0']);
    expect(intervalText({ low: -0.201, high: 0.02 })).toBe('[-20.1, 2.0]');
    expect(ascii('\u22121\u00a0%')).toBe('-1 %');
  });

  it('has a row a line', () => expect(markdownRow(['a', '', 'b'])).toBe('| a |  | b |'));
});
