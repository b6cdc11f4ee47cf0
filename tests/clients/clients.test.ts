import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { EvaluationJson } from '../../scenarios/run/conclude.ts';
import type { RefusalsJson } from '../../scenarios/run/evaluation-run.ts';
import { runJson } from '../support/process/cli.ts';
import { missingPackages, PYTHON, runPython, without } from '../support/process/python.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Runs Python in the folder of the clients. @returns what it printed. */
const python = (...args: readonly string[]): Promise<string> =>
  runPython(args, { cwd: `${ROOT}clients/python`, env: { GRAFT: `${process.execPath} ${ROOT}graft.js` } });

const noNumpy = missingPackages('numpy');
const noGymnasium = missingPackages('numpy', 'gymnasium');

const CHECK = `
from gymnasium.utils.env_checker import check_env
from graft_env import GraftEnv, GraftError, GraftVectorEnv
with_all = {"actions": "continuous", "observe": ["colour", "depth", "heightmap", "heightmapColour", "objects"]}
for scenario, options in [("quick", with_all), ("packed", {})]:
    env = GraftEnv(scenario, **options)
    check_env(env, skip_render_check=True)
    try:
        env.step({"position": [0, 0, 9], "yaw": 0})
    except GraftError as error:
        print(error)
    env.close()
vector = GraftVectorEnv("quick", 3)
seen, _ = vector.reset(seed=3, options={"split": "evaluation"})
assert seen in vector.observation_space
seen, rewards, done, _, infos = vector.step([None, [4656, 0, 0], {"position": [0, 0, 0.5], "yaw": 0}])
assert seen in vector.observation_space
print(done.tolist(), infos["scene"].tolist(), [r["scene"] for r in infos["record"]], infos["outcome"][2])
vector.close()
`;

/** What an evaluation finds of an arm. */
const evaluated = async (...command: readonly string[]): Promise<EvaluationJson & RefusalsJson> => {
  const words = command.map((word) => `"${word}"`).join(' ');
  return runJson(['evaluate', `external:${words}`, '--scenario', 'quick', '--trials', '4', '--workers', '1'], {
    cwd: ROOT,
  });
};

describe('the examples of an arm', () => {
  it.skipIf(noNumpy.length > 0)(`grasp without a fault in Python${without(noNumpy)}`, async () => {
    const result = await evaluated(PYTHON, `${ROOT}clients/python/arm_numpy.py`);
    expect(result).toMatchObject({ trials: 4 });
    expect(result).not.toHaveProperty('refused');
  });

  it('grasp without a fault in TypeScript', async () => {
    const result = await evaluated(process.execPath, '--import', 'tsx', `${ROOT}clients/typescript/arm.ts`);
    expect(result).toMatchObject({ trials: 4 });
    expect(result).not.toHaveProperty('refused');
  });
});

describe('the Gymnasium environment', () => {
  it.skipIf(noGymnasium.length > 0)(`passes Gymnasium's own check${without(noGymnasium)}`, async () => {
    const [refused, , played] = (await python('-W', 'ignore', '-c', CHECK)).trim().split('\n');
    expect(refused).toBe('grasp.position.2: expected 0 to 1, got 9');
    expect(played).toBe('[True, True, True] [3, 4, 5] [0, 1, 2] missed');
  });

  it.skipIf(noGymnasium.length > 0)(`reproduces graft evaluate trial for trial${without(noGymnasium)}`, async () => {
    expect(await python('reproduce.py', 'quick', '6', '5')).toBe(
      'random: 6 trials, 0 differ\nantipodal: 6 trials, 0 differ\n',
    );
  });
});
