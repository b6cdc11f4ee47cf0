import { execFileSync, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ExternalSpec, OpenPolicy } from '../../../agent/policy/open-policy.ts';
import { openExternal } from '../../../scenarios/external/policy.ts';
import { endingPrograms } from '../../../scenarios/external/programs.ts';
import { externalSpec } from '../../../scenarios/external/spec.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { sceneAndView } from '../../../scenarios/trials/scene.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { loadPhysics } from '../../../sim/physics.ts';

beforeAll(loadPhysics);

const ARM = fileURLToPath(new URL('../../support/external/arm.js', import.meta.url));
const { scenario } = loadScenario('quick');

/** The spec of a conversation with an arm of that character. */
const specOf = (character: string, limits: Partial<ExternalSpec> = {}): ExternalSpec => ({
  ...externalSpec(
    { name: character, address: { command: [process.execPath, ARM, character] } },
    { scenarioName: 'quick', scenario, seed: 0, trials: 0 },
  ),
  ...limits,
});

/** Asks an arm about one scene several times. @returns what was wrong with each answer, or `grasp`. */
async function asked(spec: ExternalSpec, times: number): Promise<(string | undefined)[]> {
  const { observation } = sceneAndView(scenario, 0, 'evaluation', 0);
  const { action, gripper } = scenario;
  const policy: OpenPolicy = await openExternal(spec);
  try {
    return Array.from({ length: times }, (_, k) => {
      const rng = rngStream(0, 'test', k);
      const proposal = policy.propose({ observation, action, hand: gripper, rng });
      return proposal ? 'grasp' : policy.refusal?.();
    });
  } finally {
    policy.dispose();
  }
}

/** How many arms of that character run. */
const running = (character: string): number =>
  execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.endsWith(`${ARM} ${character}`)).length;

const SHORT = { timeoutMs: 600 };

describe('an external policy', () => {
  it('proposes grasps that are those of its draws', async () => {
    const { observation } = sceneAndView(scenario, 0, 'evaluation', 0);
    const policy = await openExternal(specOf('good'));
    const propose = (index: number) =>
      policy.propose({
        ...{ observation, action: scenario.action, hand: scenario.gripper },
        rng: rngStream(0, 'test', index),
      });
    expect(propose(1)).toMatchObject({ probability: 0.5, action: { shape: 0 } });
    expect(propose(1)).toEqual(propose(1));
    expect(propose(2)?.action?.angle).not.toBe(propose(1)?.action?.angle);
    policy.tell?.({ outcome: 'held', held: true });
    policy.dispose();
  });

  it('is refused where it answers no grasp, by what is wrong, and asked again', async () => {
    const faults = ['garbage', 'not-finite', 'not-finite', 'out-of-range', 'malformed'];
    const all = [...faults, 'too-long', 'other-question', 'error'];
    expect(await asked(specOf('liar'), 16)).toEqual(all.flatMap((fault) => [fault, 'grasp']));
  });

  it('may be silent at times, and its late answers are none', async () => {
    expect(await asked(specOf('silent-at-times', SHORT), 4)).toEqual(['grasp', 'silent', 'grasp', 'silent']);
  });

  it.each([
    ['silent', /^arm 'silent': expected an answer to propose within 0\.6 s, got none 3 times in a row$/],
    ['late', /^arm 'late': expected an answer to propose within 0\.6 s, got none 3 times in a row$/],
    ['crash-in-the-middle', /^arm 'crash-in-the-middle': expected an answer to propose, but it ended with code 3$/],
    [
      'crash-at-start',
      /^arm 'crash-at-start': expected an answer to hello, but it ended with code 1: Error: no weights here$/,
    ],
    ['of-tomorrow', /^arm 'of-tomorrow': hello\.version: expected 1, got 2$/],
  ])('that is %s ends with a clear error', async (character, error) => {
    await expect(asked(specOf(character, SHORT), 6)).rejects.toThrow(error);
  });

  it('that does not greet, or is not there, ends with a clear error', async () => {
    await expect(asked(specOf('silent-at-start', { startTimeoutMs: 300 }), 1)).rejects.toThrow(
      "arm 'silent-at-start': expected an answer to hello, got no answer within 0.3 s",
    );
    await expect(asked(specOf('x', { address: { command: ['/nowhere/arm'] } }), 1)).rejects.toThrow(
      /^arm 'x': expected an answer to hello, but it could not be started: .*ENOENT/,
    );
    await expect(asked(specOf('x', { address: { url: 'ws://127.0.0.1:9/' } }), 1)).rejects.toThrow(
      /^arm 'x': expected an answer to hello, but the connection to ws:\/\/127\.0\.0\.1:9\/ broke: /,
    );
  });

  it('leaves no program behind, not even one that does not end with its input', async () => {
    await endingPrograms(async () => {
      await openExternal(specOf('stubborn'));
      expect(running('stubborn')).toBe(1);
      await openExternal(specOf('stubborn'));
      expect(running('stubborn')).toBe(2);
    });
    await expect.poll(() => running('stubborn')).toBe(0);
  });

  it('may be a server on a websocket', async () => {
    const server = spawn(process.execPath, [ARM, 'garbage', 'listen'], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const port = await new Promise((resolve) => server.stdout.once('data', (data) => resolve(String(data).trim())));
      const url = `ws://127.0.0.1:${port}/`;
      expect(await asked(specOf('far', { address: { url } }), 3)).toEqual(['garbage', 'grasp', 'garbage']);
      expect(await asked(specOf('far', { address: { url } }), 1)).toEqual(['garbage']);
    } finally {
      server.kill();
    }
  });
});
