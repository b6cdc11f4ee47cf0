import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPredictor } from '../../scenarios/predict/open-predictor.ts';
import type { Prediction } from '../../scenarios/predict/predict.ts';
import { sceneAndView } from '../../scenarios/trials/scene.ts';
import { propose } from '../../scenarios/trials/trial.ts';
import { type Rng, rngStream } from '../../sim/math/rng.ts';
import { loadPhysics } from '../../sim/physics.ts';
import { malformedRequest } from '../support/malformed-requests.ts';
import { expectRefusal, run, runJson, temporaryFolder } from '../support/process/cli.ts';
import { type Running, start } from '../support/process/program.ts';
import { missingPackages, pythonJson, without } from '../support/process/python.ts';

const folder = temporaryFolder();
const [SEED, INDEX] = [3, 1];
const missing = missingPackages('numpy');
/** What an evaluation sees: a table at 0 and nothing to clean. */
const SIMULATED = { clean: false, clear: false, workspace: { centre: [0, 0], table: 0 } };

/** What `tests/clients/ask.py` prints. */
interface ClientAnswer extends Prediction {
  readonly refusal: readonly [status: number, message: string];
  readonly health: { readonly policy: string };
}

let server: Running;
let url: string;

beforeAll(async () => {
  await runJson(['frame', 'tabletop', '--seed', `${SEED}`, '--index', `${INDEX}`, '--out', 'look'], { cwd: folder });
  server = start([
    'serve',
    'pretrained',
    '--port',
    '0',
    '--workers',
    '1',
    '--rate',
    '100000',
    '--max-bytes',
    '4000000',
  ]);
  url = await server.until('an address', () => /at (http:\S+),/.exec(server.stderr())?.[1]);
});

afterAll(async () => {
  server.signal('SIGINT');
  await server.done;
});

const health = async (): Promise<{ readonly status: string; readonly load: number }> =>
  (await fetch(`${url}health`)).json() as Promise<{ status: string; load: number }>;

describe('graft serve', () => {
  it.skipIf(missing.length > 0)(
    `gives a Python client the grasp that an evaluation tries, bit for bit${without(missing)}`,
    async () => {
      const question = JSON.stringify({ ...SIMULATED, show: ['maps', 'overlay'] });
      const script = fileURLToPath(new URL('../clients/ask.py', import.meta.url));
      const answer = await pythonJson<ClientAnswer>([script, url, join(folder, 'look'), question]);
      await loadPhysics();
      const { policy, scenario } = await openPredictor('pretrained');
      const view = sceneAndView(scenario, SEED, 'evaluation', INDEX);
      const { grasp, probability } = propose(scenario, view, policy, rngStream(0, 'predict', 0))!;
      policy.dispose();
      const [{ position, quaternion, opening, ...rest }] = answer.grasps;
      expect({ pose: { position, quaternion }, opening }).toEqual(grasp);
      expect(rest.probability).toBe(probability);
      expect(answer.refusal).toEqual([
        400,
        expect.stringMatching(/^depth: expected \d+ x \d+ pixels as the camera says/),
      ]);
      expect(answer.health.policy).toBe('pretrained');
    },
  );

  it('answers 1,000 malformed requests with what was expected and got, and its memory stays as it is', async () => {
    const depth = readFileSync(join(folder, 'look', 'depth.npy'));
    const camera = JSON.parse(readFileSync(join(folder, 'look', 'camera.json'), 'utf8'));
    const rng: Rng = rngStream(0, 'malformed', 0);
    const wrong: unknown[] = [];
    const flood = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const { what, path, init } = malformedRequest(rng, { depth, camera });
        const response = await fetch(url + path, { method: 'POST', ...init });
        const { error = '' } = (await response.json()) as { error?: string };
        if (response.status < 400 || response.status > 499 || !/expected .*got[ :]/.test(error))
          wrong.push({ what, status: response.status, error });
      }
    };
    await flood(200);
    const before = residentMiB(server.pid);
    await flood(800);
    expect(residentMiB(server.pid) - before).toBeLessThan(64);
    expect(wrong).toEqual([]);
    expect(await health()).toMatchObject({ status: 'ok', load: 0 });
  });

  it.each([
    ['an address of other machines without a token', ['--host', '0.0.0.0'], /--host 0.0.0.0: expected --token/],
    [
      'a token that can be guessed',
      ['--token', 'short'],
      /--token: expected 16 to 200 letters, digits, .* got 5 characters/,
    ],
    ['a policy that there is not', ['--port', '0'], /nobody/, 'nobody'],
    ['a policy that sees the truth', ['--port', '0'], /expected a policy that sees what a camera sees/, 'oracle'],
  ])('refuses %s', async (_, options, why, policy = 'antipodal') => {
    expectRefusal(await run(['serve', policy, '--workers', '1', ...options]), why);
  });
});

/** Memory of a process and its threads that is in use, MiB. */
const residentMiB = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
