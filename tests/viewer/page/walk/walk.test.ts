import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BenchResult, parseBenchResult } from '../../../../scenarios/report/bench/result.ts';
import { readWalk } from '../../../../scenarios/view/walk/read.ts';
import { parseTrialName, trialName, type Walk, type WalkTarget } from '../../../../sim/recording/walk.ts';
import { checkedWalk } from '../../../../viewer/page/walk/checked.ts';
import {
  countPairs,
  differencesOf,
  familiesIn,
  filterPairs,
  type ScenePair,
  scenePairs,
} from '../../../../viewer/page/walk/pairs.ts';
import { above, armIn, linkTo, type Place, placeAt } from '../../../../viewer/page/walk/place.ts';

let walk: Walk;
let target: WalkTarget;
let result: BenchResult;

beforeAll(async () => {
  ({ walk } = await readWalk('docs/bench-quick'));
  [target] = walk.targets;
  result = parseBenchResult(readFileSync('docs/bench-quick/result.json', 'utf8'));
});

const arm = (name: string) => armIn(target, name)!;

describe('pairs of arms', () => {
  it('differ by what the report says, to the last digit', () => {
    const { comparisons } = result.details[0];
    expect(comparisons.length).toBeGreaterThan(3);
    for (const { a, b, differences } of comparisons) expect(differencesOf(target, arm(a), arm(b))).toEqual(differences);
  });

  it('meet the same scenes, of which each is of one kind', () => {
    const pairs = scenePairs(target, arm('pretrained'), arm('antipodal'), 64);
    expect(pairs).toHaveLength(300);
    const { first, second, held, failed, differ, all } = countPairs(pairs);
    expect(first + second).toBe(differ);
    expect(differ + held + failed).toBe(all);
    expect(first).toBeGreaterThan(second);
    expect(filterPairs(pairs, {})).toHaveLength(differ);
    expect(filterPairs(pairs, { shown: 'first' }).every(({ a, b }) => a === 'held' && b !== 'held')).toBe(true);
  });

  it('are listed by object and end', () => {
    const pairs: ScenePair[] = [
      { seed: 0, scene: 0, objects: 'mug', a: 'held', b: 'slipped' },
      { seed: 0, scene: 1, objects: 'mug, rock', a: 'missed', b: 'held' },
      { seed: 0, scene: 2, objects: 'rock', a: 'held', b: 'invalid' },
    ];
    expect(familiesIn(pairs)).toEqual(['mug', 'rock']);
    const scenes = (filter: Parameters<typeof filterPairs>[1]) => filterPairs(pairs, filter).map(({ scene }) => scene);
    expect(scenes({})).toEqual([0, 1]);
    expect(scenes({ family: 'rock' })).toEqual([1]);
    expect(scenes({ family: 'mug', end: 'slipped' })).toEqual([0]);
    expect(scenes({ shown: 'all', family: 'rock' })).toEqual([1, 2]);
    expect(scenes({ family: 'mu' })).toEqual([]);
  });
});

describe('a place of the walk', () => {
  const place: Place = {
    ...{ against: 'scratch', fewest: true, target: 'unseen', arms: ['pretrained', 'scratch'], also: ['antipodal'] },
    ...{ trials: 64, shown: 'first', family: 'l shape&', end: 'failed', scene: { seed: 2, scene: 7 }, time: 1.25 },
  };

  it('survives its link, at every level', () => {
    let at = place;
    for (let level = 0; level < 4; level++) {
      expect(placeAt(walk, linkTo(at))).toEqual({ place: at });
      at = above(at);
    }
    expect(at).toEqual({ against: 'scratch', fewest: true });
  });

  it.each([
    ['#target=mars', "the target 'mars'", {}],
    ['#target=unseen&arms=pretrained,nobody', "the arm 'nobody' on this target", { target: 'unseen' }],
    ['#target=unseen&arms=pretrained', '1 arms', { target: 'unseen' }],
    ['#target=unseen&arms=pretrained,scratch&trials=65', '65 training trials', { target: 'unseen' }],
    ['#target=unseen&arms=pretrained,scratch&trials=64&scene=9.9', 'scene 9.9', { target: 'unseen', trials: 64 }],
    ['#t=12,3.45&x', 'a part', undefined],
    ['#nonsense', "'#nonsense'", {}],
    ['#against=nobody', "the arm 'nobody'", {}],
  ])('leads as far as it can where the link %s is broken, and says so', (hash, what, there) => {
    const found = placeAt(walk, hash);
    if (there === undefined) return;
    expect(found.problem).toContain(`The link asks for ${what}`);
    expect(found.place).toMatchObject(there);
    // what is left is a sound place
    expect(placeAt(walk, linkTo(found.place)).problem).toBeUndefined();
  });
});

describe('a trial of the walk', () => {
  it('survives its name', () => {
    const trial = { target: 'long-fingers', arm: 'grasp-head', trials: 1600, seed: 9, scene: 99 };
    expect(parseTrialName(trialName(trial))).toEqual(trial);
    for (const name of ['', '../x', 'a.b.c.d.e', 'a.b.1.2', '/a.b.1.2.3']) expect(parseTrialName(name)).toBeUndefined();
  });
});

describe('the walk page', () => {
  it('refuses data that is none, or of another version, in a sentence', () => {
    expect(checkedWalk(walk)).toBe(walk);
    expect(() => checkedWalk({ ...walk, version: 7 })).toThrow('got one of 7; write it again with graft share');
    expect(() => checkedWalk([])).toThrow('got one of none');
    expect(() => checkedWalk({ ...walk, targets: [] })).toThrow('has no targets');
  });
});
