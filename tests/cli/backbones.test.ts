import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { backboneNames, loadBackbone } from '../../agent/backbones/own.ts';
import type { BackboneJson } from '../../scenarios/inspect/backbones.ts';
import type { EvaluationJson, TrainingJson } from '../../scenarios/run/conclude.ts';
import { LAYERS, layerWeights, writeCard, writeLayerNetwork } from '../support/learner/networks.ts';
import { expectRefusal, run, runJson, temporaryFolder } from '../support/process/cli.ts';

const folder = temporaryFolder();
const networks = join(folder, 'networks');
const here = { cwd: folder, env: { GRAFT_BACKBONES: networks } };

const scenario = (name: string, learner: string): string => {
  const sections = [
    'training: { trials: 16, warmupTrials: 8, scenesPerRound: 4 }',
    'evaluation: { trials: 2 }',
    'action: { angles: 4 }',
    `learner: { batchSize: 16, updatesPerTrial: 0.5, ${learner} }`,
  ];
  writeFileSync(join(folder, `${name}.yaml`), sections.join('\n'));
  return `${name}.yaml`;
};

beforeAll(() => {
  mkdirSync(networks);
  writeLayerNetwork(networks, 'tiny');
});

describe('backbones', () => {
  it('are listed with their taps, hashes and licences', async () => {
    const listed = await runJson<BackboneJson[]>(['backbones'], here);
    expect(listed.map(({ name, source, ok }) => [name, source, ok])).toEqual([
      ...backboneNames().map((name) => [name, 'graft', true]),
      ['random', 'drawn', true],
      ['tiny', 'safetensors', true],
    ]);
    expect(listed[0].hash).toBe(loadBackbone(listed[0].name).hash);
    expect(listed.at(-1)).toMatchObject({
      licence: 'CC0-1.0',
      path: join(networks, 'tiny.json'),
      taps: [
        { name: 'sum', stride: 2, channels: 12 },
        { name: 'pool', stride: 4, channels: 12 },
      ],
      features: 72,
    });
    const { code, stdout, stderr } = await run(['backbones'], here);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(
      /^tiny +safetensors +sum \(2, 12\) {2}pool \(4, 12\) +72 +- +[0-9a-f]{12} +CC0-1\.0 +\S+tiny\.json$/m,
    );
  });

  it('that cannot be used are listed with the reason, and the exit code says so', async () => {
    const other = join(folder, 'broken');
    mkdirSync(other);
    writeCard(other, 'empty', { layers: LAYERS });
    const { code, stdout } = await run(['backbones', '--json'], { ...here, env: { GRAFT_BACKBONES: other } });
    expect(code).toBe(2);
    expect((JSON.parse(stdout) as BackboneJson[]).at(-1)).toMatchObject({
      name: 'empty',
      ok: false,
      error: expect.stringMatching(/empty\.safetensors: expected a file that can be read, got: ENOENT/),
    });
  });
});

describe('GRAFT_BACKBONES', () => {
  it('is refused if it is no folder, and does not hinder who names a trunk that ships', async () => {
    const env = { GRAFT_BACKBONES: join(folder, 'nowhere') };
    const message = /^GRAFT_BACKBONES: expected a folder of model cards, got \S+nowhere, which is none\n$/;
    expectRefusal(await run(['backbones'], { ...here, env }), message);
    const args = ['train', scenario('shipped', 'backbone: passive'), '--trials', '2', '--out', 'shipped'];
    await runJson([...args, '--workers', '1'], { ...here, env });
  });
});

describe('a foreign network', () => {
  let trained: TrainingJson;

  beforeAll(async () => {
    const args = ['train', scenario('foreign', 'backbone: tiny, taps: [sum, both]'), '--out', 'run'];
    trained = await runJson([...args, '--workers', '2'], here);
  });

  it('trains by name, the same whatever the number of workers, and evaluates from its run', async () => {
    const again = await runJson<TrainingJson>(['train', 'foreign.yaml', '--out', 'again', '--workers', '1'], here);
    expect(again.weightsHash).toBe(trained.weightsHash);
    expect(again.logHash).toBe(trained.logHash);
    const { success } = await runJson<EvaluationJson>(['evaluate', 'run', '--trials', '2', '--workers', '1'], here);
    expect(success).toEqual(trained.final.success);
  });

  it('goes on from a checkpoint as if it had never stopped', async () => {
    const halves = ['--out', 'halves', '--workers', '1'];
    await runJson(['train', 'foreign.yaml', '--trials', '8', ...halves], here);
    const whole = await runJson<TrainingJson>(['train', '--resume', '--trials', '16', ...halves], here);
    expect(whole.weightsHash).toBe(trained.weightsHash);
  });

  it.each(['scratch', 'finetuned', 'random'])('is refused by arm %s before anything is written', async (arm) => {
    const args = ['train', 'foreign.yaml', '--arm', arm, '--out', 'never'];
    expectRefusal(await run(args, here), `arm '${arm}': expected one of graft's own trunks as learner.backbone, got`);
    expect(existsSync(join(folder, 'never'))).toBe(false);
  });

  it('is refused with a wrong tap or damaged files before anything is written', async () => {
    const args = (name: string, learner: string) => ['train', scenario(name, learner), '--out', 'never'];
    const tap = await run(args('tap', 'backbone: tiny, taps: [nose]'), here);
    expectRefusal(tap, /tiny\.safetensors: expected taps among stem, .*, got 'nose'\n$/);
    writeCard(networks, 'lost', { onnx: { model: 'lost.onnx' }, taps: ['x'] });
    expectRefusal(await run(args('lost', 'backbone: lost'), here), /lost\.onnx: expected a file that can be read/);
    expect(existsSync(join(folder, 'never'))).toBe(false);
  });

  it('is refused by the verbs that read a run once it has changed', async () => {
    const { k1, ...rest } = layerWeights();
    writeLayerNetwork(networks, 'tiny', {}, { k1: { ...k1, values: k1.values.map((v) => v + 1) }, ...rest });
    const changed =
      /expected (backbone 'tiny' with a head that makes|the network with) hash [0-9a-f]{64}.*, got [0-9a-f]{64}\n$/;
    expectRefusal(await run(['evaluate', 'run'], here), changed);
    expectRefusal(await run(['view', 'run', '--port', '0'], here), changed);
    expectRefusal(await run(['train', '--resume', '--out', 'run'], here), changed);
  });
});
