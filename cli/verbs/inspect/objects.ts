/** Verb `objects`: table and contact sheet of the objects in files. */
import type { Command } from 'commander';
import { jsonOption, scenarioHelp } from '../../options.ts';
import type { Shell } from '../../shell.ts';

interface ObjectsOptions {
  readonly scenario: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** `graft objects`: what can be grasped in a folder of meshes. */
export function declareObjects(graft: Command, shell: Shell): void {
  graft
    .command('objects')
    .description(
      'what a folder of URDF, OBJ, STL or GLB holds: what could be read, sizes, masses, what the gripper can hold',
    )
    .argument('<path>', 'a folder, or a single file')
    .option('--scenario <name>', `gripper and objects settings: ${scenarioHelp}`, 'tabletop')
    .option('--out <file>', 'contact sheet, PNG')
    .addOption(jsonOption())
    .action((path: string, options: ObjectsOptions) => list(shell, path, options));
}

async function list(shell: Shell, path: string, options: ObjectsOptions): Promise<void> {
  const { listObjects } = await import('../../../scenarios/objects/list.ts');
  const { objects, lines } = await listObjects(path, options);
  if (!objects.some((o) => o.ok)) shell.exitCode = 2;
  if (options.json) return shell.print(objects);
  for (const line of lines) shell.say(line);
}
