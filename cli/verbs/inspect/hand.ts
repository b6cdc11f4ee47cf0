/** Verb `hand`: the numbers of a gripper's URDF. */
import type { Command } from 'commander';
import { jsonOption } from '../../options.ts';
import type { Shell } from '../../shell.ts';

/** `graft hand`: a hand of one's own. */
export function declareHand(graft: Command, shell: Shell): void {
  graft
    .command('hand')
    .description("a gripper's URDF, with two sliding fingers, as the gripper section of a scenario")
    .argument('<file>', 'URDF; its meshes lie below its folder')
    .addOption(jsonOption())
    .action((file: string, options: { readonly json?: boolean }) => hand(shell, file, options));
}

async function hand(shell: Shell, file: string, { json }: { readonly json?: boolean }): Promise<void> {
  const { readHand } = await import('../../../scenarios/inspect/hand.ts');
  const found = await readHand(file);
  if (json) return shell.print(found);
  const lines = Object.entries(found.gripper).map(([key, value]) => `  ${key}: ${value}\n`);
  shell.stdout.write(`# ${found.name || file}\ngripper:\n${lines.join('')}`);
}
