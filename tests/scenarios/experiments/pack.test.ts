import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodePack, encodePack } from '../../../scenarios/experiments/pack.ts';
import { InputError } from '../../../scenarios/load.ts';

const RESULTS = new Map<string, unknown>([
  ['unseen/scratch-s3', { key: 'k', points: [{ held: '01x', trainSeconds: 5.201566118000075 }] }],
  ['unseen/scene-0', { colour: 'aGk=', heights: 'é\n"' }],
  ['narrow/oracle-s0', { key: 'l', rounds: ['11011', ''], pictures: null }],
]);
const packed = encodePack(RESULTS);
const lines = gunzipSync(packed).toString('utf8').split('\n');

describe('packed results', () => {
  it('come back as they were, in the order of their names', () => {
    const back = decodePack(packed, 'raw.jsonl.gz');
    expect([...back]).toEqual([...RESULTS].sort(([a], [b]) => (a < b ? -1 : 1)));
    expect(decodePack(encodePack(new Map()), 'raw.jsonl.gz').size).toBe(0);
  });

  it('are the same bytes in whatever order they came, and name no time and no system', () => {
    expect(encodePack(new Map([...RESULTS].reverse()))).toEqual(packed);
    expect([...packed.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
  });

  it('are lines of JSON for whoever looks at them', () => {
    expect(lines.map((line) => line.slice(0, 40))).toEqual([
      '{"format":"graft raw results","version":',
      '{"name":"narrow/oracle-s0","value":{"key',
      '{"name":"unseen/scene-0","value":{"colou',
      '{"name":"unseen/scratch-s3","value":{"ke',
      '',
    ]);
  });

  it('are refused cut anywhere', () => {
    for (let length = 0; length < packed.length; length++) {
      const cut = () => decodePack(packed.subarray(0, length), 'b/raw.jsonl.gz');
      expect(cut).toThrow(InputError);
      expect(cut).toThrow(
        new RegExp(`^b/raw\\.jsonl\\.gz: expected raw results packed with gzip, got ${length} bytes that are not: `),
      );
    }
  });

  it('are refused with any byte of their content changed', () => {
    // the first ten bytes are the header of gzip: nothing depends on its time and system
    for (let at = 10; at < packed.length; at++) {
      const damaged = Uint8Array.from(packed);
      damaged[at] ^= 0xff;
      expect(() => decodePack(damaged, 'b/raw.jsonl.gz'), `byte ${at}`).toThrow(
        /^b\/raw\.jsonl\.gz: expected raw resu/,
      );
    }
  });

  const [header, first, second, third] = lines;
  it.each([
    ['nothing in them', [], 'p:1: expected a header of'],
    ['no header', [first, second, third, ''], `p:1: expected a header of 'graft raw results', version 1, got {"name":`],
    ['another version', [header.replace('"version":1', '"version":2'), ''], 'version 1, got {"format":"graft raw'],
    ['a result too few', [header, first, second, ''], 'p: expected 3 results, got 2 whole lines'],
    ['a result too many', [header, first, second, third, third, ''], 'p: expected 3 results, got 4 whole lines'],
    ['half a last line', [header, first, second, third], 'p: expected 3 results, got 2 whole lines'],
    [
      'a result twice',
      [header, first, second, second, ''],
      "p:4: expected every result once, got 'unseen/scene-0' again",
    ],
    ['no JSON in a line', [header, first, '{"name', third, ''], 'p:3: expected a result with its name, got {"name'],
    ['a result without a name', [header, first, '{"value":3}', third, ''], 'p:3: expected a result with its name, got'],
    ['more in a line', [header, '{"name":"a","value":1,"b":2}', second, third, ''], 'p:2: expected a result with its'],
  ])('are refused with %s', (_, text, message) => {
    const decode = () => decodePack(gzipSync(text.join('\n')), 'p');
    expect(decode).toThrow(message);
    expect(decode).toThrow(InputError);
  });
});
