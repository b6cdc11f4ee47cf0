import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/process/cli.ts';
import { runProgram } from '../support/process/program.ts';

const here = { cwd: temporaryFolder() };

/** Each verb that no other test starts as a program: its module is found and gets its arguments. */
describe('the program', () => {
  it.each([
    [['auto', 'quick', '--budget', '1'], 2, /^--budget: expected at least \d+ trials .*, got 1\n$/],
    [['bench', 'auto', 'quick', '--budget', '1'], 2, /^--budget: expected at least \d+ trials .*, got 1\n$/],
    [['tune', 'scratch', '--scenario', 'nowhere'], 2, /^scenario 'nowhere': expected one of /],
    [['verify', 'nowhere.mcap'], 2, /nowhere\.mcap.*ENOENT/],
    [['export', 'nowhere.mcap', '--format', 'npz', '--out', 'x'], 2, /nowhere\.mcap.*ENOENT/],
    [['objects', 'nowhere'], 2, /nowhere: expected a folder or a file, got none\n$/],
    [['hand', 'nowhere.urdf'], 2, /nowhere\.urdf: expected a URDF, got no such file\n$/],
    [['frame', 'nowhere', '--out', 'x'], 2, /^scenario 'nowhere': expected one of /],
    [['view', 'nowhere'], 2, /nowhere: expected the folder of a run .*, got nothing there\n$/],
    [['backbones'], 0, /^grasp-passive +graft/m],
    [['crosscheck', '--trials', '1'], 0, /agree/],
  ])('runs graft %j', async (args, code, stderr) => {
    expect(await runProgram(args, here)).toEqual({ code, stdout: '', stderr: expect.stringMatching(stderr) });
  });

  it('runs graft export mjcf, which prints', async () => {
    const { code, stdout, stderr } = await runProgram(['export', 'mjcf', 'quick'], here);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^<mujoco/);
  });
});
