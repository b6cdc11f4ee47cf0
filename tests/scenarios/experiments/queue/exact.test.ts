import { describe, expect, it } from 'vitest';
import { decodeExact, encodeExact } from '../../../../scenarios/experiments/queue/exact.ts';

const DATA = {
  numbers: [0, -0, 1, 0.1, 1e-300, Number.MAX_SAFE_INTEGER, Number.NaN, Number.POSITIVE_INFINITY],
  text: 'Q map, $array',
  nothing: null,
  arrays: [new Float32Array([0.1, -0]), new Float64Array([Math.PI]), new Uint8Array([1, 2, 3]), new Int32Array(0)],
};

describe('exact bytes', () => {
  it('hold plain data with every bit of it', () => {
    expect(decodeExact(encodeExact(DATA))).toStrictEqual(DATA);
    const odd = Buffer.concat([Buffer.of(0), encodeExact(DATA)]).subarray(1);
    expect(decodeExact(odd)).toStrictEqual(DATA);
    expect(decodeExact(encodeExact({ a: undefined, b: 1 }))).toStrictEqual({ b: 1 });
  });

  it('are the same however the data came about', () => {
    const built: Record<string, unknown> = {};
    built.numbers = DATA.numbers.map((n) => n + 0.5).map((n) => n - 0.5);
    expect(encodeExact({ n: (built.numbers as number[])[2] })).toEqual(encodeExact({ n: 1 }));
    const part = new Float32Array([9, 1, 2, 9]).subarray(1, 3);
    expect(encodeExact(part)).toEqual(encodeExact(new Float32Array([1, 2])));
    expect(encodeExact(structuredClone(DATA))).toEqual(encodeExact(DATA));
  });

  it('of other things are refused', () => {
    expect(() => encodeExact({ a: new BigInt64Array(1) })).toThrow('expected plain data, got a BigInt64Array');
    const bytes = encodeExact(DATA);
    expect(() => decodeExact(bytes.subarray(0, 2))).toThrow('expected a text and arrays behind it');
    expect(() => decodeExact(bytes.subarray(0, bytes.length - 16))).toThrow(/expected arrays within \d+ bytes, got/);
    expect(() => decodeExact(encodeExact({ $array: 'constructor', at: 0, length: 1 }))).toThrow(
      /expected arrays within/,
    );
  });
});
