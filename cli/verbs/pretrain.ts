/** Verb `pretrain`: pretraining of a trunk on simulated scenes. */
import { type Command, Option } from 'commander';
import { HEAD_KINDS } from '../../agent/backbones/descriptor.ts';
import { SOURCE_NAMES } from '../../agent/pretrain/sources.ts';
import { TRUNK_SIZE_NAMES } from '../../agent/pretrain/trunk-sizes.ts';
import type { ModelCard } from '../../scenarios/experiments/pretrain/card.ts';
import { PRETRAIN_DEFAULTS, pretrainWorkers } from '../../scenarios/experiments/pretrain/defaults.ts';
import type { PretrainRequest } from '../../scenarios/experiments/pretrain/request.ts';
import { UserError } from '../../sim/user-error.ts';
import { addWatchOptions, integer, jsonOption, queueOption, sharedOption, type WatchOptions } from '../options.ts';
import { percent } from '../print.ts';
import type { Shell } from '../shell.ts';
import { watchedWork } from '../viewer.ts';

type PretrainOptions = Omit<PretrainRequest, 'force' | 'quiet' | 'view' | 'command' | 'signal'> &
  WatchOptions & { readonly force?: boolean; readonly json?: boolean };

/** `graft pretrain`: makes the weights of a trunk. */
export function declarePretrain(graft: Command, shell: Shell): void {
  const { rounds, scenes, grasps, steps, seed } = PRETRAIN_DEFAULTS;
  const verb = graft
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
  addWatchOptions(verb);
}

async function pretrain(
  shell: Shell,
  { view, port, host, token, force = false, json = false, ...options }: PretrainOptions,
): Promise<void> {
  const { command } = shell;
  const signal = shell.interruption();
  if (view && options.queue === undefined)
    throw new UserError('--view: expected --queue, too, whose machines are shown, got none');
  const work = async (viewer: PretrainRequest['view']): Promise<Pretrained> => {
    const { runPretraining } = await import('../../scenarios/experiments/pretrain/pretraining.ts');
    return runPretraining({ ...options, force, quiet: json, view: viewer, command, signal });
  };
  await watchedWork(shell, { view, port, host, token }, signal, { json, work, say: sayResult });
}

type Pretrained = ModelCard & { readonly out: string };

function sayResult(shell: Shell, { loss, probe, out }: Pretrained): void {
  const { graspAuc, familyAccuracy } = probe;
  const ranked = graspAuc === null ? '' : `, grasps ranked right ${percent(graspAuc)}`;
  const named = familyAccuracy === null ? '' : `, family named right ${percent(familyAccuracy)}`;
  shell.say(`loss ${loss.toFixed(4)}${ranked}${named}`);
  shell.say(`weights: ${out}`);
}
