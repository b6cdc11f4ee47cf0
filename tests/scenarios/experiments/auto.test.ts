import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownNames } from '../../../agent/backbones/own.ts';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import {
  type AutoJson,
  autoStory,
  prepareAuto,
  resumeAuto,
  searchRun,
} from '../../../scenarios/experiments/auto/auto.ts';
import { packMap, unpackMap } from '../../../scenarios/experiments/auto/experience.ts';
import { candidatesFor, leastBudget, planAuto, sharedScenes } from '../../../scenarios/experiments/auto/plan.ts';
import { reasons } from '../../../scenarios/experiments/auto/report.ts';
import { InputError, loadScenario } from '../../../scenarios/load.ts';
import type { EvaluationJson } from '../../../scenarios/run/conclude.ts';
import { sceneAndView } from '../../../scenarios/trials/scene.ts';
import { createPool, type TrialPool } from '../../../scenarios/workers/pool.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { rememberingPool } from '../../support/learner/experience.ts';
import { writeLayerNetwork } from '../../support/learner/networks.ts';
import { run, runJson, snapshot, temporaryFolder } from '../../support/process/cli.ts';
import { start } from '../../support/process/program.ts';

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

describe('a stored heightmap', () => {
  it('comes back bit for bit from eight bytes a cell', async () => {
    await loadPhysics();
    const { scenario } = loadScenario('pile');
    const { heightmap } = sceneAndView(scenario, 3, 'training', 0).observation;
    const packed = packMap(heightmap);
    expect(packed).toHaveLength(heightmap.size ** 2 * 8);
    expect(heightmap.colour.some((c) => c > 0 && c < 1)).toBe(true);
    expect(unpackMap(packed, heightmap)).toEqual(heightmap);
    // a view into something larger, as files are read
    const file = Buffer.concat([Buffer.of(1, 2, 3), packed, Buffer.of(4)]);
    expect(unpackMap(file.subarray(3, 3 + packed.length), heightmap)).toEqual(heightmap);
  });
});

/** A search with 24 shared trials, a rung of 8, one of 8 in two rounds, and the winner's 16. */
const BUDGET = 56;
/** Trials before rounds that are among the shared trials, and in the first and the second round of the second rung. */
const [SHARED, RUNG, LATE] = [8, 32, 36];

let engine: Engine;
let pools: Readonly<Record<1 | 2, TrialPool>>;

beforeAll(async () => {
  const learner = '{ batchSize: 16, updatesPerTrial: 0.5, endToEnd: { batchSize: 4, updatesPerTrial: 0.25 } }';
  writeFileSync(
    join(folder, 'tiny.yaml'),
    `training: { scenesPerRound: 1 }\nevaluation: { trials: 2 }\naction: { angles: 4, depths: [0.035] }\nlearner: ${learner}\n`,
  );
  mkdirSync(join(folder, 'networks'));
  writeLayerNetwork(join(folder, 'networks'), 'tiny');
  [engine] = await Promise.all([loadEngine(), loadPhysics()]);
  // each plays all of a search itself, once: with one worker, and with two
  pools = { 1: rememberingPool(createPool(1)), 2: rememberingPool(createPool(2)) };
});

afterAll(async () => {
  await Promise.all(Object.values(pools).map((pool) => pool.close()));
});

const request = (name: string, seed = 3, budget = BUDGET) => ({
  ...{ scenario: join(folder, 'tiny.yaml'), budget, seed, out: join(folder, name) },
});

/** Runs a search up to the hand-over to ordinary training. @param onRound may interrupt it. */
async function search(
  prepared: Awaited<ReturnType<typeof prepareAuto>>,
  workers: 1 | 2,
  onRound?: (done: number, interrupt: () => void) => void,
): Promise<void> {
  const controller = new AbortController();
  const watch = { ...pools[workers], run: pools[workers].run };
  let done = 0;
  watch.run = async (jobs) => {
    const outputs = await pools[workers].run(jobs);
    done = Math.max(done, jobs[0].firstTrial);
    onRound?.(done, () => controller.abort());
    return outputs;
  };
  await searchRun(prepared, watch, engine, { quiet: true, signal: controller.signal });
}

/** All that a search leaves, to be compared. */
const left = (name: string) => ({
  ...{ log: read(name, 'trials.jsonl'), run: read(name, 'run.json'), state: read(name, 'search/state.json') },
  checkpoint: readFileSync(file(name, 'checkpoint.safetensors')).toString('base64'),
});

let whole: ReturnType<typeof left>;

beforeAll(async () => {
  await search(await prepareAuto(request('whole'), engine), 2);
  whole = left('whole');
});

describe('a search', () => {
  it('ranks, halves, hands over a run, and says why', () => {
    const story = autoStory(join(folder, 'whole'));
    const { spent, rungs, ranking, chosen } = story;
    // every set of three taps of every own trunk
    expect(ranking).toHaveLength(7 * ownNames().length);
    expect(ranking.every((r) => r.scores && Object.values(r.scores).every(Number.isFinite))).toBe(true);
    expect(rungs.map((r) => [r.standings.length, r.kept])).toEqual([
      [4, 2],
      [2, 1],
    ]);
    // not to learn is a choice, too
    expect(rungs[0].standings.map(({ candidate }) => candidate.technique).sort()).toEqual([
      ...['head', 'head', 'l2-sp', 'none'],
    ]);
    expect(spent.shared).toBe(24);
    expect(spent.shared + spent.rungs.reduce((a, b) => a + b, 0) + spent.winner).toBe(BUDGET);
    expect(whole.log.split('\n')).toHaveLength(BUDGET - spent.winner + 1);
    expect(rungs.at(-1)!.standings[0].candidate).toEqual(chosen);
    for (const { standings, predicted, trials } of rungs) {
      expect(predicted).toBe(trials - spent.shared);
      expect(standings.map((s) => s.loss)).toEqual(standings.map((s) => s.loss).sort((a, b) => a - b));
    }
    expect(reasons(story)[0]).toMatch(
      new RegExp(`^On 24 trials of random grasps, its features came \\w+ of ${7 * ownNames().length} sets of features`),
    );
    const still = reasons({ ...story, chosen: { ...chosen, technique: 'none' } });
    expect(still.at(-1)).toMatch(/^Learning did not make it predict better/);
    expect(reasons({ ...story, chosen: { ...chosen, technique: 'head' } })).toHaveLength(still.length - 1);
    const { scenario } = JSON.parse(whole.run) as { scenario: { learner: object } };
    expect(scenario.learner).toMatchObject({ backbone: chosen.backbone, taps: chosen.taps });
    for (const gone of ['experience.bin', `search/after-${rungs.at(-1)!.trials}`])
      expect(existsSync(file('whole', gone)), gone).toBe(false);
  });

  it('ranks foreign networks, too, and is another one with another seed', async () => {
    process.env.GRAFT_BACKBONES = join(folder, 'networks');
    // threads get a copy of the environment when they start
    const pool = createPool(1);
    try {
      const signal = new AbortController().signal;
      await searchRun(await prepareAuto(request('foreign', 4), engine), pool, engine, { quiet: true, signal });
    } finally {
      delete process.env.GRAFT_BACKBONES;
      await pool.close();
    }
    const { ranking, rungs } = autoStory(join(folder, 'foreign'));
    expect(new Set(ranking.map((r) => r.backbone))).toEqual(new Set([...ownNames(), 'tiny']));
    expect(rungs[0].standings).toHaveLength(4);
    const backbone = ranking.find((r) => r.backbone === 'tiny' && r.taps.length === 2);
    expect(backbone?.features).toBe(72);
    const passive = (name: string) =>
      autoStory(join(folder, name)).ranking.find((r) => r.backbone === 'passive' && r.taps.length === 3)?.scores;
    expect(passive('foreign')).not.toEqual(passive('whole'));
  });
});

describe('a search that is interrupted', () => {
  it('saves, and goes on to the same choice, log and weights', async () => {
    let prepared = await prepareAuto(request('pieces'), engine);
    for (const after of [SHARED, RUNG]) {
      const interrupted = search(prepared, 2, (done, interrupt) => done >= after && interrupt());
      await expect(interrupted).rejects.toThrow(/^search interrupted after \d+ trials$/);
      expect(existsSync(file('pieces', 'run.json'))).toBe(false);
      prepared = await resumeAuto(request('pieces'), engine);
    }
    await search(prepared, 1);
    expect(left('pieces')).toEqual(whole);
  });

  it('by a crash goes on to the same, though half a line ends its log; with one worker, too', async () => {
    // what is in the folder in the middle of a round is what a crash would leave
    await search(await prepareAuto(request('running'), engine), 1, (done) => {
      for (const [name, after] of [['early', SHARED] as const, ['late', LATE] as const])
        if (done >= after && !existsSync(join(folder, name)))
          cpSync(join(folder, 'running'), join(folder, name), { recursive: true });
    });
    expect(left('running')).toEqual(whole);
    cpSync(join(folder, 'early'), join(folder, 'damaged'), { recursive: true });
    appendFileSync(file('early', 'experience.bin'), 'half a map');
    for (const name of ['early', 'late']) {
      appendFileSync(file(name, 'trials.jsonl'), '{"trial":');
      await search(await resumeAuto(request(name), engine), 2);
      expect(left(name), name).toEqual(whole);
    }
  });

  it('is refused what does not belong to it, or is damaged', async () => {
    const damaged = join(folder, 'damaged');
    rmSync(join(damaged, 'experience.bin'));
    const refuse = async (asked: Partial<ReturnType<typeof request>>, message: RegExp): Promise<void> => {
      const before = snapshot(damaged);
      const again = (async () => search(await resumeAuto({ ...request('damaged'), ...asked }, engine), 1))();
      await expect(again).rejects.toThrow(message);
      await expect(again).rejects.toBeInstanceOf(InputError);
      expect(snapshot(damaged)).toEqual(before);
    };
    await refuse({ seed: 4 }, /expected --seed 3 \(the search's own\), got 4/);
    await refuse({ budget: 60 }, /expected --budget 56 \(the search's own\), got 60/);
    await refuse({ out: join(folder, 'networks') }, /networks: expected the folder of a search with auto-start\.json/);
    await refuse({ objects: folder } as object, /expected --objects to be left out \(the search's own\), got /);
    const asked = read('damaged', 'auto-start.json');
    const change = (from: RegExp | string, to: string): void =>
      writeFileSync(join(damaged, 'auto-start.json'), asked.replace(from, to));
    change(/"passive": "\w{6}/, '"passive": "abcdef');
    await refuse({}, /expected backbone 'passive' with hash abcdef/);
    change('"version": 1', '"version": 9');
    await refuse({}, /auto-start\.json: expected a search of version 1, got: version/);
    change('"engine": "', '"engine": "other-');
    await refuse({}, /expected the engine other-\w+ \(the search's own\), got \w+/);
    change('"version": 1', '"version": 1');
    writeFileSync(join(damaged, 'search/state.json'), '{"trials": 4, "scenes": 2, "search": null}');
    await refuse({}, /experience\.bin: expected 2 heightmaps of 73728 bytes, got 0 bytes/);
    writeFileSync(join(damaged, 'search/state.json'), '{"trials": 4, "scenes": 2}');
    await refuse({}, /state\.json: expected the state of a search, got: search: /);
    writeFileSync(join(damaged, 'search/state.json'), '{"trials": 4, "sc');
    await refuse({}, /state\.json: expected JSON, got: /);
  });
});

describe('graft auto', () => {
  it('goes on with a search, trains its winner though interrupted, and leaves a run that can be evaluated', async () => {
    cpSync(join(folder, 'whole'), join(folder, 'command'), { recursive: true });
    const trials = (): number => read('command', 'trials.jsonl').split('\n').length - 1;
    const before = trials();
    const training = start(['auto', '--resume', '--out', 'command', '--workers', '1'], here);
    await training.until('a trial of the winner', () => trials() > before);
    training.signal('SIGINT');
    const { code, stdout, stderr } = await training.done;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr).toMatch(/training interrupted after \d+ trials\n$/);
    const result = await runJson<AutoJson>(['auto', '--resume', '--out', 'command', '--workers', '1'], here);
    expect(trials()).toBe(BUDGET);
    expect(read('command', 'trials.jsonl').startsWith(whole.log)).toBe(true);
    const { report, autoReport, why, chosen } = result;
    expect([report, autoReport]).toEqual(['report.html', 'auto.html'].map((f) => join(folder, 'command', f)));
    expect(JSON.parse(read('command', 'auto.json'))).toEqual(result);
    const html = read('command', 'auto.html');
    for (const text of [...why, 'Ranking of the features', `Chosen: ${chosen.backbone}`]) expect(html).toContain(text);
    const { success } = await runJson<EvaluationJson>(['evaluate', 'command', '--workers', '1'], here);
    expect(success).toEqual(result.final.success);
  });

  it.each([
    [['--budget', '0'], /argument '0' is invalid. expected an integer of at least 1/],
    [['--budget', '31'], /^--budget: expected at least 32 trials \(.*\), got 31\n$/],
    [['--seed', '-1'], /argument '-1' is invalid. expected an integer of at least 0/],
    [['--workers', '0'], /argument '0' is invalid. expected an integer of at least 1 and at most 256/],
    [['--resume'], /^--resume: expected --out with the folder of the search to go on with, got none\n$/],
    [['--trials', '5'], /unknown option '--trials'/],
  ])('refuses %j', async (args, message) => {
    const before = snapshot(folder);
    const { code, stdout, stderr } = await run(['auto', 'tiny.yaml', ...args], here);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(snapshot(folder)).toEqual(before);
  });

  it('refuses an unknown scenario, objects or folders that are none, before anything is written', async () => {
    const before = snapshot(folder);
    const refuse = (asked: object, message: RegExp) =>
      expect(prepareAuto({ ...request('new'), ...asked }, engine)).rejects.toThrow(message);
    await refuse({ scenario: 'nowhere' }, /^scenario 'nowhere': expected one of /);
    await refuse({ objects: join(folder, 'nothing') }, /nothing/);
    await refuse(
      { out: join(folder, 'networks') },
      /networks: expected a folder that does not exist yet or is empty, got one with files/,
    );
    await refuse({ out: join(folder, 'tiny.yaml/deeper') }, /deeper: expected a folder that can be written, got: /);
    process.env.GRAFT_BACKBONES = join(folder, 'missing');
    try {
      await refuse({}, /^GRAFT_BACKBONES: expected a folder of model cards/);
    } finally {
      delete process.env.GRAFT_BACKBONES;
    }
    expect(snapshot(folder)).toEqual(before);
  });
});
