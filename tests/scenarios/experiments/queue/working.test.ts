import { describe, expect, it } from 'vitest';
import { isWorkerName, ownWorkerName, parseWorkerName } from '../../../../scenarios/experiments/queue/worker-name.ts';
import { listeningWorkers, parseWorking } from '../../../../scenarios/experiments/queue/working.ts';
import { UserError } from '../../../../sim/user-error.ts';
import { expectRefusal, run } from '../../../support/process/cli.ts';

const ODD = ['', ' ', 'a b', 'a\nb', '-a', '/a', '<img>', 'ä', 'a'.repeat(65), 'a\u0000'];

describe("a worker's name", () => {
  it('is machine and process, unless somebody says otherwise', () => {
    expect(ownWorkerName()).toMatch(/^[A-Za-z0-9][\w.-]*\/\d+$/);
    expect(isWorkerName(ownWorkerName())).toBe(true);
    for (const name of ['a', 'lab-3', 'rack/7', 'gpu.example:9000', 'me@home_2', 'a'.repeat(64)])
      expect(parseWorkerName(name)).toBe(name);
  });

  it.each(ODD)('is not %j', (name) => {
    expect(() => parseWorkerName(name)).toThrow(UserError);
    expect(() => parseWorkerName(name)).toThrow(/^expected 1 to 64 letters, digits and any of/);
  });

  it('is refused on the command line before anybody is asked', async () => {
    const asked = ['worker', '--queue', 'redis://127.0.0.1:1', '--shared', 'x'];
    expectRefusal(
      await run([...asked, '--name', '<b>']),
      /'--name <name>' argument '<b>' is invalid\. expected 1 to 64/,
    );
  });
});

describe('what a worker says of its unit', () => {
  it('is its name and the steps so far', () => {
    expect(parseWorking({ by: 'one/7', steps: 12 })).toEqual({ by: 'one/7', steps: 12 });
  });

  it.each([
    ...[undefined, null, 12, 'one', [], {}, { by: 'one' }, { steps: 1 }, { by: 7, steps: 1 }],
    ...[
      { by: 'one', steps: -1 },
      { by: 'one', steps: 1.5 },
      { by: 'one', steps: 2 ** 31 },
      { by: 'one', steps: '1' },
    ],
    ...[{ by: 'one', steps: 1, more: 'x' }, ...ODD.map((by) => ({ by, steps: 1 }))],
  ])('is nothing where it is %j', (data) => {
    expect(parseWorking(data)).toBeUndefined();
  });

  it('goes with the names of those who listen, whoever else is connected', () => {
    const named = (rawname: string) => ({ name: 'graft', rawname });
    expect(
      listeningWorkers([
        ...['bull:Z3JhZnQ=:w:one/7', 'bull:Z3JhZnQ=:w:two', 'bull:Z3JhZnQ=:w:two', 'bull:Z3JhZnQ='].map(named),
        ...['bull:Z3JhZnQ=:w:', 'bull:Z3JhZnQ=:w:<img>'].map(named),
        { name: 'GCP does not support client list' },
      ]),
    ).toEqual(['one/7', 'two']);
  });
});
