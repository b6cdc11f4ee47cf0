import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Part } from '../../../../scenarios/experiments/experiment.ts';
import { openSharedFiles } from '../../../../scenarios/experiments/queue/shared-files.ts';
import { openSharedResults } from '../../../../scenarios/experiments/queue/shared-results.ts';
import { trainKind, trainUnits } from '../../../../scenarios/experiments/train/kind.ts';
import { openParts } from '../../../../scenarios/experiments/train/parts.ts';
import { loadScenario } from '../../../../scenarios/load.ts';
import { evaluate } from '../../../../scenarios/run/evaluate.ts';
import { Interrupted } from '../../../../scenarios/terminal/interrupted.ts';
import { redirectNotes } from '../../../../scenarios/terminal/notes.ts';
import type { SceneJob } from '../../../../scenarios/trials/job.ts';
import { createPool, type TrialPool } from '../../../../scenarios/workers/pool.ts';
import { temporaryFolder } from '../../../support/process/cli.ts';

const folder = temporaryFolder();
writeFileSync(join(folder, 'tiny.yaml'), 'action: { angles: 4 }\nsensor: { widthPx: 64, heightPx: 64 }\n');
const { scenario } = loadScenario(join(folder, 'tiny.yaml'));
const policy = { kind: 'fixed', name: 'antipodal' } as const;

let own: TrialPool;
beforeAll(() => {
  own = createPool(1);
});
afterAll(() => own.close());

/** A part of a training, and how many scenes this machine ran for it. */
async function partOf(where: string, part: Part, more: { seed?: number; signal?: AbortSignal; tellMs?: number } = {}) {
  const { seed = 7, signal = new AbortController().signal, tellMs } = more;
  const shared = join(folder, where);
  const files = openSharedFiles(shared);
  const units = await trainUnits(scenario, { backbone: { hash: 'b' }, library: undefined }, files);
  const ran: SceneJob[] = [];
  const counting: TrialPool = {
    ...own,
    run: (jobs) => {
      ran.push(...jobs);
      return own.run(jobs);
    },
  };
  const pool = await openParts(counting, {
    ...{ part, shared, units, scenario, training: { seed, trials: 8 }, signal },
    ...(tellMs !== undefined && { tellMs }),
  });
  return { pool, ran };
}

const evaluated = (pool: TrialPool, more: { seed?: number } = {}) =>
  evaluate(pool, { scenario, seed: 0, trials: 20, policy, ...more });

/** What a part says in a shared folder of where it is. */
const boardOf = (where: string, part: number): string => {
  const board = readdirSync(join(folder, where)).find((name) => name.startsWith('parts-'))!;
  return join(folder, where, board, `${part}.json`);
};

/** What people are told from now on. */
function heardNotes() {
  let said = '';
  const stream = new Writable({
    write: (chunk, _, done) => {
      said += chunk;
      done();
    },
  });
  return { text: () => said, restore: redirectNotes(stream) };
}

const [ONE, TWO] = [
  { part: 1, of: 2 },
  { part: 2, of: 2 },
] as const;

describe('two parts', () => {
  it('run some scenes each, and both have them all, as one machine has', async () => {
    const [a, b] = [await partOf('both', ONE), await partOf('both', TWO)];
    const [here, first, second] = await Promise.all([evaluated(own), evaluated(a.pool), evaluated(b.pool)]);
    expect(first).toEqual(here);
    expect(second).toEqual(here);
    expect(a.ran.map((job) => job.sceneIndex)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19]);
    expect(b.ran.map((job) => job.sceneIndex)).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
    // a machine that is started again finds what it ran, and runs no scene
    const again = await partOf('both', TWO);
    expect(await evaluated(again.pool)).toEqual(here);
    expect(again.ran).toEqual([]);
  });

  it('show what they run here, and leave it out of what others read', async () => {
    const a = await partOf('shown', { part: 1, of: 1 });
    const jobs = [0, 1].map(
      (sceneIndex): SceneJob => ({
        ...{ scenario, seed: 3, split: 'training', sceneIndex, firstTrial: sceneIndex, grasps: 1, policy },
        ...{ record: sceneIndex === 1, picture: false },
      }),
    );
    const outputs = (await a.pool.run(jobs)).flat();
    expect(outputs.map(({ episode }) => episode !== undefined)).toEqual([false, true]);
    const read = (await (await partOf('shown', { part: 1, of: 1 })).pool.run(jobs)).flat();
    expect(read).toEqual(outputs.map(({ episode: _, ...rest }) => rest));
  });

  it('run where they are what other machines cannot', async () => {
    const a = await partOf('hand', TWO);
    const job = { scenario, seed: 3, split: 'evaluation', sceneIndex: 0, firstTrial: 0, grasps: 1, policy } as const;
    expect(await a.pool.run([{ ...job, record: false, picture: true }])).toHaveLength(1);
  });
});

describe('a part that waits', () => {
  it('says for whom, and ends when it is told to', async () => {
    const stop = new AbortController();
    const said = heardNotes();
    const a = await partOf('alone', ONE, { signal: stop.signal, tellMs: 0 });
    const waiting = evaluated(a.pool);
    waiting.catch(() => undefined);
    try {
      await expect
        .poll(said.text, { timeout: 60_000 })
        .toMatch(/part 2 of 2: nobody has started it; it is this command/);
    } finally {
      said.restore();
    }
    stop.abort();
    await expect(waiting).rejects.toBeInstanceOf(Interrupted);
  });

  it('is told if the other one went another way, and with what', async () => {
    const [a, b] = [await partOf('ways', ONE), await partOf('ways', TWO)];
    const theirs = evaluated(b.pool, { seed: 1 });
    theirs.catch(() => undefined);
    await expect(evaluated(a.pool)).rejects.toThrow(
      /evaluation scenes from trial 0 on, antipodal: expected all parts to ask for the same .*: from part 1 of 2 \(graft .*\) and from part 2 \(graft /,
    );
    await expect(theirs).rejects.toThrow(/expected all parts to ask for the same/);
  });

  it('believes nothing that was said before it began, and is told of a graft that is another one', async () => {
    const stop = new AbortController();
    const said = heardNotes();
    const first = await partOf('code', ONE, { signal: stop.signal, tellMs: 0 });
    const one = boardOf('code', 1);
    const early = evaluated(first.pool);
    early.catch(() => undefined);
    await expect.poll(() => existsSync(one)).toBe(true);
    const mine = JSON.parse(readFileSync(one, 'utf8'));
    writeFileSync(boardOf('code', 2), JSON.stringify({ ...mine, id: 'u-another', process: 'of yesterday' }));
    const again = await partOf('code', ONE, { signal: stop.signal, tellMs: 0 });
    const waiting = evaluated(again.pool);
    waiting.catch(() => undefined);
    try {
      await expect(early).rejects.toThrow(/expected all parts to ask for the same/);
      await expect
        .poll(said.text, { timeout: 60_000 })
        .toMatch(/part 2 of 2: it has not been started again; when it was last seen it was at: evaluation scenes/);
      const code = { ...mine, id: 'u-another', versions: { ...mine.versions, code: 'another' }, process: 'of today' };
      const third = await partOf('code', ONE, { signal: stop.signal, tellMs: 0 });
      writeFileSync(boardOf('code', 2), JSON.stringify(code));
      const told = evaluated(third.pool);
      told.catch(() => undefined);
      await expect
        .poll(said.text, { timeout: 60_000 })
        .toMatch(/part 2 of 2, which was started with graft of code another: expected [0-9a-f]{12}, as here/);
    } finally {
      said.restore();
    }
    stop.abort();
    await expect(waiting).rejects.toBeInstanceOf(Interrupted);
  });

  it('runs what a part that has gone by will never run', async () => {
    const a = await partOf('gone', ONE, { tellMs: 0 });
    const { versions } = JSON.parse(readFileSync(boardOf('code', 1), 'utf8'));
    writeFileSync(boardOf('gone', 2), JSON.stringify({ at: 'far on', id: 'u-far', versions, process: 'of part 2' }));
    expect(await evaluated(a.pool)).toEqual(await evaluated(own));
    expect(a.ran).toHaveLength(20);
  });

  it('is told if two machines found different things of the same scenes', async () => {
    const a = await partOf('disputed', { part: 1, of: 1 });
    await evaluated(a.pool);
    const shared = join(folder, 'disputed');
    const unit = readdirSync(shared).find((name) => name.startsWith('u-'))!;
    const [name] = readdirSync(join(shared, unit));
    const answer = JSON.parse(readFileSync(join(shared, unit, name), 'utf8'));
    openSharedResults(shared, trainKind.measured).write(unit, { ...answer, measured: { scenes: 99 }, files: {} });
    await expect(evaluated((await partOf('disputed', { part: 1, of: 1 })).pool)).rejects.toThrow(/got two/);
  });
});
