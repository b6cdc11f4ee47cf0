import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RawResult } from '../../../../scenarios/experiments/transfer/raw.ts';
import { openRecordingFile } from '../../../../scenarios/recordings/open.ts';
import { verify } from '../../../../scenarios/verify/verify.ts';
import { type OpenWalk, openWalk } from '../../../../scenarios/view/walk/open.ts';
import { readWalk } from '../../../../scenarios/view/walk/read.ts';
import { openReplays } from '../../../../scenarios/view/walk/replays.ts';
import { chosenPairs } from '../../../../scenarios/view/walk/shared.ts';
import { endsOf, parseTrialName, trialName } from '../../../../sim/recording/walk.ts';
import { smallBenchmark } from '../../../support/benchmark.ts';
import { temporaryFolder } from '../../../support/process/cli.ts';

const folder = temporaryFolder();
const at = (...path: string[]): string => join(folder, 'bench', ...path);
const name = (arm: string, scene: number, seed = 0, trials = 0): string =>
  trialName({ target: 'unseen', arm, trials, seed, scene });

let opened: OpenWalk;

beforeAll(async () => {
  await smallBenchmark(at());
  opened = await openWalk(at());
}, 600_000);

afterAll(() => opened?.close());

describe('a benchmark that is walked', () => {
  it('says of each scene what lay there and how each arm fared', () => {
    const [{ arms, scenes, plot }] = opened.walk.targets;
    expect(arms.map((arm) => arm.name)).toEqual(['depth-pca', 'antipodal']);
    const raw = JSON.parse(readFileSync(at('raw', 'unseen', 'antipodal-s1.json'), 'utf8')) as RawResult;
    expect(scenes?.[1]).toEqual(raw.families?.map((f) => f.join(', ')));
    const ends = endsOf(arms[1].runs[1].points[0]);
    expect(ends.map((end) => (end === 'held' ? '1' : '0')).join('')).toBe(raw.points[0].held);
    expect(arms[0].unwatchable).toBeUndefined();
    expect(plot.wide).toContain('<path aria-label="antipodal"');
  });

  it('plays any trial again as it was measured, in a recording that verifies', async () => {
    const path = await opened.record(name('depth-pca', 2, 1));
    const recording = await openRecordingFile(path);
    const [mark] = recording.marks;
    expect(mark.outcome).toBe(endsOf(opened.walk.targets[0].arms[0].runs[1].points[0])[2]);
    // the scenes of a seed stand behind those of the seeds before it
    expect([mark.trial, mark.scene]).toEqual([2, 6 + 2]);
    const { trials, mismatches } = await verify(recording, { note: () => undefined });
    expect({ trials, mismatches }).toEqual({ trials: 1, mismatches: [] });
    expect(await opened.record(name('depth-pca', 2, 1))).toBe(path);
  });

  it('says in a sentence what cannot be watched', async () => {
    await expect(opened.record('../../etc/passwd')).rejects.toThrow(
      "expected the name of a trial, got '../../etc/passwd'",
    );
    await expect(opened.record(name('depth-pca', 99))).rejects.toThrow('got scene 99 of depth-pca, seed 0');
    await expect(opened.record(name('nobody', 0))).rejects.toThrow('expected a trial of this benchmark');
    await expect(opened.record('atlantis.depth-pca.0.0.0')).rejects.toThrow("target 'atlantis'");
  });

  it('cannot show what the weights of an older benchmark tried, but what rules tried', async () => {
    const result = (arm: string): RawResult => {
      const raw = JSON.parse(readFileSync(at('raw', 'unseen', `depth-pca-s0.json`), 'utf8')) as RawResult;
      const { families: _, ...rest } = raw;
      return { ...rest, arm, points: raw.points.map(({ tries: _tries, ...point }) => point) };
    };
    const replays = openReplays({
      resultOf: ({ arm }) => result(arm),
      objects: undefined,
      folder: join(folder, 'older'),
    });
    await expect(replays.record(name('scratch', 0))).rejects.toThrow('kept no grasps');
    expect(existsSync(await replays.record(name('depth-pca', 0)))).toBe(true);
    await replays.close();
  });

  it('refuses a trial that comes out otherwise', async () => {
    const raw = JSON.parse(readFileSync(at('raw', 'unseen', 'antipodal-s0.json'), 'utf8')) as RawResult;
    const other = raw.points.map((point) => ({ ...point, tries: { ...point.tries!, states: '0'.repeat(48) } }));
    const changed = { ...raw, points: other };
    const replays = openReplays({ resultOf: () => changed, objects: undefined, folder: join(folder, 'changed') });
    await expect(replays.record(name('antipodal', 0))).rejects.toThrow('in another state; another version of graft');
    await replays.close();
  });

  it('refuses folders that hold no benchmark, or one of another version', async () => {
    await expect(readWalk(join(folder, 'nowhere'))).rejects.toThrow('expected the folder of a transfer benchmark');
    mkdirSync(join(folder, 'other', 'raw'), { recursive: true });
    await expect(readWalk(join(folder, 'other'))).rejects.toThrow(
      'expected result.json beside the raw results, got none',
    );
    writeFileSync(join(folder, 'other', 'result.json'), '{"verdict":"?"}');
    await expect(readWalk(join(folder, 'other'))).rejects.toThrow('expected the result of a benchmark by this version');
  });

  it('sends on scenes on which two arms that can be watched differ, of either kind in turn', async () => {
    const { walk } = await readWalk('docs/bench-quick');
    const pairs = chosenPairs(walk, 10);
    expect(pairs).toHaveLength(10);
    const [{ arms }] = walk.targets;
    const ends = pairs.map((pair) =>
      pair.map((trial) => {
        const { arm, seed, scene, trials } = parseTrialName(trial)!;
        const { points } = arms.find((each) => each.name === arm)!.runs[seed];
        return endsOf(points.find((point) => point.trials === trials)!)[scene];
      }),
    );
    expect(new Set(pairs.map(([a, b]) => `${parseTrialName(a)?.arm} ${parseTrialName(b)?.arm}`))).toEqual(
      new Set(['pretrained scratch']),
    );
    for (const [i, [a, b]] of ends.entries()) expect(i % 2 === 0 ? a : b).toBe('held');
    for (const [a, b] of ends) expect(a).not.toBe(b);
  });

  it('reads benchmarks of before, without grasps', async () => {
    const { walk } = await readWalk('docs/bench-early');
    const [{ arms, scenes }] = walk.targets;
    expect(scenes).toBeUndefined();
    expect(arms.find((arm) => arm.name === 'scratch')?.unwatchable).toContain('kept no grasps');
    expect(arms.find((arm) => arm.name === 'antipodal')?.unwatchable).toBeUndefined();
  });
});
