import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ObjectReport } from '../../scenarios/objects/library.ts';
import { boxMesh, capsuleMesh } from '../../sim/objects/mesh.ts';
import { loadPhysics } from '../../sim/physics.ts';
import { writeHousehold } from '../support/objects/household.ts';
import { writeBinaryStl, writeObj } from '../support/objects/mesh-writers.ts';
import { expectRefusal, run, runJson, temporaryFolder } from '../support/process/cli.ts';

const folder = temporaryFolder();
const here = { cwd: folder, env: { XDG_CACHE_HOME: join(folder, 'xdg') } };

/** Objects that settle quickly. */
const CALM = ['banana', 'sponge', 'hex nut block', 'hammer'];

beforeAll(async () => {
  await loadPhysics();
  mkdirSync(join(folder, 'mine'));
  writeHousehold(join(folder, 'mine'), CALM);
  mkdirSync(join(folder, 'mixed'));
  writeHousehold(join(folder, 'mixed'), ['tea cup', 'sponge']);
  writeFileSync(join(folder, 'mixed', 'ball.stl'), writeBinaryStl(capsuleMesh(0.05, 0)));
  writeFileSync(join(folder, 'mixed', 'cut.stl'), writeBinaryStl(boxMesh([0.02, 0.02, 0.02])).slice(0, 300));
  mkdirSync(join(folder, 'broken'));
  writeFileSync(join(folder, 'broken', 'cut.stl'), 'solid');
  mkdirSync(join(folder, 'millimetres'));
  writeFileSync(join(folder, 'millimetres', 'box.obj'), writeObj([boxMesh([20, 20, 20])]));
  const objects = 'objects: { path: millimetres, unit: mm, density: 700 }\n';
  writeFileSync(
    join(folder, 'own.yaml'),
    `${objects}training: { trials: 8, warmupTrials: 4, scenesPerRound: 2 }\nevaluation: { trials: 1 }\n`,
  );
});

describe('graft objects', () => {
  it('lists what was read and what was left out, and why', async () => {
    const { code, stdout, stderr } = await run(['objects', 'mixed'], here);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/ball +1 +100 x 100 x 100 .* no: too wide/);
    expect(stderr).toMatch(/cut +left out: cut.stl: expected 684 bytes for 12 triangles, got 300/);
    expect(stderr).toMatch(/sponge +1 +110 x +70 x +30 +0.006 +30 +yes/);
    expect(stderr).toMatch(/3 of 4 objects read, 1 left out; 2 graspable with a stroke of 80 mm/);
  });

  it('gives the same as JSON, and a contact sheet', async () => {
    const objects = await runJson<ObjectReport[]>(['objects', 'mixed', '--out', 'sheets/mixed.png'], here);
    expect(objects.map((o) => [o.name, o.ok, o.graspable])).toEqual([
      ['ball', true, false],
      ['cut', false, false],
      ['sponge', true, true],
      ['tea cup', true, true],
    ]);
    for (const key of ['name', 'ok', 'error', 'hulls', 'size', 'mass', 'graspable'])
      expect(objects[0]).toHaveProperty(key);
    expect(objects[3].hulls).toBeGreaterThan(5);
    const { width, height, data, channels } = decode(readFileSync(join(folder, 'sheets', 'mixed.png')));
    expect({ width, height, channels }).toEqual({ width: 3 * 208 + 8, height: 2 * 258 + 8, channels: 3 });
    expect(new Set(data).size).toBeGreaterThan(50);
    expect(readdirSync(join(folder, 'sheets'))).toEqual(['mixed.png']);
    expect(readdirSync(join(folder, 'xdg', 'graft', 'hulls')).length).toBeGreaterThan(0);
  });

  it('with nothing that can be used says why of each, and ends with 2', async () => {
    const { code, stdout } = await run(['objects', 'broken', '--json'], here);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject([{ name: 'cut', ok: false }]);
    expectRefusal(await run(['objects', 'nowhere'], here), /objects .*nowhere: expected a folder or a file, got none/);
  });
});

describe('objects from files', () => {
  interface Result {
    readonly objects?: { readonly used: number; readonly leftOut: readonly unknown[] };
    readonly trials: number;
  }

  it('are evaluated with, the same for any number of workers', async () => {
    const evaluate = (workers: string) =>
      runJson<Result>(
        ['evaluate', 'antipodal', '--scenario', 'quick', '--objects', 'mine', '--trials', '4', '--workers', workers],
        here,
      );
    const [one, two] = [await evaluate('1'), await evaluate('2')];
    expect(one.objects).toMatchObject({ used: 4, leftOut: [], split: false });
    expect({ ...two, seconds: 0 }).toEqual({ ...one, seconds: 0 });
  });

  it('may be named in a scenario, relative to it, and are trained on; a run goes on only with the same', async () => {
    const args = ['train', join(folder, 'own.yaml'), '--out', 'run', '--workers', '1'];
    const result = await runJson<{ final: Result }>(args, { ...here, cwd: folder });
    expect(result.final.objects).toMatchObject({ used: 1, path: join(folder, 'millimetres') });
    const log = readFileSync(join(folder, 'run', 'trials.jsonl'), 'utf8')
      .trim()
      .split('\n');
    expect(log.every((line) => JSON.parse(line).families[0] === 'box')).toBe(true);
    writeFileSync(join(folder, 'millimetres', 'more.obj'), writeObj([boxMesh([15, 20, 25])]));
    expectRefusal(
      await run(['train', '--resume', '--out', 'run', '--trials', '16'], here),
      /expected the objects that the run was started with, got changed ones; results would differ/,
    );
  });

  it('of which none can be used are refused before anything is made', async () => {
    const { code, stderr } = await run(['train', 'quick', '--objects', 'broken', '--out', 'never'], here);
    expect(code).toBe(2);
    expect(stderr).toMatch(/expected at least one that can be used, got none:\n {2}cut: cut.stl: expected/);
    expect(existsSync(join(folder, 'never'))).toBe(false);
  });
});
