import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { PROGRAMS } from '../../package/bundle.js';
import { temporaryFolder } from '../support/process/cli.ts';
import { node } from '../support/process/program.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const checkout = join(temporaryFolder(), 'checkout');
const graft = async (): Promise<string> => (await node([join(checkout, 'graft.js')])).stdout;
const copies = (): string[] => readdirSync(join(checkout, '.cache', 'graft', 'compiled')).sort();
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(checkout, path)), { recursive: true });
  writeFileSync(join(checkout, path), text);
};

/** A checkout with a smaller program. */
beforeAll(() => {
  for (const path of ['package', 'graft.js', 'package.json', 'package-lock.json', 'tsconfig.json'])
    cpSync(join(ROOT, path), join(checkout, path), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
  for (const room of ['cli', 'sim', 'agent', 'scenarios', 'viewer']) mkdirSync(join(checkout, room));
  for (const source of Object.values(PROGRAMS)) write(source, 'export {};\n');
  write('cli/process.ts', "import { word } from '../sim/word.ts';\nconst said: string = word;\nconsole.log(said);\n");
});

describe('the program in a checkout', () => {
  it('runs the sources as they are at this moment, and compiles each state of them once', async () => {
    write('sim/word.ts', "export const word = 'one';\n");
    expect(await graft()).toBe('one\n');
    const [first] = copies();
    write('sim/word.ts', "export const word = 'two';\n");
    expect(await graft()).toBe('two\n');
    expect(copies()).toHaveLength(2);
    write('sim/word.ts', "export const word = 'one';\n");
    expect(await graft()).toBe('one\n');
    expect(copies()).toHaveLength(2);
    expect(copies()).toContain(first);
  });

  it('finds the files that lie beside a source', async () => {
    write('sim/word.txt', 'three');
    const read = "readFileSync(new URL('./word.txt', import.meta.url), 'utf8')";
    write('sim/word.ts', `import { readFileSync } from 'node:fs';\nexport const word = ${read};\n`);
    expect(await graft()).toBe('three\n');
  });

  it('starts from several processes at once', async () => {
    write('sim/word.ts', "export const word = 'four';\n");
    expect(await Promise.all([graft(), graft(), graft()])).toEqual(['four\n', 'four\n', 'four\n']);
    expect(copies().filter((name) => name.startsWith('tmp-'))).toEqual([]);
  });

  it('says where in the sources an error was thrown', async () => {
    write('sim/word.ts', "type A = 1;\n\nexport const word: string = (() => {\n  throw new Error('five');\n})();\n");
    const { code, stderr } = await node([join(checkout, 'graft.js')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/sim\/word\.ts:4/);
  });
});
