/** Verb `serve`: a policy that programs ask over HTTP and websocket, and people in a page. */
import type { Command } from 'commander';
import { UserError } from '../../sim/user-error.ts';
import { integer, tokenOption, workersOption } from '../options.ts';
import { checkReach } from '../reach.ts';
import type { Shell } from '../shell.ts';
import { untilInterrupted } from '../viewer.ts';

interface ServeOptions {
  readonly host: string;
  readonly port: number;
  readonly token?: string;
  readonly origin: readonly string[];
  readonly scenario?: string;
  readonly workers: number;
  readonly maxBytes: number;
  readonly rate: number;
}

const DEFAULT_PORT = 8091;

/** `graft serve`: depth pictures in, grasps out, until Ctrl-C. */
export function declareServe(graft: Command, shell: Shell): void {
  graft
    .command('serve')
    .description('answer with grasps over HTTP and websocket, and in a page: depth pictures in, grasps out')
    .argument('<policy>', 'random, depth-pca, antipodal, pretrained, or a run folder')
    .option('--host <address>', 'address to listen on; one that other machines reach needs --token', '127.0.0.1')
    .option('--port <n>', 'port, 0 for any free one', integer(0, 65535), DEFAULT_PORT)
    .addOption(tokenOption('who asks must send it as Authorization: Bearer <text>'))
    .option('--origin <url...>', 'origins of further pages that may ask', [])
    .option('--scenario <name>', "whose heightmap and grasps are used (default: the policy's own, or tabletop)")
    .addOption(workersOption())
    .option('--max-bytes <n>', 'largest request', integer(1024, 1 << 30), 64 * 1024 * 1024)
    .option('--rate <n>', 'questions a second from one address', integer(1, 100_000), 100)
    .addHelpText('after', HELP)
    .action((policy: string, options: ServeOptions) => serve(shell, policy, options));
}

const HELP = `
  curl -F 'question={"camera": {...}};type=application/json' -F depth=@depth.npy http://127.0.0.1:${DEFAULT_PORT}/grasps
  GET /openapi.json says what is asked and answered, GET /health how it is; / is a page to drop a depth picture on.
`;

async function serve(shell: Shell, policy: string, options: ServeOptions): Promise<void> {
  const { host, port, token, workers, origin: origins, scenario } = options;
  const signal = shell.interruption();
  await checkReach(host, token);
  const { startPredictThreads } = await import('../../scenarios/predict/thread/predict-threads.ts');
  const { openApi } = await import('../../scenarios/predict/openapi.ts');
  const { startGraspServer } = await import('../../viewer/grasps/server/server.ts');
  const { graftVersion } = await import('../../scenarios/versions.ts');
  const version = graftVersion();
  const threads = await startPredictThreads(policy, scenario, workers);
  try {
    const server = await startGraspServer({
      ...{ host, port, token, origins, bytesMax: options.maxBytes, rate: options.rate, slots: workers },
      answer: threads.answer,
      about: { version, policy, ...threads.info },
      openapi: openApi(version, token !== undefined),
    }).catch((error: unknown) => {
      throw new UserError(error instanceof Error ? error.message : String(error));
    });
    shell.say(`serving ${policy} at ${server.url}, POST ${server.url}grasps; Ctrl-C ends it`);
    await untilInterrupted(signal);
    await server.close();
  } finally {
    await threads.close();
  }
}
