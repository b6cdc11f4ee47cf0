import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { node } from '../support/process/program.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Licences under which others may pass on what they build with graft. */
const FREE = /^(MIT|ISC|BSD-[23]-Clause|Apache-2\.0|[Zz]lib|\(?Apache-2\.0 AND (MIT|BSD-3-Clause)\)?) /;
/** It says so in a file: of NIST, passed on with its notice; the HDF5 library in it is under a BSD licence. */
const IN_A_FILE = /^SEE LICENSE IN LICENSE\.txt +h5wasm /;

it('every package that is installed with graft, or in its programs and pages, has a licence that lets it be passed on', async () => {
  const { code, stdout, stderr } = await node(['--import', 'tsx', 'package/licences.ts'], { cwd: ROOT });
  expect(code, stderr).toBe(0);
  const lines = stdout.trim().split('\n');
  const { dependencies } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
  for (const name of [...Object.keys(dependencies), 'three'])
    expect(
      lines.some((line) => line.includes(` ${name} `)),
      name,
    ).toBe(true);
  expect(lines.filter((line) => !FREE.test(line) && !IN_A_FILE.test(line))).toEqual([]);
});
