/** Verb `bench speed`: trials, frames, features and updates on one core. */
import type { Command } from 'commander';
import { jsonOption, real } from '../../options.ts';
import type { Shell } from '../../shell.ts';

interface SpeedOptions {
  readonly seconds: number;
  readonly json?: boolean;
}

/** `graft bench speed`: how fast this machine is. */
export function declareBenchSpeed(bench: Command, shell: Shell): void {
  bench
    .command('speed')
    .description(
      'trials, frames, features and updates a second on one core, and the training step against stock kernels',
    )
    .option('--seconds <n>', 'seconds for each figure', real(0.1, 600), 6)
    .addOption(jsonOption())
    .action((options: SpeedOptions) => speed(shell, options));
}

async function speed(shell: Shell, { seconds, json }: SpeedOptions): Promise<void> {
  const { benchSpeed } = await import('../../../scenarios/experiments/speed/speed.ts');
  const result = await benchSpeed(seconds, (text) => void (json || shell.say(`measuring ${text}`)));
  if (json) return shell.print(result);
  for (const [name, value] of Object.entries(result))
    shell.say(`${name.padEnd(24)} ${typeof value === 'number' ? value.toFixed(2) : value}`);
}
