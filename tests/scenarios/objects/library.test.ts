import { describe, expect, it } from 'vitest';
import { modelsFor, type ObjectLibrary, type ObjectReport, objectsJson } from '../../../scenarios/objects/library.ts';
import { objectsAt } from '../../../scenarios/schema/objects.ts';
import type { ObjectModel } from '../../../sim/objects/object.ts';

const NAMES = Array.from({ length: 300 }, (_, i) => `thing-${i}`);
const libraryOf = (names: readonly string[], bad: readonly string[] = []): ObjectLibrary => ({
  models: names.map((family) => ({ family }) as ObjectModel),
  reports: [
    ...names.map((name) => ({ name, error: null }) as ObjectReport),
    ...bad.map((name) => ({ name, error: `${name} is broken` }) as ObjectReport),
  ],
  hash: 'abc',
});
const side = (names: readonly string[], split: 'training' | 'evaluation'): string[] =>
  modelsFor(libraryOf(names), { split: true }, split).map((m) => m.family);

describe('the objects of one side', () => {
  it('are all of them unless they are to be split', () => {
    const library = libraryOf(NAMES);
    for (const split of ['training', 'evaluation'] as const)
      expect(modelsFor(library, { split: false }, split)).toBe(library.models);
  });

  it('are on one side only, about a third for evaluation', () => {
    const [training, evaluation] = [side(NAMES, 'training'), side(NAMES, 'evaluation')];
    expect([...training, ...evaluation].sort()).toEqual([...NAMES].sort());
    expect(evaluation.length).toBeGreaterThan(75);
    expect(evaluation.length).toBeLessThan(125);
  });

  it('stay on their side, whatever else is in the folder and in whatever order', () => {
    const some = NAMES.filter((_, i) => i % 7 === 0).reverse();
    const all = new Set(side(NAMES, 'evaluation'));
    expect(side(some, 'evaluation')).toEqual(some.filter((name) => all.has(name)));
  });
});

describe('what results say of objects', () => {
  it('is where they came from, how many were used, and what was left out and why', () =>
    expect(objectsJson(libraryOf(['a', 'b'], ['c']), { ...objectsAt('/things'), split: true })).toEqual({
      ...{ path: '/things', used: 2, split: true, hash: 'abc' },
      leftOut: [{ name: 'c', error: 'c is broken' }],
    }));
});
