import { describe, expect, it } from 'vitest';
import { decodeFrame } from '../../../viewer/grasps/server/frame.ts';
import { frameMessage } from '../../support/frame-message.ts';

const [depth, colour] = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5)];

describe('a frame of a stream', () => {
  it('is a header and the files that it names', () => {
    const frame = decodeFrame(
      frameMessage({ id: 7, question: { count: 2 }, depth: 3, colour: 2 }, depth, colour),
      true,
    );
    expect(frame).toMatchObject({ id: 7, question: { count: 2 }, mask: undefined });
    expect([[...frame.depth], [...frame.colour!]]).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
  });

  it.each([
    ['text', Buffer.from('{}'), false, /expected a binary one/],
    ['nothing', Buffer.alloc(0), true, /expected a header of 1 to/],
    ['a header that is longer than the message', Buffer.from([255, 255, 0, 0, 1]), true, /expected a header of 1 to/],
    ['a header that is no JSON', frameMessage('{'), true, /question: expected JSON/],
    ['a header that is no object', frameMessage('null'), true, /header: expected an object/],
    ['no depth', frameMessage({ question: {} }), true, /header: expected depth/],
    [
      'a file that ends too early',
      frameMessage({ question: {}, depth: 9 }, depth),
      true,
      /depth: expected its length.*got 9/,
    ],
    ['a negative length', frameMessage({ question: {}, depth: -1 }, depth), true, /depth: expected its length.*got -1/],
    ['bytes that nothing names', frameMessage({ question: {}, depth: 2 }, depth), true, /message: expected .* bytes/],
    ['an id that is an object', frameMessage({ id: {}, question: {}, depth: 3 }, depth), true, /id: expected a number/],
  ] as const)('is refused if it is %s', (_, data, isBinary, why) => {
    expect(() => decodeFrame(data, isBinary)).toThrow(why);
  });
});
