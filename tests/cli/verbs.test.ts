import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { beforeAll, describe, expect, it } from 'vitest';
import { descriptorKeys } from '../../agent/backbones/descriptor.ts';
import { backboneNames, loadBackbone } from '../../agent/backbones/own.ts';
import { loadEngine } from '../../agent/engine/engine.ts';
import { isFixedPolicy, POLICY_NAMES } from '../../agent/policy/names.ts';
import type { Diagnosis } from '../../scenarios/inspect/doctor.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { scenarioNames } from '../../scenarios/names.ts';
import { wilson } from '../../scenarios/report/statistics.ts';
import type { EvaluationJson, TrainingJson } from '../../scenarios/run/conclude.ts';
import { run, runJson, temporaryFolder } from '../support/process/cli.ts';
import { FoxgloveTestClient } from '../support/process/foxglove-client.ts';
import { runProgram, runProgramJson, start } from '../support/process/program.ts';

const ROOT = new URL('../../', import.meta.url);
const folder = temporaryFolder();
const here = { cwd: folder };
const { scenario: quick } = loadScenario('quick');

/** The fields that others script against, in their order. */
const EVALUATION = ['policy', 'scenario', 'seed', 'trials', 'invalid', 'success', 'reasons', 'seconds'];
const TRAINING = [
  ...['final', 'baselines', 'out', 'report', 'seed', 'trials'],
  ...['weightsHash', 'logHash', 'backboneHash', 'seconds'],
];

/** The training that everybody gets: whatever moves these moves every result. */
const GOLDEN = { weightsHash: /^10dafa9a/, logHash: /^d4569da6/ };

let trained: TrainingJson;

beforeAll(async () => {
  trained = await runProgramJson(['train', 'quick', '--seed', '7'], here);
});

function expectEvaluation(e: EvaluationJson): void {
  const { calibration, ...rest } = e;
  expect(Object.keys(rest)).toEqual(EVALUATION);
  // policies that predict are told how true that was
  expect(calibration === undefined).toBe(isFixedPolicy(e.policy));
  if (calibration) expect(calibration.count).toBe(e.trials - e.invalid);
  const counts = Object.values(e.reasons);
  expect(counts.reduce((a, b) => a + b, 0)).toBe(e.trials);
  expect(e.invalid).toBe(e.reasons.invalid ?? 0);
  const { rate, low, high } = wilson(e.reasons.held ?? 0, e.trials - e.invalid);
  expect(e.success).toEqual({ rate, low, high });
  expect(e.seconds).toBeGreaterThan(0);
}

describe('train', () => {
  it('prints one object with the fields of the contract', () => {
    expect(Object.keys(trained)).toEqual(TRAINING);
    expectEvaluation(trained.final);
    expect(trained).toMatchObject({
      final: { policy: 'learned', scenario: 'quick', seed: 0, trials: quick.evaluation.trials },
      out: join(folder, 'runs', 'quick-pretrained-s7'),
      seed: 7,
      trials: quick.training.trials,
      backboneHash: loadBackbone(quick.learner.backbone).hash,
    });
    expect(Object.keys(trained.baselines)).toEqual(['depth-pca', 'antipodal', 'random']);
    for (const baseline of Object.values(trained.baselines)) {
      expect(Object.keys(baseline)).toEqual(['trials', 'invalid', 'success', 'reasons']);
    }
  });

  it('gives the bytes that everybody gets for seed 7, on the engine that everybody has', async ({ skip }) => {
    const { name } = await loadEngine();
    skip(name !== 'wasm', `the engine is ${name}, not wasm`);
    expect(trained.weightsHash).toMatch(GOLDEN.weightsHash);
    expect(trained.logHash).toMatch(GOLDEN.logHash);
  });

  it('leaves a folder with the log, the weights, the report and the same object', () => {
    const file = (name: string): Buffer => readFileSync(join(trained.out, name));
    expect(JSON.parse(file('result.json').toString())).toEqual(trained);
    const log = file('trials.jsonl');
    expect(createHash('sha256').update(log).digest('hex')).toBe(trained.logHash);
    const trials = log.toString().trim().split('\n');
    expect(trials.map((line) => JSON.parse(line).trial)).toEqual([...Array(quick.training.trials).keys()]);
    expect(trained.report).toBe(join(trained.out, 'report.html'));
    expect(file('report.html').toString()).toContain(trained.weightsHash.slice(0, 12));
    expect(existsSync(join(trained.out, 'model.safetensors'))).toBe(true);
  });
});

describe('train --view', () => {
  it('streams the trials and the moving scene, and gets the same result as without', async () => {
    writeFileSync(
      join(folder, 'tiny.yaml'),
      'training: { trials: 20, scenesPerRound: 4, warmupTrials: 16 }\nevaluation: { trials: 2 }\naction: { angles: 4, depths: [0.035] }\nlearner: { backbone: grasp-passive }\n',
    );
    const plain = await runJson<TrainingJson>(['train', 'tiny.yaml', '--out', 'plain', '--workers', '1'], here);
    const view = ['--view', '--port', '0', '--out', 'viewed', '--json'];
    const training = start(['train', 'tiny.yaml', ...view], here);
    const [, url] = await training.until('an address', () => /viewer: +(http:\S+)/.exec(training.stderr()));
    expect((await fetch(url)).status).toBe(200);
    const client = new FoxgloveTestClient(url);
    const { code, stdout } = await training.done;
    client.socket.terminate();
    expect(code).toBe(0);
    const topics = [
      '/graft/episode',
      '/scene',
      '/camera/colour',
      '/camera/depth',
      '/heightmap',
      '/grasp',
      '/trial',
      '/tf',
    ];
    for (const topic of topics) expect(client.of(topic).length, topic).toBeGreaterThan(0);
    expect(client.of('/tf').length).toBeGreaterThan(30);
    const { logHash, weightsHash, final }: TrainingJson = JSON.parse(stdout);
    expect({ logHash, weightsHash }).toEqual({ logHash: plain.logHash, weightsHash: plain.weightsHash });
    expect(final.success).toEqual(plain.final.success);
  });
});

describe('evaluate', () => {
  it.each(POLICY_NAMES)('prints the fields of the contract for %s', async (policy) => {
    const result = await runJson<EvaluationJson>(
      ['evaluate', policy, '--scenario', 'quick', '--trials', '5', '--seed', '3', '--workers', '1'],
      here,
    );
    expectEvaluation(result);
    expect(result).toMatchObject({ policy, scenario: 'quick', seed: 3, trials: 5 });
  });

  it('gets the rate of the training report again from the run folder', async () => {
    const result = await runJson<EvaluationJson>(['evaluate', trained.out], here);
    expectEvaluation(result);
    const { scenario, seed, trials, success, reasons } = trained.final;
    expect(result).toMatchObject({ policy: trained.out, scenario, seed, trials, success, reasons });
  });

  it('says it in a sentence without --json, keeps stdout clean, and writes the log that is asked for', async () => {
    const { code, stdout, stderr } = await runProgram(
      ['evaluate', 'depth-pca', '--scenario', 'quick', '--trials', '3', '--workers', '1', '--log', 'logs/three.jsonl'],
      here,
    );
    const log = readFileSync(join(folder, 'logs', 'three.jsonl'), 'utf8')
      .trim()
      .split('\n');
    expect(log.map((line) => JSON.parse(line).scene)).toEqual([0, 1, 2]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/^depth-pca on quick: held \d+\.\d % \[\d+\.\d %, \d+\.\d %\], 3 trials \(/m);
  });
});

describe('pretrain', () => {
  it('writes weights that load, with their card, and replaces them only when told to', async () => {
    const out = join(folder, 'weights', 'tiny.safetensors');
    const size = ['--rounds', '2', '--scenes', '4', '--grasps', '2', '--steps', '2'];
    const args = ['pretrain', '--name', 'tiny', '--source', 'grasp+passive', ...size, '--out', out];
    const card = await runProgramJson<{ out: string; hash: string; steps: number; grasps: number }>(args, here);
    expect(card).toMatchObject({ name: 'tiny', out, steps: 4, scenes: 8, loss: expect.any(Number) });
    expect(card.grasps).toBeGreaterThan(8);
    expect(loadBackbone(out).heads.jaws?.parameters['head/descriptor/kernel'].shape[0]).toBe(
      descriptorKeys('jaws').length,
    );
    expect(loadBackbone(out).hash).toBe(card.hash);
    const bytes = readFileSync(out);
    const again = await run(args, here);
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('pass --force to replace it') });
    expect(readFileSync(out).equals(bytes)).toBe(true);
  });
});

describe('view', () => {
  it('plays the newest run under runs/, serves its page and report, and ends well on Ctrl-C', async () => {
    const viewer = start(['view', '--port', '0'], here);
    const [, url] = await viewer.until('an address', () => /viewer: +(http:\S+)/.exec(viewer.stderr()));
    await viewer.until('the run', () => viewer.stderr().includes(`showing ${trained.out}; Ctrl-C ends it`));
    const page = await fetch(url);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<title>graft');
    const report = await fetch(new URL('report', url));
    expect(await report.text()).toBe(readFileSync(trained.report, 'utf8'));
    viewer.signal('SIGINT');
    // looking has no other end: nothing was cut short
    expect(await viewer.done).toMatchObject({ code: 0, stdout: '' });
  });
});

describe('frame', () => {
  it('writes pictures of the observation, the same for the same scene', async () => {
    const frames = async (out: string, index: string): Promise<Record<string, Buffer>> => {
      const { files } = await runJson<{ files: string[] }>(['frame', 'quick', '--index', index, '--out', out], here);
      return Object.fromEntries(files.map((f) => [f.slice(join(folder, out).length + 1), readFileSync(f)]));
    };
    const first = await frames('frames', '0');
    const { widthPx, heightPx, heightmap } = quick.sensor;
    expect(Object.keys(first).filter((name) => !name.endsWith('.png'))).toEqual(['depth.npy', 'camera.json']);
    const pngs = Object.entries(first).filter(([name]) => name.endsWith('.png'));
    const pictures = Object.fromEntries(pngs.map(([name, png]) => [name, decode(png)]));
    const size = ({ width, height, channels, depth }: ReturnType<typeof decode>) => [width, height, channels, depth];
    expect(Object.fromEntries(Object.entries(pictures).map(([name, p]) => [name, size(p)]))).toEqual({
      'colour.png': [widthPx, heightPx, 3, 8],
      'depth-mm.png': [widthPx, heightPx, 1, 16],
      'depth.png': [widthPx, heightPx, 1, 8],
      'segmentation.png': [widthPx, heightPx, 3, 8],
      'heightmap.png': [heightmap.size, heightmap.size, 1, 8],
      'heightmap-colour.png': [heightmap.size, heightmap.size, 3, 8],
    });
    const depths = [...pictures['depth-mm.png'].data].filter((mm) => mm > 0);
    const camera = 1000 * Math.hypot(...quick.sensor.eye);
    expect(depths.length).toBeGreaterThan(0.9 * widthPx * heightPx);
    expect(Math.min(...depths)).toBeGreaterThan(0.5 * camera);
    expect(Math.max(...depths)).toBeLessThan(2 * camera);
    expect(await frames('same', '0')).toEqual(first);
    expect((await frames('other', '1'))['colour.png']).not.toEqual(first['colour.png']);
  });
});

describe('doctor', () => {
  it('says what runs here, for people and for scripts', async () => {
    const { checks, versions } = await runProgramJson<Diagnosis>(['doctor']);
    const named = Object.fromEntries(checks.map(({ name, value }) => [name, value]));
    expect(named).toMatchObject({ node: process.version, engine: expect.stringMatching(/^tfjs /) });
    expect(named.scenarios).toBe(scenarioNames().join(', '));
    const backbones = checks.filter((c) => c.name === 'backbone').map(({ value, ok }) => [value.split(':')[0], ok]);
    expect(backbones).toEqual(backboneNames().map((name) => [name, true]));
    expect(versions.node).toBe(process.version);
    expect(Object.values(versions)).not.toContain('absent');
    const { code, stdout, stderr } = await runProgram(['doctor']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    for (const { name, value } of checks) expect(stderr).toMatch(`${name.padEnd(12)} ${value}`);
  });
});

describe('graft', () => {
  it('prints the schema that is committed', async () => {
    const { code, stdout } = await runProgram(['schema']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(
      JSON.parse(readFileSync(new URL('scenarios/scenario.schema.json', ROOT), 'utf8')),
    );
  });

  it('prints its version and its help on stdout', async () => {
    const { version } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));
    expect(await runProgram(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
    const help = await runProgram(['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    const verbs = [...help.stdout.matchAll(/^ {2}([a-z]+)/gm)].map((m) => m[1]);
    const known = ['train', 'evaluate', 'bench', 'pretrain', 'view', 'frame', 'doctor', 'schema'];
    expect(verbs).toEqual(expect.arrayContaining(known));
    for (const verb of [['train'], ['bench', 'transfer']]) {
      const { code, stdout } = await run([...verb, '--help']);
      expect(code).toBe(0);
      expect(stdout).toContain(`Usage: graft ${verb.join(' ')} `);
    }
  });
});
