import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadBackbone } from '../../agent/registry.ts';
import type { AutoJson } from '../../scenarios/auto.ts';
import { type Candidate, chooseCandidates, placed, type Ranked, tapSets } from '../../scenarios/auto-candidates.ts';
import { packMap, unpackMap } from '../../scenarios/auto-experience.ts';
import { candidatesFor, leastBudget, planAuto, sharedScenes } from '../../scenarios/auto-plan.ts';
import type { AutoState } from '../../scenarios/auto-state.ts';
import { sceneAndView } from '../../scenarios/job.ts';
import { loadScenario } from '../../scenarios/load.ts';
import type { EvaluationJson } from '../../scenarios/training-report.ts';
import { loadPhysics } from '../../sim/physics.ts';
import { expectRefusal, run, runJson, snapshot, start, temporaryFolder } from '../support/cli.ts';
import { writeLayerNetwork } from '../support/networks.ts';

const folder = temporaryFolder();
const here = { cwd: folder };
const file = (name: string, path: string): string => join(folder, name, path);
const read = (name: string, path: string): string => readFileSync(file(name, path), 'utf8');

describe('the plan', () => {
  it('spends no more than the budget, halves to one, and gives every survivor of a rung as much', () => {
    for (const grasps of [1, 2, 3, 4]) {
      for (let budget = leastBudget(grasps); budget < 3000; budget += 37) {
        const most = candidatesFor(budget, grasps);
        for (let candidates = 1; candidates <= most; candidates++) {
          const { rungs, sharedScenes: shared } = planAuto(budget, grasps, candidates);
          expect(rungs.map((r) => r.survivors)).toEqual(
            { 1: [], 2: [2], 3: [3, 2], 4: [4, 2], 5: [5, 3, 2], 6: [6, 3, 2], 7: [7, 4, 2], 8: [8, 4, 2] }[candidates],
          );
          const choosing = rungs.reduce((n, r) => n + r.survivors * r.scenesEach, 0);
          expect(Math.min(...rungs.map((r) => r.scenesEach), 1)).toBe(1);
          // at least as much is left to the winner as choosing among the candidates took
          expect(budget - grasps * (shared + choosing)).toBeGreaterThanOrEqual(grasps * choosing);
        }
      }
    }
  });

  it('feeds eight candidates from a usual budget, two from the least, and refuses less', () => {
    expect(candidatesFor(600, 2)).toBe(8);
    expect(sharedScenes(600, 2)).toBe(48);
    expect(leastBudget(2)).toBe(32);
    expect(candidatesFor(32, 2)).toBe(2);
    expect(planAuto(32, 2, 2).rungs).toEqual([{ survivors: 2, scenesEach: 1 }]);
    expect(() => planAuto(31, 2, 2)).toThrow(/expected a budget of at least 32 trials, got 31/);
  });
});

describe('candidates', () => {
  it('read every set of up to three taps, and runs of neighbours of more', () => {
    expect(tapSets(['a', 'b', 'c']).map((s) => s.join(''))).toEqual(['abc', 'bc', 'ac', 'c', 'ab', 'b', 'a']);
    expect(tapSets(['a', 'b', 'c', 'd']).map((s) => s.join(''))).toEqual([
      ...['abcd', 'abc', 'bcd', 'ab', 'bc', 'cd', 'a', 'b', 'c', 'd'],
    ]);
  });

  const scores = (logMe: number, hScore: number, probeLoss: number) => ({
    logMe,
    hScore,
    probeLoss,
    probeAccuracy: 0.5,
  });
  const one = (backbone: string, tap: string, of: Ranked['scores']) => ({
    backbone,
    taps: [tap],
    features: 3,
    scores: of,
  });

  it('are ordered by the mean place of three scores, equal ones as they came', () => {
    const ranking = placed([
      one('x', 'a', scores(-0.5, 0.1, 0.6)),
      one('x', 'b', scores(-0.4, 0.3, 0.5)),
      one('y', 'a', scores(-0.3, 0.2, 0.4)),
      one('y', 'b', scores(-0.5, 0.1, 0.6)),
    ]);
    expect(ranking.map((r) => [r.backbone, ...r.taps, r.place])).toEqual([
      ['y', 'a', 4 / 3],
      ['x', 'b', 5 / 3],
      ['x', 'a', 3],
      ['y', 'b', 3],
    ]);
    const unscored = placed([one('x', 'a', null), one('y', 'b', null)]);
    expect(unscored.map((r) => [r.backbone, r.place])).toEqual([
      ['x', 1],
      ['y', 1],
    ]);
  });

  it('have every backbone among them, then the best of the ranking, and the best trunk fine-tuned as its card reads it', () => {
    const [passive, random] = ['passive', 'random'].map((name) => loadBackbone(name));
    const foreign = {
      ...random,
      name: 'foreign',
      architecture: { kind: 'foreign', source: '', hash: '', taps: [] },
    } as const;
    const ranking = placed([
      one('foreign', 'a', scores(-0.1, 0.9, 0.1)),
      one('passive', 'conv1', scores(-0.2, 0.8, 0.2)),
      one('passive', 'conv3', scores(-0.3, 0.7, 0.3)),
      one('foreign', 'b', scores(-0.4, 0.6, 0.4)),
      one('random', 'conv6', scores(-0.5, 0.5, 0.5)),
    ]);
    const names = (most: number) =>
      chooseCandidates(ranking, [passive, random, foreign], most).map(
        ({ backbone, taps, technique }: Candidate) => `${backbone}/${taps.join('+')}/${technique}`,
      );
    const tuned = 'passive/conv1+conv3+conv6/finetuned';
    expect(names(5)).toEqual([
      'foreign/a/head',
      'passive/conv1/head',
      'random/conv6/head',
      'passive/conv3/head',
      tuned,
    ]);
    expect(names(2)).toEqual(['foreign/a/head', tuned]);
    expect(names(8)).toHaveLength(6);
  });
});

describe('a stored heightmap', () => {
  it('comes back bit for bit from eight bytes a cell', async () => {
    await loadPhysics();
    const { scenario } = loadScenario('pile');
    const { heightmap } = sceneAndView(scenario, 3, 'training', 0).observation;
    const packed = packMap(heightmap);
    expect(packed).toHaveLength(heightmap.size ** 2 * 8);
    expect(heightmap.colour.some((c) => c > 0 && c < 1)).toBe(true);
    expect(unpackMap(packed, heightmap)).toEqual(heightmap);
  });
});

const SEARCH = ['auto', 'tiny.yaml', '--budget', '56', '--seed', '3'];

/** What must be equal between two searches of one seed. */
function essence(name: string) {
  const { seconds: _, out, report, autoReport, final, ...rest } = JSON.parse(read(name, 'auto.json')) as AutoJson;
  expect([out, report, autoReport]).toEqual(['', 'report.html', 'auto.html'].map((f) => join(folder, name, f)));
  const { seconds: __, ...found } = final;
  return {
    ...{ ...rest, final: found, log: read(name, 'trials.jsonl') },
    model: readFileSync(file(name, 'model.safetensors')).toString('base64'),
  };
}

let whole: AutoJson;

beforeAll(async () => {
  const learner = '{ endToEnd: { batchSize: 4, updatesPerTrial: 0.25 } }';
  writeFileSync(
    join(folder, 'tiny.yaml'),
    `training: { scenesPerRound: 2 }\nevaluation: { trials: 3 }\nlearner: ${learner}\n`,
  );
  mkdirSync(join(folder, 'networks'));
  writeLayerNetwork(join(folder, 'networks'), 'tiny');
  whole = await runJson<AutoJson>([...SEARCH, '--out', 'whole', '--workers', '2'], here);
});

describe('a search', () => {
  it('spends exactly its budget and says why it chose', () => {
    expect(read('whole', 'trials.jsonl').split('\n')).toHaveLength(57);
    const { spent, rungs, ranking, chosen, why } = whole;
    expect(spent.shared + spent.rungs.reduce((a, b) => a + b, 0) + spent.winner).toBe(56);
    expect(ranking).toHaveLength(14);
    expect(ranking.every((r) => r.scores && Number.isFinite(r.scores.logMe))).toBe(true);
    expect(rungs.map((r) => [r.standings.length, r.kept])).toEqual([
      [3, 2],
      [2, 1],
    ]);
    expect(rungs.at(-1)!.standings[0].candidate).toEqual(chosen);
    for (const { standings } of rungs)
      expect(standings.map((s) => s.loss)).toEqual(standings.map((s) => s.loss).sort((a, b) => a - b));
    expect(why[0]).toMatch(/^On 24 trials of random grasps, its features came \w+ of 14 sets of features/);
    const html = read('whole', 'auto.html');
    for (const sentence of why) expect(html).toContain(sentence);
    expect(html).toContain('Ranking of the features');
  });

  it('leaves a run that can be evaluated and trained further, and no more than it needs', async () => {
    for (const gone of ['experience.bin', 'search/after-56']) expect(existsSync(file('whole', gone))).toBe(false);
    const { success, policy } = await runJson<EvaluationJson>(['evaluate', 'whole'], here);
    expect({ success, policy }).toEqual({ success: whole.final.success, policy: 'whole' });
    cpSync(join(folder, 'whole'), join(folder, 'longer'), { recursive: true });
    const longer = await runJson<{ trials: number }>(['train', '--resume', '--out', 'longer', '--trials', '60'], here);
    expect(longer.trials).toBe(60);
    expect(read('longer', 'trials.jsonl').startsWith(read('whole', 'trials.jsonl'))).toBe(true);
  });

  it('is the same with one worker, and another with another seed', async () => {
    await runJson([...SEARCH, '--out', 'single', '--workers', '1'], here);
    expect(essence('single')).toEqual(essence('whole'));
    const other = await runJson<AutoJson>(['auto', 'tiny.yaml', '--budget', '32', '--seed', '4'], here);
    expect(other.out).toBe(join(folder, 'runs', 'tiny-auto-s4'));
    expect(other.ranking.map((r) => r.scores)).not.toEqual(whole.ranking.map((r) => r.scores));
  });

  it('ranks foreign networks, too', async () => {
    const env = { GRAFT_BACKBONES: join(folder, 'networks') };
    const found = await runJson<AutoJson>(['auto', 'tiny.yaml', '--budget', '56', '--out', 'foreign'], {
      ...here,
      env,
    });
    expect(new Set(found.ranking.map((r) => r.backbone))).toEqual(new Set(['passive', 'random', 'tiny']));
    expect(found.ranking.filter((r) => r.backbone === 'tiny').map((r) => r.features)).toEqual(
      expect.arrayContaining([72, 36]),
    );
  });
});

describe('a search that is interrupted', () => {
  const state = (name: string): AutoState => JSON.parse(read(name, 'search/state.json')) as AutoState;
  const trials = (name: string): number =>
    existsSync(file(name, 'trials.jsonl')) ? read(name, 'trials.jsonl').split('\n').length - 1 : 0;

  it.each([
    ['among the shared trials', 'shared', 4],
    ['in a rung', 'rung', 26],
    ['when the winner trains', 'winner', 44],
  ])('%s saves, and goes on to the same choice, log and weights', async (_, name, after) => {
    const search = start([...SEARCH, '--out', name, '--workers', '1'], here);
    await search.until('some trials', () => trials(name) >= after);
    search.signal('SIGINT');
    const { code, stdout, stderr } = await search.done;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr).toMatch(/(search|training) interrupted after \d+ trials\n$/);
    expect(state(name).search === null).toBe(name === 'shared');
    expect(existsSync(file(name, 'run.json'))).toBe(name === 'winner');
    await runJson(['auto', '--resume', '--out', name, '--workers', '2'], here);
    expect(essence(name)).toEqual(essence('whole'));
  });

  it('goes on after being killed, with half a line in its log, and refuses what does not belong to it', async () => {
    const search = start([...SEARCH, '--out', 'killed', '--workers', '1'], here);
    await search.until('a rung', () => trials('killed') > 26);
    search.signal('SIGKILL');
    await search.done;
    writeFileSync(file('killed', 'trials.jsonl'), `${read('killed', 'trials.jsonl')}{"trial":`);
    const refused = async (args: readonly string[], message: RegExp): Promise<void> => {
      const before = snapshot(join(folder, 'killed'));
      expectRefusal(await run(['auto', '--resume', '--out', 'killed', ...args], here), message);
      expect(snapshot(join(folder, 'killed'))).toEqual(before);
    };
    await refused(['--seed', '4'], /expected --seed 3 \(the search's own\), got 4/);
    await refused(['--budget', '60'], /expected --budget 56 \(the search's own\), got 60/);
    await refused(['--objects', 'networks'], /expected --objects to be left out \(the search's own\), got /);
    const asked = read('killed', 'auto-start.json');
    writeFileSync(file('killed', 'auto-start.json'), asked.replace(/"passive": "\w{6}/, '"passive": "abcdef'));
    await refused([], /expected backbone 'passive' with hash abcdef/);
    writeFileSync(file('killed', 'auto-start.json'), asked.replace('"version": 1', '"version": 9'));
    await refused([], /auto-start\.json: expected a search of version 1, got: version/);
    writeFileSync(file('killed', 'auto-start.json'), asked);
    await runJson(['auto', '--resume', '--out', 'killed'], here);
    expect(essence('killed')).toEqual(essence('whole'));
  });

  it('is refused if its state or heightmaps are damaged', async () => {
    const search = start([...SEARCH, '--out', 'damaged', '--workers', '1'], here);
    await search.until('some trials', () => existsSync(file('damaged', 'search/state.json')));
    search.signal('SIGINT');
    await search.done;
    const saved = read('damaged', 'search/state.json');
    rmSync(file('damaged', 'experience.bin'));
    const again = ['auto', '--resume', '--out', 'damaged'];
    expectRefusal(await run(again, here), /experience\.bin: expected \d+ heightmaps of 73728 bytes, got 0 bytes/);
    writeFileSync(file('damaged', 'search/state.json'), saved.slice(0, 8));
    expectRefusal(await run(again, here), /state\.json: expected JSON, got: /);
  });
});

describe('a request that makes no sense', () => {
  it.each([
    [['--budget', '0'], /argument '0' is invalid. expected an integer of at least 1/],
    [['--budget', '31'], /^--budget: expected at least 32 trials \(.*\), got 31\n$/],
    [['--seed', '-1'], /argument '-1' is invalid. expected an integer of at least 0/],
    [['--workers', '0'], /argument '0' is invalid. expected an integer of at least 1 and at most 256/],
    [['--resume'], /^--resume: expected --out with the folder of the search to go on with, got none\n$/],
    [['--resume', '--out', 'nowhere'], /nowhere: expected the folder of a search with auto-start\.json, got none\n$/],
    [['--out', 'networks'], /networks: expected a folder that does not exist yet, got one that does/],
    [['--out', 'tiny.yaml/deeper'], /deeper: expected a folder that can be written, got: /],
    [['--objects', 'nothing'], /nothing/],
    [['--trials', '5'], /unknown option '--trials'/],
  ])('%j is refused', async (args, message) => {
    const before = snapshot(folder);
    const { code, stdout, stderr } = await run(['auto', 'tiny.yaml', ...args], here);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(snapshot(folder)).toEqual(before);
  });

  it('of an unknown scenario, or with a folder of backbones that is none, is refused', async () => {
    expectRefusal(await run(['auto', 'nowhere'], here), /^scenario 'nowhere': expected one of /);
    const env = { GRAFT_BACKBONES: join(folder, 'missing') };
    expectRefusal(
      await run(['auto', 'tiny.yaml'], { ...here, env }),
      /^GRAFT_BACKBONES: expected a folder of model cards/,
    );
  });
});
