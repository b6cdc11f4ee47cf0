import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openRawStore } from '../../../scenarios/experiments/raw-store.ts';
import { InputError } from '../../../scenarios/load.ts';
import { snapshot, temporaryFolder } from '../../support/process/cli.ts';

const all = temporaryFolder();
let folder = '';
let n = 0;
beforeEach(() => {
  folder = join(all, String(n++));
  mkdirSync(folder);
});

const at = (...path: string[]): string => join(folder, ...path);
const values = (names: readonly string[]): unknown[] => {
  const store = openRawStore(folder);
  return names.map((name) => store.find(name)?.parse());
};

describe('a raw store', () => {
  it('keeps a result a file, in JSON with a newline, and has none of others', () => {
    const store = openRawStore(folder);
    expect(store.find('a/b-s0')).toBeUndefined();
    store.write('a/b-s0', { key: 'k', held: '01' });
    store.write('c', { key: 'l' });
    expect(readFileSync(at('raw', 'a', 'b-s0.json'), 'utf8')).toBe('{"key":"k","held":"01"}\n');
    expect(values(['a/b-s0', 'c', 'a/b', 'b-s0'])).toEqual([
      { key: 'k', held: '01' },
      { key: 'l' },
      undefined,
      undefined,
    ]);
    expect(readdirSync(at('raw'))).toEqual(['a', 'c.json']);
  });

  it('packs into one file, takes the others away, and reads the same from it', () => {
    const store = openRawStore(folder);
    store.write('a/b-s0', { key: 'k' });
    store.write('c', { key: 'l' });
    expect(store.pack()).toEqual({ path: at('raw.jsonl.gz'), results: 2 });
    expect(readdirSync(folder)).toEqual(['raw.jsonl.gz']);
    expect(store.find('c')).toMatchObject({ path: `${at('raw.jsonl.gz')}: c` });
    expect(values(['a/b-s0', 'c', 'd'])).toEqual([{ key: 'k' }, { key: 'l' }, undefined]);
  });

  it('packs what came later into the same bytes as all at once, and a single file goes before a packed one', () => {
    const names = ['e', 'a/z', 'a/b', 'd'];
    const whole = openRawStore(folder);
    for (const name of names) whole.write(name, { key: name });
    whole.pack();
    const expected = readFileSync(at('raw.jsonl.gz'));
    rmSync(at('raw.jsonl.gz'));
    openRawStore(folder).write('a/z', { key: 'an old one' });
    openRawStore(folder).write('e', { key: 'e' });
    openRawStore(folder).pack();
    for (const name of ['d', 'a/b', 'a/z']) openRawStore(folder).write(name, { key: name });
    expect(values(['a/z', 'e'])).toEqual([{ key: 'a/z' }, { key: 'e' }]);
    expect(openRawStore(folder).pack().results).toBe(4);
    expect(readFileSync(at('raw.jsonl.gz'))).toEqual(expected);
    // nothing new is no change
    expect(openRawStore(folder).pack().results).toBe(4);
    expect(readFileSync(at('raw.jsonl.gz'))).toEqual(expected);
  });

  it('leaves alone what is no result, and its folder', () => {
    const store = openRawStore(folder);
    store.write('a/b', 1);
    store.write('c/d', 2);
    writeFileSync(at('raw', 'a', 'notes.txt'), 'mine');
    writeFileSync(at('raw', 'c', 'e.json.partial'), '{"half');
    expect(store.pack().results).toBe(2);
    expect(Object.keys(snapshot(at('raw')))).toEqual([
      ...[at('raw', 'a'), at('raw', 'a', 'notes.txt'), at('raw', 'c'), at('raw', 'c', 'e.json.partial')],
    ]);
  });

  it('packs nothing if one of the results is no JSON', () => {
    const store = openRawStore(folder);
    store.write('a', 1);
    writeFileSync(at('raw', 'b.json'), '{"key":');
    const before = snapshot(folder);
    expect(() => store.pack()).toThrow(
      /b\.json: expected a result in JSON, got: .*; remove the file to measure it again$/,
    );
    expect(snapshot(folder)).toEqual(before);
  });

  it('is not opened on damaged packed results', () => {
    const store = openRawStore(folder);
    store.write('a', 1);
    store.pack();
    const packed = readFileSync(at('raw.jsonl.gz'));
    writeFileSync(at('raw.jsonl.gz'), packed.subarray(0, packed.length - 3));
    expect(() => openRawStore(folder)).toThrow(InputError);
    expect(() => openRawStore(folder)).toThrow(
      /raw\.jsonl\.gz: expected raw results packed with gzip, got \d+ bytes that/,
    );
    expect(existsSync(at('raw'))).toBe(false);
  });
});
