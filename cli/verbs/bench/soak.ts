/** Verb `bench soak`: memory, divergence and repeatability over many trials. */
import type { Command } from 'commander';
import { integer, jsonOption, scenarioHelp } from '../../options.ts';
import type { Shell } from '../../shell.ts';

interface SoakOptions {
  readonly trials: number;
  readonly seed: number;
  readonly scenario?: readonly string[];
  readonly json?: boolean;
}

/** `graft bench soak`: what many trials do to one process. */
export function declareBenchSoak(bench: Command, shell: Shell): void {
  bench
    .command('soak')
    .description(
      'many trials in one process: memory, diverged simulations, and whether a restored trial is the same one',
    )
    .option('--trials <n>', 'trials to play', integer(10), 10_000)
    .option('--seed <n>', 'seed of scenes and grasps', integer(0), 0)
    .option('--scenario <names...>', `${scenarioHelp}; several take turns; by default the cases of crosscheck`)
    .addOption(jsonOption())
    .action((options: SoakOptions) => soak(shell, options));
}

async function soak(shell: Shell, options: SoakOptions): Promise<void> {
  const { runSoak } = await import('../../../scenarios/experiments/speed/soak.ts');
  const result = await runSoak({ ...options, quiet: options.json ?? false });
  if (options.json) return shell.print(result);
  const { trials, invalid, memoryGrowth, descriptorGrowth, pace, restored, unabridged, trialsPerSecond } = result;
  const opened = descriptorGrowth === null ? '' : `, open files by ${descriptorGrowth}`;
  shell.say(
    `${trials} trials, ${trialsPerSecond.toFixed(1)} a second; ${invalid} diverged; memory grew by ${memoryGrowth.toFixed(1)} MB${opened}`,
  );
  shell.say(`the last tenth took ${(1 / pace).toFixed(2)} times the processor time of the second`);
  shell.say(
    `${restored.identical} of ${restored.trials} trials played again from a copied scene ended bit for bit alike`,
  );
  shell.say(
    `with the free motion simulated, too: ${unabridged.changed} of ${unabridged.trials} outcomes differ, ${unabridged.timeRatio.toFixed(2)} times the time`,
  );
}
