/** Verb `pretrain`: pretraining of a trunk on simulated scenes. */
import { type Command, Option } from 'commander';
import { HEAD_KINDS } from '../../agent/backbones/descriptor.ts';
import { SOURCE_NAMES } from '../../agent/pretrain/sources.ts';
import { TRUNK_SIZE_NAMES } from '../../agent/pretrain/trunk-sizes.ts';
import { PRETRAIN_DEFAULTS, pretrainWorkers } from '../../scenarios/experiments/pretrain/defaults.ts';
import type { PretrainRequest } from '../../scenarios/experiments/pretrain/request.ts';
import { integer, jsonOption, queueOption, sharedOption } from '../options.ts';
import { percent } from '../print.ts';
import type { Shell } from '../shell.ts';

type PretrainOptions = Omit<PretrainRequest, 'force' | 'quiet' | 'command' | 'signal'> & {
  readonly force?: boolean;
  readonly json?: boolean;
};

/** `graft pretrain`: makes the weights of a trunk. */
export function declarePretrain(graft: Command, shell: Shell): void {
  const { rounds, scenes, grasps, steps, seed } = PRETRAIN_DEFAULTS;
  graft
    .command('pretrain')
    .description(
      'pretrain a trunk on simulated scenes of families that no scenario trains or evaluates on; interrupted, the same command goes on',
    )
    .option('--name <name>', 'name of the weights', 'passive')
    .addOption(
      new Option(
        '--hand <kind>',
        "whose grasps; for any but jaws only a head is learned, on the trunk of --from, and written beside that one's",
      )
        .choices(HEAD_KINDS)
        .default('jaws'),
    )
    .addOption(
      new Option(
        '--source <what>',
        'passive tasks, outcomes of simulated grasps, or both; a head alone learns from outcomes',
      )
        .choices(SOURCE_NAMES)
        .default('passive'),
    )
    .addOption(new Option('--size <size>', 'of the trunk').choices(TRUNK_SIZE_NAMES).default('small'))
    .option('--rounds <n>', 'rounds of new scenes', integer(1), rounds)
    .option('--scenes <n>', 'scenes of a round', integer(1), scenes)
    .option('--grasps <n>', 'grasps tried on each scene', integer(1), grasps)
    .option('--steps <n>', 'gradient steps of a round', integer(1), steps)
    .option('--seed <n>', 'seed', integer(0), seed)
    .option('--from <backbone>', 'begin with the weights of a network no larger, by name or file')
    .option('--data <folder>', 'scenes made before are used again (default: runs/source-grasps or runs/source-views)')
    .option('--out <file>', 'where to write (default: agent/weights/<name>.safetensors)')
    .option('--workers <n>', 'threads that draw scenes; the results do not depend on it', integer(1), pretrainWorkers())
    .addOption(queueOption())
    .addOption(sharedOption())
    .option('--force', 'replace existing weights')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nWith --queue and --shared, machines that run `graft worker` with the same two draw the scenes; the same bytes.',
    )
    .action((options: PretrainOptions) => pretrain(shell, options));
}

async function pretrain(shell: Shell, options: PretrainOptions): Promise<void> {
  const { runPretraining } = await import('../../scenarios/experiments/pretrain/pretraining.ts');
  const result = await runPretraining({
    ...options,
    force: options.force ?? false,
    quiet: options.json ?? false,
    command: shell.command,
    signal: shell.interruption(),
  });
  if (options.json) return shell.print(result);
  const { graspAuc, familyAccuracy } = result.probe;
  const ranked = graspAuc === null ? '' : `, grasps ranked right ${percent(graspAuc)}`;
  const named = familyAccuracy === null ? '' : `, family named right ${percent(familyAccuracy)}`;
  shell.say(`loss ${result.loss.toFixed(4)}${ranked}${named}`);
  shell.say(`weights: ${result.out}`);
}
