/** Verb `export`: trials as a dataset, with `mjcf` a scene for MuJoCo, with `onnx` a policy's network. */
import { type Command, Option } from 'commander';
import { DATASET_FORMATS, type DatasetFormat } from '../../../scenarios/export/formats.ts';
import { UserError } from '../../../sim/user-error.ts';
import { integer, jsonOption, objectsOption, scenarioHelp } from '../../options.ts';
import type { Shell } from '../../shell.ts';

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

interface OnnxOptions {
  readonly scenario?: string;
  readonly out?: string;
  readonly json?: boolean;
}

interface LessonsOptions {
  readonly out: string;
  readonly scenario?: string;
  readonly objects?: string;
  readonly json?: boolean;
}

/** `graft export`: what other programs read. */
export function declareExport(graft: Command, shell: Shell): void {
  const command = graft
    .command('export')
    .description(
      'trials of a recording as a dataset; or lessons of the play page as a recording (lessons), a scene for MuJoCo (mjcf), a policy as a network (onnx)',
    )
    // what follows mjcf, lessons or onnx is its own
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
  command
    .command('lessons')
    .description('grasps by which you taught in the play page (taught.jsonl), tried again and recorded')
    .argument('<file>', 'what the page saved')
    .requiredOption('--out <file>', 'the recording, for view, verify, share and export; must not exist yet')
    .option('--scenario <name>', 'whose lessons, a name or the path of a YAML file (default: as the file says)')
    .addOption(objectsOption())
    .addOption(jsonOption())
    .action((file: string, options: LessonsOptions) => exportLessons(shell, file, options));
  command
    .command('onnx')
    .description(
      'trunk and head of a policy as one ONNX graph, its model card, and a Python program that grasps with it',
    )
    .argument('<policy>', "pretrained, or the folder of a run on graft's own trunk")
    .option('--scenario <name>', "whose heightmap and grasps are told (default: the policy's own, or tabletop)")
    .option('--out <file>', 'where to write, card and program beside it (default: <policy>.onnx)')
    .addOption(jsonOption())
    .action((policy: string, options: OnnxOptions) => exportNetwork(shell, policy, options));
}

async function exportTrials(shell: Shell, from: string, { out, format, json }: ExportOptions): Promise<void> {
  if (!format) throw new UserError(`export: expected --format ${DATASET_FORMATS.join(', ')}, got none`);
  if (out === undefined) throw new UserError('export: expected --out with a folder to make, got none');
  const { exportDataset } = await import('../../../scenarios/export/dataset.ts');
  const onTrial = (done: number): void => void (json || done % 200 !== 0 || shell.say(`${done} trials`));
  const signal = shell.interruption();
  const result = await exportDataset({ from, format, out, onTrial, signal });
  if (json) return shell.print(result);
  for (const note of result.notes) shell.say(note);
  shell.say(`${result.out}: ${result.trials} trials, ${result.held} held`);
}

async function exportLessons(shell: Shell, from: string, { json, ...options }: LessonsOptions): Promise<void> {
  const { recordLessons } = await import('../../../scenarios/export/lessons.ts');
  const result = await recordLessons({ from, ...options, command: shell.command, signal: shell.interruption() });
  if (json) return shell.print(result);
  const { out, trials, held, others, otherwise } = result;
  shell.say(`${out}: ${trials} lessons, ${held} held`);
  if (others > 0) shell.say(`${others} of other scenarios left out`);
  if (otherwise.length > 0)
    shell.say(`left out, for they came out otherwise than in the page: trials ${otherwise.join(', ')}`);
}

async function exportMjcf(shell: Shell, scenario: string, { seed, index, out }: MjcfOptions): Promise<void> {
  const { mjcfOfCase, writeText } = await import('../../../scenarios/experiments/crosscheck/mjcf-case.ts');
  const text = await mjcfOfCase(scenario, seed, index);
  if (out === undefined) return void shell.stdout.write(text);
  shell.say(writeText(out, text));
}

async function exportNetwork(shell: Shell, policy: string, { json, ...options }: OnnxOptions): Promise<void> {
  const { exportOnnx } = await import('../../../scenarios/export/onnx/export.ts');
  const result = await exportOnnx({ policy, ...options });
  if (json) return shell.print(result);
  const { onnx, card, programs, metadata } = result;
  for (const file of [onnx, card, ...programs]) shell.say(file);
  shell.say(`weights ${metadata.weights.slice(0, 8)}; next: python ${programs[0]} ${onnx} depth.npy camera.json`);
}
