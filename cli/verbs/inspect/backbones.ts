/** Verb `backbones`: list of the trunks that a scenario can name. */
import type { Command } from 'commander';
import { jsonOption } from '../../options.ts';
import type { Shell } from '../../shell.ts';

interface BackbonesOptions {
  readonly json?: boolean;
  readonly time?: boolean;
}

/** `graft backbones`: which trunks there are. */
export function declareBackbones(graft: Command, shell: Shell): void {
  graft
    .command('backbones')
    .description('the trunks that learner.backbone can name: layers read, channels, hash, licence, and where they are')
    .addOption(jsonOption())
    .option('--time', 'also measure the time for one heightmap: 12 angles of 96 x 96 cells')
    .action((options: BackbonesOptions) => list(shell, options));
}

async function list(shell: Shell, options: BackbonesOptions): Promise<void> {
  const { listBackbones } = await import('../../../scenarios/inspect/backbones.ts');
  const { backbones, lines } = await listBackbones(options);
  if (backbones.some((b) => !b.ok)) shell.exitCode = 2;
  if (options.json) return shell.print(backbones);
  for (const line of lines) shell.say(line);
}
