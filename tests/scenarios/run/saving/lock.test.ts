import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockFile, lockFolder } from '../../../../scenarios/run/saving/lock.ts';
import { temporaryFolder } from '../../../support/process/cli.ts';

const base = temporaryFolder();
const folder = (): string => mkdtempSync(join(base, 'locked-'));
const held = (where: string, holder: unknown) => writeFileSync(join(where, 'run.lock'), JSON.stringify(holder));

describe('a lock', () => {
  it('keeps others out until it is released, and leaves nothing behind', () => {
    const where = folder();
    const release = lockFolder(where);
    expect(() => lockFolder(where)).toThrow(
      `${where}: expected a folder that nobody works on, got one that process ${process.pid} on ${hostname()} works on`,
    );
    expect(readdirSync(where)).toEqual(['run.lock']);
    release();
    expect(readdirSync(where)).toEqual([]);
    lockFolder(where)();
  });

  it('whose holder is no more is taken over', async () => {
    const where = folder();
    const child = spawn(process.execPath, ['-e', '0']);
    await once(child, 'exit');
    held(where, { pid: child.pid, host: hostname(), began: '' });
    lockFolder(where)();
    // the same number, given to another process since
    held(where, { pid: process.pid, host: hostname(), began: '1' });
    lockFolder(where)();
    writeFileSync(join(where, 'run.lock'), 'half a lo');
    lockFolder(where)();
    expect(existsSync(join(where, 'run.lock'))).toBe(false);
  });

  it("clears away what was left by those killed while they took it, and nobody else's", async () => {
    const where = folder();
    const child = spawn(process.execPath, ['-e', '0']);
    await once(child, 'exit');
    const left = (pid: number | undefined, host: string): void =>
      writeFileSync(join(where, `run.lock.${pid}`), JSON.stringify({ pid, host, began: '' }));
    left(child.pid, hostname());
    left(1, 'elsewhere');
    // killed before a word was written; and one that somebody else is about to write
    for (const name of ['run.lock.2', 'run.lock.3']) writeFileSync(join(where, name), '');
    for (const name of ['run.lock.bak', 'run.lock.4']) writeFileSync(join(where, name), "somebody's");
    mkdirSync(join(where, 'run.lock.5'));
    const before = new Date(statSync(join(where, 'run.lock.2')).mtimeMs - 2000);
    for (const name of ['2', '4', '5', 'bak']) utimesSync(join(where, `run.lock.${name}`), before, before);
    lockFolder(where)();
    expect(readdirSync(where).sort()).toEqual(['run.lock.1', 'run.lock.3', 'run.lock.4', 'run.lock.5', 'run.lock.bak']);
  });

  it('of another machine is believed', () => {
    const where = folder();
    held(where, { pid: 1, host: 'elsewhere', began: '' });
    expect(() => lockFolder(where)).toThrow(/process 1 on elsewhere works on; if it does not, remove .*run.lock/);
    expect(JSON.parse(readFileSync(join(where, 'run.lock'), 'utf8')).host).toBe('elsewhere');
  });

  it('of a file lies beside it', () => {
    const file = join(folder(), 'weights.safetensors');
    const release = lockFile(file);
    expect(() => lockFile(file)).toThrow(`${file}: expected a file that nobody works on, got one that process`);
    expect(existsSync(`${file}.lock`)).toBe(true);
    release();
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  it('of a folder that cannot be written is refused', () => {
    const where = join(base, 'nowhere');
    expect(() => lockFolder(where)).toThrow(`${where}: expected a folder that can be written, got:`);
  });
});
