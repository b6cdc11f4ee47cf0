import { describe, expect, it } from 'vitest';
import { lineSplitter } from '../../../scenarios/messages/lines.ts';

/** What a splitter tells of chunks. */
function told(chunks: readonly (string | Uint8Array)[], maxBytes = 100): string[] {
  const heard: string[] = [];
  const take = lineSplitter(maxBytes, { line: (text) => heard.push(text), tooLong: () => heard.push('(too long)') });
  for (const chunk of chunks) take(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  return heard;
}

describe('lines of a stream', () => {
  it('are whole, however the stream is cut', () => {
    const bytes = Buffer.from('one\ntwo\u00e9\u{1f600}\r\n\nthree\nrest');
    const each = [...bytes].map((byte) => Uint8Array.of(byte));
    expect(told([bytes])).toEqual(['one', 'two\u00e9\u{1f600}', '', 'three']);
    expect(told(each)).toEqual(['one', 'two\u00e9\u{1f600}', '', 'three']);
  });

  it('are left out where they are too long, which is told once, and the next one is read', () => {
    expect(told(['12345\n', '123456\n', '1234', '5678', '9012\nok\n'], 5)).toEqual([
      '12345',
      '(too long)',
      '(too long)',
      'ok',
    ]);
  });
});
