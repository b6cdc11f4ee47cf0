/** Verb `race`: several arms that learn on the same scenes, in turns, shown side by side if asked for. */
import type { Command } from 'commander';
import { DEFAULT_ARMS, parseArms, RACE_ARMS } from '../../scenarios/experiments/race/arms.ts';
import type { RaceJson } from '../../scenarios/experiments/race/result.ts';
import type { RecordRule } from '../../scenarios/trials/record-rule.ts';
import {
  integer,
  jsonOption,
  objectsOption,
  portOption,
  recordOption,
  refusing,
  scenarioHelp,
  workersOption,
} from '../options.ts';
import { interval } from '../print.ts';
import type { Shell } from '../shell.ts';
import { beforeViewer, openRaceViewer } from '../viewer.ts';

interface RaceOptions {
  readonly arms?: readonly string[];
  readonly objects?: string;
  readonly trials?: number;
  readonly seed?: number;
  readonly out?: string;
  readonly view?: boolean;
  readonly port: number;
  readonly resume?: boolean;
  readonly record?: RecordRule;
  readonly workers: number;
  readonly json?: boolean;
}

const NOTE = `
The arms take turns of one round each, so that none is ever more than a round ahead in trials; the
seconds of each are those of its own turns. Every arm has the scenes, and ends with the weights, of
\`graft train --arm\` alone with the same seed and trials. \`random\` is the random trunk with a head
that learns; \`depth-pca\`, \`antipodal\` and \`random-grasps\` do not learn.
<race>/<arm>/ is a run like any other: evaluate, view, verify and export take it.`;

/** `graft race`: who learns faster. */
export function declareRace(graft: Command, shell: Shell): void {
  graft
    .command('race')
    .description(
      'train several arms at once on the same scenes, shown side by side with one curve, and compare them on unseen object families',
    )
    .argument('[scenario]', scenarioHelp, 'tabletop')
    .option(
      '--arms <names>',
      `with commas between them, of ${RACE_ARMS.join(', ')} (default: ${DEFAULT_ARMS.join(',')})`,
      refusing(parseArms),
    )
    .addOption(objectsOption())
    .option('--trials <n>', 'training trials of each arm', integer(1))
    .option('--seed <n>', 'training seed of every arm', integer(0))
    .option('--out <folder>', 'the folder, with a run for each arm (default: a new one under runs/)')
    .option('--view', 'show the race live in a browser')
    .addOption(portOption())
    .option('--resume', 'go on with the race in --out')
    .addOption(recordOption())
    .addOption(workersOption())
    .addOption(jsonOption())
    .addHelpText('after', NOTE)
    .action((scenario: string, options: RaceOptions) => race(shell, scenario, options));
}

async function race(shell: Shell, scenario: string, options: RaceOptions): Promise<void> {
  const signal = shell.interruption();
  const { view, port, arms, json, ...rest } = options;
  const viewer = view ? await openRaceViewer(shell, port) : undefined;
  const work = async (): Promise<void> => {
    const { runRace } = await import('../../scenarios/experiments/race/race.ts');
    const result = await runRace({
      ...rest,
      scenario,
      arms: arms ?? DEFAULT_ARMS,
      armsGiven: arms !== undefined,
      resume: options.resume ?? false,
      quiet: json ?? false,
      command: shell.command,
      ...(viewer && { view: viewer }),
      signal,
    });
    if (json) shell.print(result);
    else sayResult(shell, result);
  };
  await beforeViewer(shell, viewer, signal, { json: json ?? false, work });
}

function sayResult(shell: Shell, { arms, verdict, claims, report }: RaceJson): void {
  shell.say('\nheld on the same unseen scenes');
  for (const [name, { success, failed, seconds }] of Object.entries(arms))
    shell.say(`  ${name.padEnd(14)} ${interval(success)}, ${failed} failed in training, ${seconds.toFixed(1)} s`);
  shell.say(verdict);
  for (const claim of claims) shell.say(`- ${claim}`);
  shell.say(`report:   ${report}`);
}
