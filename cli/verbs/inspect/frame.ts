/** Verb `frame`: one observation as files. */
import type { Command } from 'commander';
import { integer, jsonOption, scenarioHelp } from '../../options.ts';
import type { Shell } from '../../shell.ts';

interface FrameOptions {
  readonly seed: number;
  readonly index: number;
  readonly out: string;
  readonly json?: boolean;
}

/** `graft frame`: pictures of what a policy sees. */
export function declareFrame(graft: Command, shell: Shell): void {
  graft
    .command('frame')
    .description('one observation: colour, depth, segmentation and heightmap as PNGs, depth as .npy, camera as JSON')
    .argument('[scenario]', scenarioHelp, 'tabletop')
    .option('--seed <n>', 'evaluation seed', integer(0), 0)
    .option('--index <n>', 'scene', integer(0), 0)
    .requiredOption('--out <folder>', 'where to write')
    .addOption(jsonOption())
    .action((scenario: string, options: FrameOptions) => frame(shell, scenario, options));
}

async function frame(shell: Shell, scenario: string, { seed, index, out, json }: FrameOptions): Promise<void> {
  const { writeFrames } = await import('../../../scenarios/inspect/frames.ts');
  const files = await writeFrames(scenario, seed, index, out);
  if (json) return shell.print({ files });
  for (const file of files) shell.say(file);
}
