import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PredictJson } from '../../scenarios/predict/predict-files.ts';
import { expectRefusal, run, runJson, temporaryFolder } from '../support/process/cli.ts';

const folder = temporaryFolder();
const here = { cwd: folder };
const files = ['--depth', 'look/depth.npy', '--camera', 'look/camera.json'];

beforeAll(async () => {
  await runJson(['frame', 'quick', '--seed', '3', '--index', '1', '--out', 'look'], here);
});

describe('graft predict', () => {
  it('gives the same grasps for depth as metres and as millimetres, and draws them', async () => {
    const args = ['predict', 'antipodal', '--camera', 'look/camera.json', '--colour', 'look/colour.png'];
    const metres = await runJson<PredictJson>([...args, '--depth', 'look/depth.npy', '--out', 'over.png'], here);
    expect(Object.keys(metres)).toEqual([
      ...['version', 'frame', 'T_frame_workspace', 'grasps', 'warnings', 'timing', 'overlay'],
    ]);
    expect(decode(readFileSync(join(folder, 'over.png'))).width).toBeGreaterThan(800);
    const units = await runJson<PredictJson>([...args, '--depth', 'look/depth-mm.png'], here);
    const [a, b] = [metres.grasps[0].position, units.grasps[0].position];
    expect(Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])).toBeLessThan(0.012);
  });

  it('takes another grasp where the best of an earlier answer has failed', async () => {
    const ask = ['predict', 'antipodal', ...files];
    const first = await runJson<PredictJson>(ask, here);
    writeFileSync(join(folder, 'first.json'), JSON.stringify(first));
    const second = await runJson<PredictJson>([...ask, '--failed', 'first.json'], here);
    writeFileSync(join(folder, 'list.json'), JSON.stringify(first.grasps));
    const { grasps } = await runJson<PredictJson>([...ask, '--failed', 'list.json'], here);
    expect(grasps).toEqual(second.grasps);
    expect(grasps[0]).not.toEqual(first.grasps[0]);
  });

  it('says it in lines without --json', async () => {
    const { code, stdout, stderr } = await run(['predict', 'antipodal', ...files], here);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/^1: tips at \[.*\] m, turned \[.*\], opened \d+ mm\n1 grasp in the world frame, \d+ ms\n$/);
  });

  it.each([
    [
      'a file that is not there',
      ['--depth', 'none.npy', '--camera', 'look/camera.json'],
      'none.npy: expected a file that can be read',
    ],
    [
      'a picture that is none',
      ['--depth', 'look/camera.json', '--camera', 'look/camera.json'],
      'expected a NumPy .npy file',
    ],
    [
      'a picture of eight bits',
      ['--depth', 'look/depth.png', '--camera', 'look/camera.json'],
      'one channel of 16 bits, got 1 of 8',
    ],
    [
      'a camera of another size',
      ['--depth', 'look/depth.npy', '--camera', 'small.json'],
      'expected 64 x 48 pixels as the camera says, got 128 x 128',
    ],
    ['a camera that is none', ['--depth', 'look/depth.npy', '--camera', 'look/colour.png'], 'look/colour.png'],
    ['half a workspace', [...files, '--size', '0.3'], 'expected two numbers'],
    ['an unknown hand', [...files, '--hand', 'claw'], 'hand.preset: '],
    [
      'a failure that is none',
      [...files, '--failed', 'small.json'],
      'small.json: expected an answer of predict --json',
    ],
    ['a failed grasp without a pose', [...files, '--failed', 'odd.json'], 'odd.json: grasp 0: expected position and'],
    ['a folder for the overlay', [...files, '--out', '.'], '.: expected a file that can be written'],
  ])('refuses %s', async (_, args, message) => {
    writeFileSync(join(folder, 'small.json'), '{"widthPx":64,"heightPx":48,"fx":60,"fy":60,"cx":32,"cy":24}');
    writeFileSync(join(folder, 'odd.json'), '[{"position":[0,0,0]}]');
    expectRefusal(await run(['predict', 'antipodal', ...args], here), message);
  });

  it('refuses a policy that sees the truth', async () =>
    expectRefusal(
      await run(['predict', 'oracle', ...files], here),
      "policy 'oracle': expected a policy that sees what",
    ));
});
