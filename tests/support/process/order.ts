import { sep } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take longest, by how they begin: first come those that wait for other programs, then what computes, then the rest,
 * so that no long file is left over for one worker at the end.
 */
const FIRST = [
  ...['package/package', 'cli/verbs', 'cli/race', 'cli/bench', 'scenarios/experiments/queue/', 'browser/'],
  ...['fault/', 'cli/bad-runs', 'cli/recordings/', 'scenarios/experiments/auto', 'contract/scenarios', 'repro/'],
  ...['scenarios/run/train', 'scenarios/experiments/', 'agent/pretrain/', 'viewer/play/', 'cli/', 'scenarios/predict/'],
  ...['scenarios/objects/read', 'agent/learner/', 'scenarios/', 'agent/', 'viewer/'],
];

const placeOf = ({ moduleId }: TestSpecification): number => {
  const path = moduleId.split(sep).join('/');
  const place = FIRST.findIndex((begin) => path.includes(`/tests/${begin}`));
  return place < 0 ? FIRST.length : place;
};

/** Longest files first, wherever they run; as vitest orders them among equals. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => placeOf(a) - placeOf(b));
  }
}
