import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { append, StorageError, sound, writeAtomically, writingTo } from '../../scenarios/files.ts';
import { InputError } from '../../scenarios/parse/parse.ts';
import { temporaryFolder } from '../support/process/cli.ts';

const folder = temporaryFolder();

describe('a file written at once', () => {
  it('replaces the one before, and leaves nothing beside it', () => {
    const path = join(folder, 'a.json');
    writeFileSync(`${path}.partial`, 'what a crash left, longer than what comes now');
    for (const data of ['{}', Uint8Array.of(0, 255, 7)]) {
      writeAtomically(path, data);
      expect(readFileSync(path)).toEqual(Buffer.from(data as string));
    }
    expect(readdirSync(folder)).toEqual(['a.json']);
  });

  it('leaves the old one as it was if it cannot be written', () => {
    const path = join(folder, 'b.json');
    writeAtomically(path, 'old');
    mkdirSync(`${path}.partial`);
    expect(() => writeAtomically(path, 'new')).toThrow(/EISDIR/);
    expect(readFileSync(path, 'utf8')).toBe('old');
  });
});

describe('a file on a full disk', () => {
  const full = process.platform === 'linux';

  it.skipIf(!full)("is told by its name, as a failure that is not the input's (needs /dev/full)", () => {
    expect(() => append('/dev/full', 'x')).toThrow(
      /^\/dev\/full: expected a file that can be written, got: ENOSPC: no space left on device/,
    );
    symlinkSync('/dev/full', join(folder, 'c.json.partial'));
    expect(() => writeAtomically(join(folder, 'c.json'), 'x')).toThrow(StorageError);
    expect(existsSync(join(folder, 'c.json'))).toBe(false);
    expect(new StorageError('x').exitCode).toBe(1);
  });
});

describe('what the user can mend', () => {
  it('names the folder that cannot be written', () => {
    const write = (): void => writeFileSync(join(folder, 'nosuch', 'a'), '');
    expect(() => writingTo('out', write)).toThrow(/^out: expected a folder that can be written, got: ENOENT/);
    expect(() => writingTo('out', write)).toThrow(InputError);
    let written = 0;
    writingTo('out', () => {
      written++;
    });
    expect(written).toBe(1);
  });

  it('is what a check of a file finds, in its own words', () => {
    const check = (): never => {
      throw new RangeError('a.json: expected 3 rows, got 2');
    };
    expect(() => sound(check)).toThrow(new InputError('a.json: expected 3 rows, got 2'));
    expect(sound(() => 3)).toBe(3);
  });
});
