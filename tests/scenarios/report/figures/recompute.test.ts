import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { missingPackages, runPython, without } from '../../../support/process/python.ts';

const ROOT = new URL('../../../../', import.meta.url);
const PROGRAM = fileURLToPath(new URL('tests/bench/recompute.py', ROOT));
const missing = missingPackages('numpy');
const MINUTE = 60_000;

/** A copy of docs/figures.md with some texts replaced, each of which must stand there once. */
function changedPage(changes: Readonly<Record<string, string>>): string {
  const path = join(mkdtempSync(join(tmpdir(), 'figures-')), 'figures.md');
  let page = readFileSync(new URL('docs/figures.md', ROOT), 'utf8');
  for (const [from, to] of Object.entries(changes)) {
    expect(page.split(from), from).toHaveLength(2);
    page = page.replace(from, to);
  }
  writeFileSync(path, page);
  return path;
}

describe.skipIf(missing.length > 0)(`figures computed again in Python${without(missing)}`, () => {
  it(
    'from the raw results are those of docs/figures.md',
    async () => {
      const lines = (await runPython([PROGRAM])).trim().split('\n');
      expect(lines.length).toBeGreaterThanOrEqual(21);
      for (const line of lines) expect(line).toMatch(/: [1-9]\d* figures, 0 mismatches, /);
    },
    5 * MINUTE,
  );

  it(
    'name the table and the row of a digit that is not theirs',
    async () => {
      const page = changedPage({ '9.3 [3.7, 15.7]': '9.4 [3.7, 15.7]' });
      await expect(runPython([PROGRAM, '--figures', page, '--tables', 'Before any trial'])).rejects.toMatchObject({
        code: 1,
        stdout: expect.stringMatching(
          /^Before any trial: 36 figures, 1 mismatches.*\n {2}row a narrow hand, .*got 9\.4/,
        ),
      });
    },
    MINUTE,
  );

  it(
    'see a bound, a mark and a row that are not theirs',
    async () => {
      const page = changedPage({
        '|> 32x (at least 3.2x)|': '|> 32x (at least 5.2x)|',
        '|> 17x\u2020 (unbounded)|': '|> 17x (unbounded)|',
        '\n|piles|80 %|': '\n|heaps|80 %|',
      });
      const run = runPython([PROGRAM, '--figures', page, '--tables', 'Trials to the same success']);
      const { stdout } = (await run.catch((error: unknown) => error)) as { readonly stdout: string };
      expect(stdout.match(/(?<=^ {2}row )[^,:]+/gm)?.sort()).toEqual([
        'a narrow hand',
        'a side view',
        'heaps',
        'piles',
      ]);
    },
    MINUTE,
  );
});
