import { describe, expect, it } from 'vitest';
import { parseRecordRule, recordRuleText } from '../../../scenarios/trials/record-rule.ts';
import { UserError } from '../../../sim/user-error.ts';

describe('the rule which trials are recorded', () => {
  it.each(['all', 'failures', 'every:2', 'every:500'])('is written as it is read: %s', (text) => {
    expect(recordRuleText(parseRecordRule(text)!)).toBe(text);
  });

  it('says how many, and whether only failures', () => {
    expect(parseRecordRule('every:7')).toEqual({ every: 7, failuresOnly: false });
    expect(parseRecordRule('failures')).toEqual({ every: 1, failuresOnly: true });
    expect(parseRecordRule('off')).toBeUndefined();
  });

  it.each(['', 'some', 'every', 'every:', 'every:0', 'every:-1', 'every:1.5', 'every:1e3', 'ALL'])(
    "refuses '%s'",
    (text) => {
      expect(() => parseRecordRule(text)).toThrow(UserError);
      expect(() => parseRecordRule(text)).toThrow(`got '${text}'`);
    },
  );
});
