/** Verb `share`: a run as a page for others, in a folder or in one file. */
import { existsSync, readdirSync, type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { UserError } from '../../../sim/user-error.ts';
import { EMBED_DEFAULT, type EmbedSize, parseEmbedSize } from '../../../viewer/page/share/embed.ts';
import { integer, jsonOption, refusing } from '../../options.ts';
import { replayProgress } from '../../progress.ts';
import type { Shell } from '../../shell.ts';

interface ShareOptions {
  readonly out: string;
  readonly single?: boolean;
  readonly trials?: number;
  readonly size: EmbedSize;
  readonly json?: boolean;
}

/** A page larger than this is slow to open, bytes. */
const LARGE_BYTES = 12e6;

const HELP = `
The folder opens from any web host, under any path, in a frame of another page, and asks nobody else for
anything: index.html, recording.mcap, the report if there is one, embed.txt with the snippet for other
pages, and the play page with the run's policy. With --single it is one file of HTML, which opens from a
disk, too, without the play page. #t=12,3.45 behind its address is trial 12 (from 0) at 3.45 seconds.

A run that was not recorded is replayed: half of the trials from its training's log, the others by the
trained policy on the evaluation scenes.

Of a race it is the race's page, with the same trials of its arms side by side. Of a transfer benchmark it
is the page that graft view shows, with the grasps of two arms on --trials scenes on which they differ
(default: 40).`;

/** `graft share`: a page to send on. */
export function declareShare(graft: Command, shell: Shell): void {
  graft
    .command('share')
    .description(
      'write a page for others that plays the trials of a run, race or benchmark, with curves and report; no server needed',
    )
    .argument('<run>', 'the folder of a finished run, race or transfer benchmark, or a recording (MCAP)')
    .requiredOption('--out <path>', 'a folder that is empty or does not exist yet; with --single a new .html file')
    .option('--single', 'one file with everything in it')
    .option(
      '--trials <n>',
      'take so many trials along, spread evenly (default: all of a recording, else 100)',
      integer(1),
    )
    .addOption(
      new Option('--size <w>x<h>', 'of the frame in the snippet for other pages, pixels')
        .argParser(refusing(parseEmbedSize))
        .default(EMBED_DEFAULT, `${EMBED_DEFAULT.widthPx}x${EMBED_DEFAULT.heightPx}`),
    )
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action((from: string, options: ShareOptions) => share(shell, from, options));
}

async function share(shell: Shell, from: string, options: ShareOptions): Promise<void> {
  const { single = false, trials, size, json } = options;
  const out = resolve(options.out);
  checkOut(options.out, single);
  const { isBenchmark } = await import('../../../scenarios/view/walk/read.ts');
  if (isBenchmark(from)) return shareBenchmark(shell, from, options, out);
  const { isRace } = await import('../../../scenarios/view/shared-race.ts');
  if (isRace(from)) return shareRace(shell, from, options, out);
  const { sharedRun } = await import('../../../scenarios/view/shared-run.ts');
  const { shareFile, shareFolder } = await import('../../../viewer/share/share.ts');
  const { onTrial, stop } = await replayProgress(json);
  const run = await sharedRun({ from, trials, watch: () => ({ onTrial, signal: shell.interruption() }) });
  const { sizeBytes, snippet } = await (single ? shareFile : shareFolder)({ run, out, size })
    .catch((error) => {
      throw refusal(out, error);
    })
    .finally(stop);
  if (json)
    return shell.print({ out, single, trials: run.taken, recorded: run.trials, sizeBytes, snippet, notes: run.notes });
  for (const note of run.notes) shell.say(note);
  const of = run.taken < run.trials ? ` of ${run.trials}` : '';
  shell.say(`${out}: ${run.taken}${of} trials, ${(sizeBytes / 1e6).toFixed(1)} MB`);
  if (single && sizeBytes > LARGE_BYTES && run.taken > 100) shell.say('a smaller one: --trials 100');
  shell.say(`for other pages: ${snippet}`);
}

async function shareRace(shell: Shell, from: string, options: ShareOptions, out: string): Promise<void> {
  const { single = false, trials, size, json } = options;
  const { sharedRace } = await import('../../../scenarios/view/shared-race.ts');
  const { shareRaceFile, shareRaceFolder } = await import('../../../viewer/share/race.ts');
  const { onTrial, stop } = await replayProgress(json);
  const race = await sharedRace({ from, trials, watch: () => ({ onTrial, signal: shell.interruption() }) });
  const { sizeBytes, snippet } = await (single ? shareRaceFile : shareRaceFolder)({ race, out, size })
    .catch((error) => {
      throw refusal(out, error);
    })
    .finally(stop);
  const { notes, taken, arms } = race;
  const names = arms.map(({ name }) => name);
  if (json) return shell.print({ out, single, arms: names, trials: taken, sizeBytes, snippet, notes });
  for (const note of notes) shell.say(note);
  shell.say(`${out}: ${taken} trials of each of ${names.join(', ')}, ${(sizeBytes / 1e6).toFixed(1)} MB`);
  if (single && sizeBytes > LARGE_BYTES) shell.say(`a smaller one: --trials ${Math.ceil(taken / 2)}`);
  shell.say(`for other pages: ${snippet}`);
}

/** Scenes of a benchmark that go along unless told otherwise. */
const SCENES = 40;

async function shareBenchmark(shell: Shell, from: string, options: ShareOptions, out: string): Promise<void> {
  const { single = false, trials: scenes = SCENES, size, json } = options;
  const { sharedWalk } = await import('../../../scenarios/view/walk/shared.ts');
  const { shareWalkFile, shareWalkFolder } = await import('../../../viewer/share/walk.ts');
  const { onTrial: onScene, stop } = await replayProgress(json);
  const shared = await sharedWalk({ from, scenes, onScene, signal: shell.interruption() });
  const { sizeBytes, snippet } = await (single ? shareWalkFile : shareWalkFolder)({ shared, out, size })
    .catch((error) => {
      throw refusal(out, error);
    })
    .finally(stop);
  const { notes } = shared;
  if (json) return shell.print({ out, single, scenes: shared.taken(), sizeBytes, snippet, notes });
  for (const note of notes) shell.say(note);
  shell.say(`${out}: ${shared.taken()} scenes with two grasps each, ${(sizeBytes / 1e6).toFixed(1)} MB`);
  if (single && sizeBytes > LARGE_BYTES) shell.say(`a smaller one: --trials ${Math.ceil(shared.taken() / 2)}`);
  shell.say(`for other pages: ${snippet}`);
}

/** @throws UserError unless something new can be written there. */
function checkOut(out: string, single: boolean): void {
  const there = statOf(out);
  if (single && !/\.html?$/.test(out))
    throw new UserError(`share --single: expected --out with a name that ends in .html, got ${out}`);
  if (single && there) throw new UserError(`${out}: expected a file that does not exist yet, got one that does`);
  if (there && !(there.isDirectory() && readdirSync(out).length === 0))
    throw new UserError(
      `${out}: expected a folder that is empty or does not exist yet, got ${there.isDirectory() ? 'one with files' : 'a file'}; pass another --out`,
    );
  if (!single || existsSync(resolve(out, '..'))) return;
  throw new UserError(`${out}: expected a file in a folder that exists, got none at ${resolve(out, '..')}`);
}

function statOf(out: string): Stats | undefined {
  try {
    return statSync(out, { throwIfNoEntry: false });
  } catch (error) {
    throw refusal(out, error);
  }
}

/** What a disk has against it is the user's to mend. */
const refusal = (out: string, error: unknown): unknown =>
  error instanceof Error && 'syscall' in error
    ? new UserError(`${out}: expected a place that can be written, got: ${error.message}`)
    : error;
