/** Writes docs/figures.md: every published figure, from the committed results. `npm run figures` runs it. */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseBenchResult } from '../bench/result.ts';
import { type AutoResult, type AutoTarget, autoGroup } from './auto.ts';
import { measuredGroups } from './measured.ts';
import { figuresPage } from './page.ts';
import { adaptGroup, oneTargetGroup, transferGroup } from './transfer.ts';

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

/** Targets of automated transfer, by folder. */
const AUTO_TARGETS = [
  ['unseen', 'unseen families'],
  ['hard', 'adversarial shapes'],
  ['suction', 'a suction cup'],
  ['slippery', 'slippery, light objects'],
] as const;

function autoTarget([name, title]: (typeof AUTO_TARGETS)[number]): AutoTarget {
  const folder = `bench-auto/${name}`;
  return { title, folder, result: JSON.parse(resultOf(folder)) as AutoResult };
}

/** The page, from the results as they are. */
export function makeFigures(): string {
  const [grasping, ...others] = measuredGroups(read(MEASURED), `docs/${MEASURED}`);
  return figuresPage('Figures', ABOUT, [
    grasping,
    transferGroup(parseBenchResult(resultOf('bench-full')), 'bench-full'),
    oneTargetGroup(parseBenchResult(resultOf('bench-quick')), {
      ...{ title: 'Quick benchmark', preset: 'quick' },
      about:
        '[Report](bench-quick/report.html), [result](bench-quick/result.json), [raw outcomes](bench-quick/raw.jsonl.gz). Three ' +
        'seeds, 100 unseen scenes for each.',
    }),
    oneTargetGroup(parseBenchResult(resultOf('bench-early')), {
      ...{ title: 'The first trials', preset: 'early' },
      about:
        '[Result](bench-early/result.json), [raw outcomes](bench-early/raw.jsonl.gz). Three seeds, 100 unseen scenes for each. ' +
        'Arms from nothing begin with 32 random grasps, but for `scratch-prior`.',
    }),
    adaptGroup(parseBenchResult(resultOf('bench-adapt')), {
      ...{ title: 'Fast adaptation', preset: 'adapt', before: 'shipped' },
      about:
        '[Result](bench-adapt/result.json), [raw outcomes](bench-adapt/raw.jsonl.gz). The policy as it comes on three targets that it is ' +
        'weak on, three seeds, 150 scenes for each. Trained are the head alone, or trunk and head held to where they began.',
    }),
    autoGroup(AUTO_TARGETS.map(autoTarget)),
    ...others,
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(new URL(PAGE, DOCS), makeFigures());
