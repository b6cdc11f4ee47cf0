/** Verb `bench auto`: the automated choice beside every fixed one. */
import type { Command } from 'commander';
import type { AutoBenchRequest } from '../../../scenarios/experiments/auto/bench.ts';
import { integer, jsonOption, scenarioHelp, workersOption } from '../../options.ts';
import { interval } from '../../print.ts';
import type { Shell } from '../../shell.ts';

type AutoBenchOptions = Omit<AutoBenchRequest, 'scenario' | 'quiet' | 'signal'> & { readonly json?: boolean };

/** `graft bench auto`: what automated choice is worth. */
export function declareBenchAuto(bench: Command, shell: Shell): void {
  bench
    .command('auto')
    .description('what `auto` chooses beside every fixed choice: the same budget, seeds and evaluation scenes')
    .argument('[scenario]', scenarioHelp, 'tabletop')
    .option('--budget <n>', "trials of every run (default: the scenario's training trials)", integer(1))
    .option('--seeds <n>', 'training seeds', integer(1, 1000), 3)
    .option('--evaluation <n>', 'evaluation grasps for each seed', integer(1), 100)
    .option('--out <folder>', 'results; a benchmark goes on where it stopped (default: runs/bench-auto)')
    .addOption(workersOption())
    .addOption(jsonOption())
    .action((scenario: string, options: AutoBenchOptions) => benchAuto(shell, scenario, options));
}

const estimate = ({ value, low, high }: { value: number; low: number; high: number }): string =>
  interval({ rate: value, low, high });

async function benchAuto(shell: Shell, scenario: string, { json, ...options }: AutoBenchOptions): Promise<void> {
  const bench = await import('../../../scenarios/experiments/auto/bench.ts');
  const signal = shell.interruption();
  const result = await bench.benchAuto({ ...options, scenario, quiet: json ?? false, signal });
  if (json) return shell.print(result);
  shell.say(`auto: ${estimate(result.auto.rate)}; chose ${result.auto.chosen.join('; ')}`);
  for (const { choice, rate, lead } of result.fixed)
    shell.say(`${choice}: ${estimate(rate)}, auto minus this ${estimate(lead)}`);
  const [best, average] = [estimate(result.leadOverBest), estimate(result.leadOverAverage)];
  shell.say(`auto minus the best: ${best}; minus their average: ${average}`);
  const { default: preset, leadOverDefault, leadOverLogMe } = result;
  if (leadOverDefault) shell.say(`auto minus the default (${preset}): ${estimate(leadOverDefault)}`);
  if (leadOverLogMe) shell.say(`auto minus the best by LogME alone: ${estimate(leadOverLogMe)}`);
  if (!result.agreement) return;
  const { tauB, choices, searches } = result.agreement;
  const each = Object.entries(tauB).map(([score, tau]) => `${score} ${tau === null ? 'none' : tau.toFixed(2)}`);
  shell.say(`rank correlation with what ${choices} backbones held, mean of ${searches} searches: ${each.join(', ')}`);
}
