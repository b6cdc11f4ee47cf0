/** `npm run fuzz [-- <inputs a parser> [seed] [parser]]`: feeds every parser; findings go to a folder, to become cases. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parsers } from './parsers.ts';
import { type Finding, fuzz } from './play.ts';

const [count = '100000', seed = '0', only] = process.argv.slice(2);
const folder = join('runs', 'fuzz');
let findings = 0;

const keep = ({ parser, index, what, input }: Finding): void => {
  findings++;
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${parser.replaceAll(' ', '-')}-${seed}-${index}`);
  writeFileSync(path, input);
  console.log(`  ${path}: ${what}`);
};

for (const parser of (await parsers(mkdtempSync(join(tmpdir(), 'graft-fuzz-')))).filter(
  ({ name }) => only === undefined || name === only,
)) {
  const started = performance.now();
  await fuzz(parser, Number(count), Number(seed), keep);
  const seconds = (performance.now() - started) / 1000;
  console.log(`${parser.name}: ${count} inputs, ${seconds.toFixed(1)} s`);
}
console.log(`${findings} findings`);
process.exit(findings > 0 ? 1 : 0);
