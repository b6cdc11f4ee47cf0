import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { CandidateLearner } from '../../../../scenarios/experiments/auto/learner.ts';
import {
  type AutoState,
  readAutoState,
  saveAuto,
  survivorFolder,
} from '../../../../scenarios/experiments/auto/state.ts';
import { temporaryFolder } from '../../../support/process/cli.ts';

const folder = temporaryFolder();

/** A learner whose checkpoint is its name. */
const named = (name: string): CandidateLearner =>
  ({ save: (to: string) => writeFileSync(join(to, 'who'), name) }) as unknown as CandidateLearner;

/** A search after 40 trials, at the end of some rungs. */
const stateAfter = (rungs: number, survivors: number): AutoState => ({
  ...{ trials: 40, scenes: 20 },
  search: {
    ...{ ranking: [], outcomes: [], explored: 0 },
    standings: Array.from({ length: survivors }, () => ({
      ...{ candidate: { backbone: 'passive', taps: [], technique: 'head' as const }, logits: [], tried: 0, held: 0 },
    })),
    rungs: Array.from({ length: rungs }, () => ({ trials: 40, predicted: 0, standings: [], kept: survivors })),
  },
});

it("a search that crashes while a rung's end is saved goes on from before, with every survivor's own checkpoint", () => {
  const [before, after] = [stateAfter(0, 3), stateAfter(1, 2)];
  saveAuto(folder, before, ['a', 'b', 'c'].map(named));
  const who = (state: AutoState, i: number): string =>
    readFileSync(join(survivorFolder(folder, state, i), 'who'), 'utf8');
  // the crash: the checkpoints are there, the state that names them is not
  const blocked = join(folder, 'search', 'state.json.partial');
  mkdirSync(blocked);
  expect(() => saveAuto(folder, after, ['a', 'c'].map(named))).toThrow(
    /state.json: expected a file that can be written/,
  );
  rmSync(blocked, { recursive: true });
  expect(readAutoState(folder)).toEqual(before);
  expect([0, 1, 2].map((i) => who(before, i))).toEqual(['a', 'b', 'c']);
  saveAuto(folder, after, ['a', 'c'].map(named));
  expect([0, 1].map((i) => who(after, i))).toEqual(['a', 'c']);
  expect(existsSync(survivorFolder(folder, before, 0))).toBe(false);
});
