/** Verb `predict`: grasps for a depth picture from any camera. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { PredictJson } from '../../scenarios/predict/predict-files.ts';
import { integer, jsonOption, real } from '../options.ts';
import { percent } from '../print.ts';
import type { Shell } from '../shell.ts';

interface PredictOptions {
  readonly depth: string;
  readonly depthScale?: number;
  readonly colour?: string;
  readonly mask?: string;
  readonly camera: string;
  readonly centre?: readonly [number, number];
  readonly size?: readonly [number, number];
  readonly table?: number;
  readonly hand?: string;
  readonly count: number;
  readonly minProbability: number;
  readonly failed: readonly string[];
  readonly raw?: boolean;
  readonly scenario?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** `graft predict`: files in, grasps and a picture out. */
export function declarePredict(graft: Command, shell: Shell): void {
  graft
    .command('predict')
    .description('grasps for a depth picture from any camera: files in, grasps and a picture out')
    .argument('<policy>', 'random, depth-pca, antipodal, pretrained, or a run folder')
    .requiredOption('--depth <file>', '.npy (metres, or whole units) or 16-bit PNG (units)')
    .requiredOption(
      '--camera <file>',
      'JSON or YAML with intrinsics (graft, RealSense, OpenCV, ROS) and T_world_camera',
    )
    .option('--depth-scale <m>', 'metres a unit, for depth in whole numbers', real(1e-6, 1), 0.001)
    .option('--colour <file>', "PNG, at the depth's size or a whole multiple")
    .option('--mask <file>', 'PNG or .npy: grasps lie only where it is not 0')
    .option('--centre <x,y>', 'middle of the workspace in the world, m (default: where the camera looks)', pair)
    .option('--size <x,y>', 'sides of the workspace, m (default: one heightmap)', pair)
    .option('--table <z>', 'height of the table in the world, m (default: found in the picture)', real(-100, 100))
    .option('--hand <hand>', "a preset, a URDF, or YAML with a scenario's gripper (default: the policy's own)")
    .option('--count <n>', 'grasps to propose at most', integer(1, 100), 1)
    .option('--min-probability <p>', 'declines grasps that are less likely to hold, 0 to 1', real(0, 1), 0)
    .option('--failed <file...>', 'earlier answers (--json) whose first grasp has failed here: others come first', [])
    .addOption(
      new Option('--raw', 'a simulated picture: nothing is cleaned, no grasp is set back for what it would touch'),
    )
    .option('--scenario <name>', "whose heightmap and grasps are used (default: the policy's own, or tabletop)")
    .option('--out <file>', 'PNG of the grasps over the picture and over the heightmap')
    .addOption(jsonOption())
    .action((policy: string, options: PredictOptions) => predict(shell, policy, options));
}

/** "0.4,0.1" as two numbers. */
function pair(text: string): readonly [number, number] {
  const [x, y, ...more] = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (Number.isFinite(x) && Number.isFinite(y) && more.length === 0) return [x, y];
  throw new InvalidArgumentError('expected two numbers, such as 0.4,0.1.');
}

async function predict(shell: Shell, policy: string, options: PredictOptions): Promise<void> {
  const { predictFiles } = await import('../../scenarios/predict/predict-files.ts');
  const { centre, size, table, raw = false, json, ...rest } = options;
  const workspace = { ...(centre && { centre }), ...(size && { size }), ...(table !== undefined && { table }) };
  const answer = await predictFiles({ ...rest, policy, workspace, clean: !raw, clear: !raw });
  if (json) return shell.print(answer);
  tell(shell, answer);
}

/** Says an answer in lines. */
function tell(shell: Shell, { grasps, frame, warnings, timing, overlay }: PredictJson): void {
  for (const { message } of warnings) shell.say(`note: ${message}`);
  for (const [i, { position, quaternion, opening, probability }] of grasps.entries()) {
    const list = (values: readonly number[], digits: number): string => values.map((v) => v.toFixed(digits)).join(', ');
    const chance = probability === null ? '' : `, ${percent(probability)} to hold`;
    shell.say(
      `${i + 1}: tips at [${list(position, 4)}] m, turned [${list(quaternion, 4)}], opened ${(1000 * opening).toFixed(0)} mm${chance}`,
    );
  }
  const count = grasps.length === 1 ? '1 grasp' : `${grasps.length} grasps`;
  shell.say(`${count} in the ${frame} frame, ${timing.totalMs.toFixed(0)} ms${overlay ? `; see ${overlay}` : ''}`);
}
