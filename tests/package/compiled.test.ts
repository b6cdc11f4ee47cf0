import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
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

  it('has a fingerprint of what its units run, in which comments, types and names do not count', async () => {
    const unit = 'scenarios/experiments/units/unit-worker.ts';
    const codeOf = async (text: string): Promise<string> => {
      write(unit, "import { gravity } from '../../../sim/gravity.ts';\nexport default () => gravity(2);\n");
      write('sim/gravity.ts', text);
      return (await node(['scenarios/code-entry.js'], { cwd: checkout })).stdout;
    };
    write(
      'scenarios/code-entry.js',
      `${readFileSync(join(ROOT, 'scenarios/code-entry.js'), 'utf8')}console.log(code);`,
    );
    const code = await codeOf('export const gravity = (x: number): number => x * 9.81;\n');
    expect(code).toMatch(/^[0-9a-f]{12}\n$/);
    write('cli/report.ts', "export const said = 'another report';\n");
    const same =
      '/** Newtons. */\nexport const gravity = (mass: number) => {\n  // on Earth\n  return mass * 9.81;\n};\n';
    expect(await codeOf(same)).toBe(code);
    expect(await codeOf('export const gravity = (x: number): number => x * 9.80665;\n')).not.toBe(code);
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
