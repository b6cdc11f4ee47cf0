import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checked, jsonObject, shown } from '../../../scenarios/messages/check.ts';

const schema = z.strictObject({ a: z.array(z.number()), b: z.string().optional() });

describe('a message that others wrote', () => {
  it('is what its schema says', () => {
    expect(checked(schema, jsonObject('{"a":[1,2]}', 'message'), 'message')).toEqual({ a: [1, 2] });
  });

  it.each([
    [{ a: [1, 'x'] }, 'message.a.1: expected number, got "x"'],
    [{}, 'message.a: expected array, got nothing'],
    [{ a: [], c: 1, d: 2 }, "message: expected only known keys, got 'c', 'd'"],
    [{ a: [], b: { long: 'x'.repeat(100) } }, /^message\.b: expected string, got .{60}\.\.\.$/],
  ])('is refused as %j', (value, error) => expect(() => checked(schema, value, 'message')).toThrow(error));

  it.each(['', 'null', '[]', '3', '{', 'NaN'])('is refused as %s, which is no object', (text) => {
    expect(() => jsonObject(text, 'message')).toThrow(/^message: expected one JSON object, got /);
  });

  it('is shown as it was, also where JSON has no word for it', () => {
    expect([Number.NaN, undefined, null, 'a'].map(shown)).toEqual(['NaN', 'nothing', 'null', '"a"']);
  });
});
