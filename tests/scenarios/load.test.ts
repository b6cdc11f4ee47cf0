import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadBackbone } from '../../agent/backbones/own.ts';
import { openBackbone } from '../../agent/backbones/registry.ts';
import { REGIME_NAMES } from '../../agent/learner/regimes.ts';
import type { Model } from '../../agent/network/model.ts';
import { backboneOf, checkForeign, InputError, loadScenario, withObjects, withTaps } from '../../scenarios/load.ts';
import { scenarioNames } from '../../scenarios/names.ts';
import { parseScenario } from '../../scenarios/parse/parse.ts';
import { scenarioSchema } from '../../scenarios/schema/schema.ts';
import { writeLayerNetwork } from '../support/learner/networks.ts';
import { temporaryFolder } from '../support/process/cli.ts';

const folder = temporaryFolder();
const quick = loadScenario('quick').scenario;

/** Writes a scenario. @returns its path. */
function scenarioFile(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(resolve(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

describe('the scenarios that ship', () => {
  it.each(scenarioNames())('keep the families of training and evaluation apart: %s', (name) => {
    const { scenario, name: itself } = loadScenario(name);
    expect(itself).toBe(name);
    expect(scenario.description).not.toBe('');
    expect(scenario.training.families.filter((f) => scenario.evaluation.families.includes(f))).toEqual([]);
    // run folders keep it as text, and resume from that
    const text = JSON.stringify(scenario);
    expect(JSON.stringify(scenarioSchema.parse(JSON.parse(text)))).toBe(text);
  });

  it('are those that the guide names', () => {
    expect(scenarioNames()).toEqual([
      ...['bin', 'hard', 'packed', 'pile', 'published-packed', 'published-pile', 'quick', 'suction', 'tabletop'],
    ]);
  });
});

describe('a scenario from a file', () => {
  it('is named after it, with either ending', () => {
    const text = 'scene: { objectCount: 3 }\n';
    for (const ending of ['yaml', 'yml'])
      expect(loadScenario(scenarioFile(`mine.${ending}`, text))).toMatchObject({
        ...{ name: 'mine', scenario: { scene: { objectCount: 3 } } },
      });
  });

  it('finds its objects from where it is, and takes others from where the user is, under its own settings', () => {
    const path = scenarioFile('deep/objects.yaml', 'objects: { path: ../meshes, unit: mm }\n');
    const { scenario } = loadScenario(path);
    expect(scenario.objects).toMatchObject({ path: join(folder, 'meshes'), unit: 'mm' });
    expect(withObjects(scenario, 'other').objects).toEqual({ ...scenario.objects, path: resolve('other') });
    expect(withObjects(quick, 'other').objects).toMatchObject({ path: resolve('other') });
    expect(withObjects(scenario, undefined)).toBe(scenario);
  });

  it('takes overrides, and names the file in what it refuses', () => {
    const path = scenarioFile('wrong.yaml', 'scene: { objectCount: 99 }\n');
    expect(() => loadScenario(path)).toThrow(`${path}:1: scene.objectCount: expected number to be <=20, got 99`);
    const override = { path: ['scene', 'objectCount'], value: 2 };
    expect(loadScenario(path, [override]).scenario.scene.objectCount).toBe(2);
    const cup = loadScenario('tabletop', [{ path: ['gripper', 'preset'], value: 'cup-12' }]).scenario;
    expect(cup.gripper).toEqual(loadScenario('suction').scenario.gripper);
  });

  it('is refused with the names there are if it is neither a scenario nor a file', () => {
    const known =
      /^scenario '.*': expected one of bin, hard, packed, pile, published-packed, published-pile, quick, suction, tabletop or the path of a /;
    for (const name of ['nosuch', '../tabletop', '', folder, 'tabletop.yaml\0']) {
      expect(() => loadScenario(name), name).toThrow(known);
      expect(() => loadScenario(name), name).toThrow(InputError);
    }
  });
});

describe('the trunk of a scenario', () => {
  const naming = (learner: string) => parseScenario(`learner: { ${learner} }`, 'test');

  it('is the one that it names, for every arm', async () => {
    const { hash } = await backboneOf(naming('backbone: grasp-passive'), REGIME_NAMES);
    expect(hash).toBe(loadBackbone('grasp-passive').hash);
  });

  it.each([
    ['backbone: nosuch', /nosuch/],
    ['head: initialised, backbone: passive', /got 'passive', which has no head/],
    ['head: initialised, backbone: grasp-passive, arm: scratch', /arm 'scratch': expected learner\.head 'auto'/],
  ])("is refused as the user's to mend: %s", async (learner, message) => {
    const scenario = naming(learner);
    const refusal = backboneOf(scenario, [scenario.learner.arm]);
    await expect(refusal).rejects.toThrow(message);
    await expect(refusal).rejects.toThrow(InputError);
  });

  it('of a foreign network is written down with the layers that its card chose; one of graft itself is not', async () => {
    const path = writeLayerNetwork(folder, 'tiny');
    const scenario = naming(`backbone: ${path}`);
    const backbone = await backboneOf(scenario, ['pretrained']);
    expect(withTaps(scenario, backbone)).toEqual({
      ...scenario,
      learner: { ...scenario.learner, taps: ['sum', 'pool'] },
    });
    const reading = naming(`backbone: ${path}, taps: [pool]`);
    expect(withTaps(reading, await backboneOf(reading, ['pretrained']))).toEqual(reading);
    expect(withTaps(quick, loadBackbone('passive'))).toBe(quick);
  });

  it('of a policy must still be there, unchanged, if it is foreign', async () => {
    const path = writeLayerNetwork(folder, 'moving');
    const { architecture, parameters: trunk } = await openBackbone(path);
    const model = { architecture, trunk } as Model;
    await checkForeign(model);
    rmSync(join(folder, 'moving.safetensors'));
    await expect(checkForeign(model)).rejects.toThrow(InputError);
    await expect(checkForeign(model)).rejects.toThrow(/moving\.safetensors: expected a file/);
    const own = loadBackbone('passive');
    await checkForeign({ architecture: own.architecture, trunk: own.parameters } as Model);
  });
});
