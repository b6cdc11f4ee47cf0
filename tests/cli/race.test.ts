import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RaceJson } from '../../scenarios/experiments/race/result.ts';
import { openRecordingFile } from '../../scenarios/recordings/open.ts';
import type { EvaluationJson, TrainingJson } from '../../scenarios/run/conclude.ts';
import type { Verification } from '../../scenarios/verify/verify.ts';
import type { CarriedRace } from '../../viewer/page/race/carried.ts';
import { refusalsIn, run, runJson, temporaryFolder } from '../support/process/cli.ts';
import { FoxgloveTestClient } from '../support/process/foxglove-client.ts';
import { start } from '../support/process/program.ts';

const folder = temporaryFolder();
const here = { cwd: folder };
const refused = refusalsIn(folder);
const [TRIALS, EVALUATION] = [20, 4];
const ARMS = ['scratch', 'pretrained', 'antipodal'];

/** Short, with a last round that is cut, and everything a learner meets. */
const SCENARIO = `description: A short race.
training: { trials: ${TRIALS}, scenesPerRound: 3, graspsPerScene: 2, warmupTrials: 16 }
evaluation: { trials: ${EVALUATION} }
action: { angles: 4, depths: [0.035] }
learner: { backbone: grasp-passive, batchSize: 16, updatesPerTrial: 0.5, endToEnd: { batchSize: 4, updatesPerTrial: 0.5 } }
`;

const read = (...path: string[]): string => readFileSync(join(folder, ...path), 'utf8');
const lines = (...path: string[]): number =>
  existsSync(join(folder, ...path)) ? read(...path).split('\n').length - 1 : 0;

let result: RaceJson;

beforeAll(async () => {
  writeFileSync(join(folder, 'short.yaml'), SCENARIO);
  result = await runJson(['race', 'short.yaml', '--arms', ARMS.join(','), '--seed', '3', '--record', 'all'], here);
});

describe('race', () => {
  it.each(['scratch', 'pretrained'])('gives %s the weights and the log of training alone', async (arm) => {
    const args = ['train', 'short.yaml', '--arm', arm, '--seed', '3', '--workers', '1', '--out', `alone-${arm}`];
    const alone = await runJson<TrainingJson>(args, here);
    expect(result.arms[arm].weightsHash).toBe(alone.weightsHash);
    expect(read('runs', 'short-race-s3', arm, 'trials.jsonl')).toBe(read(`alone-${arm}`, 'trials.jsonl'));
    const own = JSON.parse(read('runs', 'short-race-s3', arm, 'result.json')) as TrainingJson;
    expect([own.weightsHash, own.logHash, own.backboneHash]).toEqual([
      alone.weightsHash,
      alone.logHash,
      alone.backboneHash,
    ]);
    expect(own.final).toMatchObject({ success: alone.final.success, reasons: alone.final.reasons });
    // compared with the other arms in place of the heuristics
    expect(Object.keys(own.baselines)).toEqual(ARMS.filter((other) => other !== arm));
  });

  it('is shared with the same trials of every arm, a heuristic too', async () => {
    const args = ['share', 'runs/short-race-s3', '--out', 'shared', '--trials', '6'];
    const shared = await runJson<{ arms: string[]; trials: number; notes: string[] }>(args, here);
    expect(shared).toMatchObject({ arms: ARMS, trials: 6, notes: [] });
    const scenes = [];
    for (const arm of ARMS) {
      const { marks } = await openRecordingFile(join(folder, 'shared', `${arm}.mcap`));
      scenes.push(marks.map(({ split, trial, scene }) => `${split} ${trial} ${scene}`));
    }
    expect(scenes[0]).toHaveLength(6);
    expect([scenes[1], scenes[2]]).toEqual([scenes[0], scenes[0]]);
    expect(read('shared', 'index.html')).toContain('Content-Security-Policy');
    expect(existsSync(join(folder, 'shared', 'report.html'))).toBe(true);
  });

  it('is viewed once it is over, with its recordings and its report', async () => {
    const viewer = start(['view', 'runs/short-race-s3', '--port', '0'], here);
    const [, url] = await viewer.until('an address', () => /viewer: +(http:\S+)/.exec(viewer.stderr()));
    const page = await (await fetch(url)).text();
    const [, carried] = /id="carried">(.*?)<\/script>/s.exec(page)!;
    const { arms, info } = JSON.parse(carried) as CarriedRace;
    expect(arms.map(({ name, training }) => [name, training.length])).toEqual(ARMS.map((arm) => [arm, TRIALS]));
    expect(info).toMatchObject({ scenario: 'short', reportUrl: './report' });
    for (const { name, recording } of arms) {
      const bytes = await (await fetch(new URL(recording.address!, url))).arrayBuffer();
      const [own] = readdirSync(join(folder, 'runs/short-race-s3', name)).filter((file) => file.endsWith('.mcap'));
      expect(Buffer.from(bytes).equals(readFileSync(join(folder, 'runs/short-race-s3', name, own)))).toBe(true);
    }
    expect((await fetch(new URL('./report', url))).status).toBe(200);
    viewer.signal('SIGINT');
    expect((await viewer.done).code).toBe(0);
  });

  it('gives every arm the same scenes, trial by trial, a heuristic too', () => {
    const scenes = ARMS.map((arm) =>
      read('runs', 'short-race-s3', arm, 'trials.jsonl')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { trial: number; scene: number; families: string[] })
        .map(({ trial, scene, families }) => ({ trial, scene, families })),
    );
    expect(scenes[0]).toHaveLength(TRIALS);
    expect(scenes[1]).toEqual(scenes[0]);
    expect(scenes[2]).toEqual(scenes[0]);
  });

  it('prints one object, and leaves it with the report of the benchmark and a page of Markdown', () => {
    expect(Object.keys(result)).toEqual([
      ...['scenario', 'seed', 'trials', 'arms', 'leader', 'verdict', 'claims', 'report', 'out', 'seconds'],
    ]);
    expect(result).toMatchObject({
      scenario: 'short',
      seed: 3,
      trials: TRIALS,
      out: join(folder, 'runs/short-race-s3'),
    });
    expect(Object.keys(result.arms)).toEqual(ARMS);
    for (const [arm, { trials, failed, seconds, out, weightsHash }] of Object.entries(result.arms)) {
      expect([trials, out]).toEqual([EVALUATION, join(result.out, arm)]);
      expect(failed).toBeGreaterThan(0);
      expect(seconds).toBeGreaterThan(0);
      expect(weightsHash === undefined).toBe(arm === 'antipodal');
    }
    expect(JSON.parse(read('runs', 'short-race-s3', 'result.json'))).toMatchObject(
      JSON.parse(JSON.stringify(result)) as object,
    );
    const markdown = read('runs', 'short-race-s3', 'report.md');
    for (const arm of ARMS) expect(markdown).toContain(`| ${arm} |`);
    expect(markdown).toContain(result.verdict.replaceAll('\u2212', '-').replaceAll('\u00a0', ' '));
    const html = read('runs', 'short-race-s3', 'report.html');
    expect(html).toContain('race on short');
    // 6, 12 and all: an eighth and a half of the trials at ends of rounds, and a quarter
    const { details } = JSON.parse(read('runs', 'short-race-s3', 'result.json')) as {
      details: { budgets: number[]; comparisons: { a: string; b: string }[] }[];
    };
    expect(details[0].budgets).toEqual([6, 12, TRIALS]);
    expect(details[0].comparisons.map(({ a, b }) => `${a} ${b}`)).toContain('pretrained scratch');
  });

  it.each(ARMS)('leaves a recording of %s that verifies, training and evaluation', async (arm) => {
    const { trials, same } = await runJson<Verification>(['verify', join(result.out, arm, 'recording.mcap')], here);
    expect({ trials, same }).toEqual({ trials: TRIALS + EVALUATION, same: TRIALS + EVALUATION });
  });

  it('leaves runs that evaluate takes, to the same success', async () => {
    const again = await runJson<EvaluationJson>(['evaluate', join(result.out, 'scratch')], here);
    expect(again.success).toEqual(result.arms.scratch.success);
  });

  it('saves when it is interrupted, and goes on to the same weights and logs', async () => {
    const stop = new AbortController();
    const watch = setInterval(() => lines('later', 'pretrained', 'trials.jsonl') >= 8 && stop.abort(), 5);
    const args = ['race', 'short.yaml', '--arms', ARMS.join(','), '--seed', '3', '--out', 'later'];
    const { code, stderr } = await run(args, here, stop.signal);
    clearInterval(watch);
    expect({ code, stderr }).toMatchObject({ code: 130 });
    expect(stderr).toMatch(/interrupted after \d+ trials; graft race --resume --out .*later goes on/);
    expect(lines('later', 'pretrained', 'trials.jsonl')).toBeLessThan(TRIALS);
    const before = JSON.parse(read('later', 'seconds.json')) as Record<string, number>;
    const on = await runJson<RaceJson>(['race', '--resume', '--out', 'later'], here);
    const outcome = ({ arms }: RaceJson) =>
      Object.entries(arms).map(([arm, { success, failed, weightsHash }]) => ({ arm, success, failed, weightsHash }));
    expect(outcome(on)).toEqual(outcome(result));
    // and counts the seconds from before
    for (const arm of ['scratch', 'pretrained']) {
      expect(before[arm]).toBeGreaterThan(0);
      expect(on.arms[arm].seconds).toBeGreaterThan(before[arm]);
    }
    for (const arm of ARMS)
      expect(read('later', arm, 'trials.jsonl')).toBe(read('runs/short-race-s3', arm, 'trials.jsonl'));
  });

  it('streams every arm, and says so to any client', async () => {
    const args = ['race', 'short.yaml', '--arms', 'pretrained,antipodal', '--seed', '3', '--out', 'seen', '--view'];
    const program = start([...args, '--port', '0'], here);
    const [, url] = await program.until('an address', () => /viewer: +(http:\S+\/)/.exec(program.stderr()));
    const clients: FoxgloveTestClient[] = [];
    const page = await fetch(url).then((answer) => answer.text());
    expect(page).toContain('<title>graft race</title>');
    await program.until('a race', () => program.stderr().includes('race:  '));
    for (const path of ['stream/pretrained', 'stream/antipodal', 'stream'])
      clients.push(new FoxgloveTestClient(url, { path, topics: ['/trial'] }));
    await Promise.all(clients.map(({ closed }) => closed));
    const trials = clients.map((client) => client.of('/trial').filter(({ message }) => message.split === 'training'));
    expect(trials.map((list) => list.length)).toEqual([TRIALS, TRIALS, TRIALS]);
    expect(trials.map(([{ message }]) => message.policy)).toEqual(['pretrained', 'antipodal', 'pretrained']);
    expect((await program.done).code).toBe(0);
  });

  it('has no stream of an arm that does not race', async () => {
    const program = start(['race', 'short.yaml', '--out', 'other', '--view', '--port', '0'], here);
    const [, url] = await program.until('an address', () => /viewer: +(http:\S+\/)/.exec(program.stderr()));
    const { status } = await new FoxgloveTestClient(url, { path: 'stream/robot' }).refused;
    expect(status).toBe(404);
    program.signal('SIGINT');
    expect((await program.done).code).toBe(130);
  });
});

describe('race is refused', () => {
  it.each([
    [['--arms', 'pretrained,robot'], /--arms: expected some of pretrained, random, scratch, .*, got 'robot'/],
    [['--arms', 'pretrained'], /--arms: expected from 2 to 6 arms with commas between them, got 1/],
    [['--arms', 'scratch,pretrained,scratch'], /--arms: expected each arm once, got 'scratch' twice/],
    [['--arms', 'antipodal,depth-pca'], /^--arms: expected at least one that learns, got antipodal, depth-pca/],
    [['--trials', '0'], /argument '0' is invalid. expected an integer of at least 1/],
    [['--seed', '-1'], /expected an integer of at least 0/],
    [['--out', 'runs/short-race-s3'], /short-race-s3: expected a folder that does not exist yet or is empty/],
    [['--resume'], /^--resume: expected --out with the folder of the race to go on with, got none\n$/],
    [['--resume', '--out', 'nowhere'], /nowhere: expected a race's folder with race\.json, got none\n$/],
    [['--resume', '--out', 'runs/short-race-s3', '--seed', '4'], /expected --seed 3 \(the race's own\), got 4\n$/],
    [
      ['--resume', '--out', 'runs/short-race-s3', '--arms', 'pretrained,scratch'],
      /expected --arms scratch,pretrained,/,
    ],
  ])('with %j', (args, message) => refused(['race', 'short.yaml', ...args], message));

  it('with a scenario that is nowhere', () => refused(['race', 'nowhere'], /^scenario 'nowhere': expected one of/));

  it("with a damaged race's file", async () => {
    writeFileSync(join(folder, 'race.json'), '{"version": 1, "arms": []}');
    await refused(['race', '--resume', '--out', '.'], /race\.json: expected a sound race, got a damaged one: /);
  });
});
