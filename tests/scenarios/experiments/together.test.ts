import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTogether } from '../../../scenarios/experiments/together.ts';
import { StorageError } from '../../../scenarios/files.ts';
import { temporaryFolder } from '../../support/process/cli.ts';

const folder = temporaryFolder();

describe('files written together', () => {
  it('are all whole, more than one group of them, and leave nothing beside them', async () => {
    const write = openTogether();
    const names = Array.from({ length: 600 }, (_, i) => `${String(i).padStart(3, '0')}.json`);
    await Promise.all(names.map((name) => write(join(folder, name), name)));
    expect(readdirSync(folder).sort()).toEqual(names);
    for (const name of names) expect(readFileSync(join(folder, name), 'utf8')).toBe(name);
    await write(join(folder, '000.json'), 'later');
    expect(readFileSync(join(folder, '000.json'), 'utf8')).toBe('later');
  });

  it('fail alone: one that cannot be written costs no other', async () => {
    const write = openTogether();
    mkdirSync(join(folder, 'bad.json.partial'));
    const [bad, lost, good] = await Promise.allSettled([
      write(join(folder, 'bad.json'), 'x'),
      write(join(folder, 'nosuch', 'a.json'), 'x'),
      write(join(folder, 'good.json'), 'whole'),
    ]);
    for (const each of [bad, lost]) {
      expect(each.status).toBe('rejected');
      expect((each as PromiseRejectedResult).reason).toBeInstanceOf(StorageError);
    }
    expect(String((bad as PromiseRejectedResult).reason)).toMatch(/bad\.json: expected a file that can be written/);
    expect(good.status).toBe('fulfilled');
    expect(readFileSync(join(folder, 'good.json'), 'utf8')).toBe('whole');
  });
});
