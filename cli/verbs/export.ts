/** Verb `export`: trials as a dataset, or with `mjcf` a scene for MuJoCo. */
import { type Command, Option } from 'commander';
import { DATASET_FORMATS, type DatasetFormat } from '../../scenarios/export/formats.ts';
import { UserError } from '../../sim/user-error.ts';
import { integer, jsonOption, scenarioHelp } from '../options.ts';
import type { Shell } from '../shell.ts';

interface ExportOptions {
  readonly out?: string;
  readonly format?: DatasetFormat;
  readonly json?: boolean;
}

interface MjcfOptions {
  readonly seed: number;
  readonly index: number;
  readonly out?: string;
}

/** `graft export`: what other programs read. */
export function declareExport(graft: Command, shell: Shell): void {
  const command = graft
    .command('export')
    .description('trials of a recording as a dataset, or (export mjcf) a scene for MuJoCo')
    // what follows mjcf is its own
    .enablePositionalOptions()
    .argument('<recording>', 'an MCAP file made with --record, or the folder of a recorded run')
    .option('--out <folder>', 'where to write; must not exist yet')
    .addOption(
      new Option(
        '--format <name>',
        'npz: NumPy arrays; hdf5: the same in one HDF5 file; lerobot: LeRobotDataset v3.0',
      ).choices(DATASET_FORMATS),
    )
    .addOption(jsonOption())
    .action((from: string, options: ExportOptions) => exportTrials(shell, from, options));
  command
    .command('mjcf')
    .description('scene, gripper and grasp as an MJCF file for MuJoCo: a case of crosscheck')
    .argument('[scenario]', scenarioHelp, 'tabletop')
    .option('--seed <n>', 'seed of scenes and grasps', integer(0), 0)
    .option('--index <n>', 'which case', integer(0), 0)
    .option('--out <file>', 'where to write (default: stdout)')
    .action((scenario: string, options: MjcfOptions) => exportMjcf(shell, scenario, options));
}

async function exportTrials(shell: Shell, from: string, { out, format, json }: ExportOptions): Promise<void> {
  if (!format) throw new UserError(`export: expected --format ${DATASET_FORMATS.join(', ')}, got none`);
  if (out === undefined) throw new UserError('export: expected --out with a folder to make, got none');
  const { exportDataset } = await import('../../scenarios/export/dataset.ts');
  const onTrial = (done: number): void => void (json || done % 200 !== 0 || shell.say(`${done} trials`));
  const signal = shell.interruption();
  const result = await exportDataset({ from, format, out, onTrial, signal });
  if (json) return shell.print(result);
  for (const note of result.notes) shell.say(note);
  shell.say(`${result.out}: ${result.trials} trials, ${result.held} held`);
}

async function exportMjcf(shell: Shell, scenario: string, { seed, index, out }: MjcfOptions): Promise<void> {
  const { mjcfOfCase, writeText } = await import('../../scenarios/experiments/crosscheck/mjcf-case.ts');
  const text = await mjcfOfCase(scenario, seed, index);
  if (out === undefined) return void shell.stdout.write(text);
  shell.say(writeText(out, text));
}
