/** Writes docs/figures.md: every published figure, from the committed results. `npm run figures` runs it. */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseBenchResult } from '../bench/result.ts';
import { type AutoResult, autoGroup } from './auto.ts';
import { measuredGroups } from './measured.ts';
import { figuresPage } from './page.ts';
import { quickGroup, transferGroup } from './transfer.ts';

const DOCS = new URL('../../../docs/', import.meta.url);
const PAGE = 'figures.md';
const MEASURED = 'results/measured.json';

const ABOUT =
  'Every published figure, made by `npm run figures` from the committed results; pages link here. What no command keeps stands in ' +
  `[${MEASURED}](${MEASURED}), an entry a figure. Brackets are 95 % intervals. A bound reads "at least 1.2x": there is no upper end. ` +
  'The benchmarks, and tables of `pretrained` that do not say otherwise, are of the trunk `grasp-passive` with one depth: the default ' +
  'before `grasp-wide`, four depths and levers.';

const read = (path: string): string => readFileSync(new URL(path, DOCS), 'utf8');
const resultOf = (folder: string): string => read(`${folder}/result.json`);

/** The page, from the results as they are. */
export function makeFigures(): string {
  const [grasping, ...others] = measuredGroups(read(MEASURED), `docs/${MEASURED}`);
  return figuresPage('Figures', ABOUT, [
    grasping,
    transferGroup(parseBenchResult(resultOf('bench-full')), 'bench-full'),
    quickGroup(parseBenchResult(resultOf('bench-quick')), 'bench-quick'),
    autoGroup(JSON.parse(resultOf('bench-auto')) as AutoResult, 'bench-auto'),
    ...others,
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(new URL(PAGE, DOCS), makeFigures());
