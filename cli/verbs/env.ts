/** Verb `env`: scenes of a scenario as an environment for anyone's learner. */
import { type Command, Option } from 'commander';
import type { Listening } from '../../scenarios/env/listen.ts';
import { integer, objectsOption, scenarioHelp, tokenOption, workersOption } from '../options.ts';
import { checkReach } from '../reach.ts';
import type { Shell } from '../shell.ts';

interface EnvOptions {
  readonly objects?: string;
  readonly seed?: number;
  readonly split: 'training' | 'evaluation';
  readonly protocol?: 'single' | 'clutter';
  readonly workers: number;
  readonly port?: number;
  readonly host: string;
  readonly token?: string;
}

const HELP = `
One JSON object a line, on standard input and output or on a websocket; each answer has the id of its
request:

  {"id": 0, "type": "hello", "version": 1, "envs": 2, "observe": ["heightmap"]}
  {"id": 1, "type": "reset", "env": 0, "seed": 0, "split": "evaluation"}
  {"id": 2, "type": "step", "env": 0, "grasp": {"action": {"cell": 4656, "angle": 3, "shape": 0}}}
  {"id": 3, "type": "step", "env": 0, "grasp": {"position": [0, 0, 0.02], "yaw": 0.5, "opening": 0.08}}
  {"id": 4, "type": "propose", "env": 0, "policy": "antipodal"}
  {"id": 5, "type": "close"}

A seed and a split give exactly the scenes of "graft evaluate --seed", or of training.
clients/README.md has every message; clients/python/graft_env.py is a Gymnasium environment.`;

/** `graft env`: anyone's learner on graft's scenes. */
export function declareEnv(graft: Command, shell: Shell): void {
  graft
    .command('env')
    .description("an environment for anyone's learner: scenes, grasps and outcomes over a small JSON protocol")
    .argument('<scenario>', scenarioHelp)
    .addOption(objectsOption())
    .option('--seed <n>', "seed of resets that name none (default: the scenario's, of each split)", integer(0))
    .addOption(
      new Option('--split <name>', 'scenes of resets that name no split')
        .choices(['training', 'evaluation'])
        .default('training'),
    )
    .addOption(
      new Option(
        '--protocol <name>',
        'one grasp a scene, or rounds of clutter removal (default: rounds if there are several objects)',
      ).choices(['single', 'clutter']),
    )
    .addOption(workersOption())
    .option(
      '--port <n>',
      'listen on a websocket, 0 for any free port; without it: standard input and output',
      integer(0, 65535),
    )
    .option('--host <address>', 'address to listen on; another than this machine needs --token', '127.0.0.1')
    .addOption(tokenOption('clients must send it as Authorization: Bearer <text>'))
    .addHelpText('after', HELP)
    .action((scenario: string, options: EnvOptions) => env(shell, scenario, options));
}

async function env(shell: Shell, scenario: string, { port, host, token, ...options }: EnvOptions): Promise<void> {
  if (port !== undefined) await checkReach(host, token);
  const { serveEnvironments } = await import('../../scenarios/env/serve.ts');
  const { refuseForeign, refuseStranger } = await import('../../viewer/access.ts');
  const { SAFE_HEADERS } = await import('../../viewer/http.ts');
  const refuse: Listening['refuse'] = (request) => refuseForeign(request, host, []) ?? refuseStranger(request, token);
  await serveEnvironments(
    {
      ...options,
      scenario,
      ...(port !== undefined && { listening: { port, host, refuse, headers: SAFE_HEADERS } }),
      signal: shell.interruption(),
    },
    { input: process.stdin, output: shell.stdout },
  );
}
