import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mergeResults } from '../../../scenarios/experiments/merge.ts';
import { openRawStore } from '../../../scenarios/experiments/raw-store.ts';
import { expectRefusal, run, runJson, temporaryFolder } from '../../support/process/cli.ts';

const folder = temporaryFolder();
const at = (...names: readonly string[]): string => join(folder, ...names);

/** Writes a result of a unit as a machine would. */
function result(machine: string, name: string, more: object = {}): void {
  const path = at(machine, 'raw', `${name}.json`);
  mkdirSync(dirname(path), { recursive: true });
  const measured = { key: 'k', points: [{ held: '101', trainSeconds: machine.length }], versions: { node: machine } };
  writeFileSync(path, JSON.stringify({ ...measured, ...more }));
}

describe('results of several machines', () => {
  it('come together, single or packed, and the same twice is once', async () => {
    result('a', 'unseen/scratch-s0');
    result('a', 'unseen/scratch-s1');
    openRawStore(at('a')).pack();
    result('b', 'unseen/scratch-s1', { versions: { node: 'another' } });
    result('b', 'pile/random-s0');
    const merged = await runJson(['merge', 'a', 'b', '--out', 'all'], { cwd: folder });
    expect(merged).toEqual({ results: 3, added: 3, twice: 1 });
    expect(openRawStore(at('all')).names()).toEqual(['pile/random-s0', 'unseen/scratch-s0', 'unseen/scratch-s1']);
    // whoever was there first stays, and nothing is measured less
    expect(mergeResults([at('b')], at('all'))).toEqual({ results: 3, added: 0, twice: 2 });
    expect(existsSync(at('b', 'raw', 'pile', 'random-s0.json'))).toBe(true);
  });

  it('that differ are named with both machines, and nothing is written', async () => {
    result('one', 'unseen/scratch-s0');
    result('two', 'unseen/scratch-s0', { points: [{ held: '111' }] });
    result('two', 'narrow/scratch-s0');
    const { code, stderr } = await run(['merge', 'one', 'two', '--out', 'none'], { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^unseen\/scratch-s0: expected the same result from every machine, got two: /);
    for (const machine of ['from one (node one, key k)', 'from two (node two, key k)'])
      expect(stderr).toContain(machine);
    expect(existsSync(at('none'))).toBe(false);
  });

  it('of another code are refused with both values, those from before results said so, too', async () => {
    result('new', 'unseen/scratch-s0', { versions: { code: 'c0de' } });
    result('old', 'narrow/scratch-s0');
    result('other', 'narrow/scratch-s0', { versions: { code: 'f00d' } });
    for (const [folders, said] of [
      [['new', 'other'], 'other: expected results of code c0de, as in new, got some of code f00d'],
      [['new', 'old'], 'old: expected results of code c0de, as in new, got some of code none'],
    ] as const)
      expectRefusal(await run(['merge', ...folders, '--out', 'none'], { cwd: folder }), said);
    expect(existsSync(at('none'))).toBe(false);
  });

  it('that are damaged, or none, are refused by name', async () => {
    result('damaged', 'unseen/scratch-s0');
    writeFileSync(
      at('damaged', 'raw', 'unseen', 'scratch-s0.json'),
      readFileSync(at('damaged', 'raw', 'unseen', 'scratch-s0.json')).subarray(9),
    );
    expectRefusal(
      await run(['merge', 'damaged', '--out', 'none'], { cwd: folder }),
      /scratch-s0\.json: expected a result in JSON, got: /,
    );
    expectRefusal(
      await run(['merge', 'a', 'empty', '--out', 'none'], { cwd: folder }),
      /^empty: expected the folder of/,
    );
    expect(existsSync(at('none'))).toBe(false);
  });
});

describe('a part by the number of its machine', () => {
  const plan = [
    'bench',
    'transfer',
    '--preset',
    'smoke',
    '--plan',
    '--targets',
    'slippery',
    '--arms',
    'depth-pca,antipodal',
  ];
  const planned = (part: string, env = {}) => runJson([...plan, '--part', part], { cwd: folder, env });

  it.each([
    [{ JOB_COMPLETION_INDEX: '1' }, '2/3'],
    [{ SLURM_ARRAY_TASK_ID: '2' }, '3/3'],
    [{ SLURM_ARRAY_TASK_ID: '5', SLURM_ARRAY_TASK_MIN: '5' }, '1/3'],
  ])('%j is %s', async (env, part) => {
    expect(await planned('3', env)).toEqual(await planned(part));
  });

  it.each([
    [{}, /expected i\/n, or JOB_COMPLETION_INDEX or SLURM_ARRAY_TASK_ID in the environment/],
    [{ JOB_COMPLETION_INDEX: '3' }, /expected i\/n with 1 <= i <= n/],
    [{ SLURM_ARRAY_TASK_ID: 'x' }, /expected i\/n, or JOB_COMPLETION_INDEX/],
  ])('%j of three is refused', async (env, message) => {
    expectRefusal(await run([...plan, '--part', '3'], { cwd: folder, env }), message);
  });
});
