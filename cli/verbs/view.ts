/** Verb `view`: finished runs and recordings in a browser, or a site for any web server. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { UserError } from '../../sim/user-error.ts';
import type { FinishedViewer } from '../../viewer/server.ts';
import { portOption } from '../options.ts';
import { replayProgress } from '../progress.ts';
import type { Shell } from '../shell.ts';
import { openedRace, openedWalk, openViewer, startedViewer, untilInterrupted } from '../viewer.ts';

interface ViewOptions {
  readonly port: number;
  readonly build?: string;
}

/** `graft view`: shows what is finished, or builds the site to play in. */
export function declareView(graft: Command, shell: Shell): void {
  graft
    .command('view')
    .description(
      'watch the policy of a finished run on its evaluation scenes, recordings, a race or the grasps of a benchmark in a browser; or build a site to play in',
    )
    .argument(
      '[run...]',
      'a run folder (default: the newest; with --build: none), one or two recordings (MCAP), or the folder of a race or a transfer benchmark',
    )
    .addOption(portOption())
    .option(
      '--build <folder>',
      "write a site for any web server instead: the run's recording, if any, and the simulator in a page, with the run's policy or the shipped one",
    )
    .action((what: string[], { build, port }: ViewOptions) =>
      build === undefined ? view(shell, what, port) : buildSite(shell, what, build),
    );
}

const isRecording = (path: string): boolean => path.endsWith('.mcap');

async function buildSite(shell: Shell, what: readonly string[], out: string): Promise<void> {
  const [run] = what;
  if (what.some(isRecording) || what.length > 1)
    throw new UserError(`view --build: expected one run or none, got ${what.join(' ')}`);
  const site = await import('../../scenarios/view/site.ts');
  const { writeSite } = await import('../../viewer/site.ts');
  shell.say(`site: ${await site.buildSite({ out, ...(run && { run }), write: writeSite })}`);
}

async function view(shell: Shell, what: readonly string[], port: number): Promise<void> {
  const signal = shell.interruption();
  if (what.some(isRecording)) return viewRecordings(shell, what, port, signal);
  if (what.length > 1) throw new UserError(`view: expected one run or two recordings, got ${what.join(' ')}`);
  const { isBenchmark } = await import('../../scenarios/view/walk/read.ts');
  if (what[0] !== undefined && isBenchmark(what[0])) return viewBenchmark(shell, what[0], port, signal);
  const { isRace } = await import('../../scenarios/view/shared-race.ts');
  if (what[0] !== undefined && isRace(what[0])) return viewRace(shell, what[0], port, signal);
  const { viewRun } = await import('../../scenarios/view/view-run.ts');
  await viewRun(what[0], () => openViewer(shell, port), signal, shell.say);
}

/** Serves a benchmark until Ctrl-C; its trials are played again when they are asked for. */
async function viewBenchmark(shell: Shell, folder: string, port: number, signal: AbortSignal): Promise<void> {
  const { openWalk } = await import('../../scenarios/view/walk/open.ts');
  const walk = await openWalk(folder);
  try {
    await served(shell, await openedWalk(port, walk), signal);
  } finally {
    await walk.close();
  }
}

/** Serves a race that is over until Ctrl-C; what was not recorded is replayed before. */
async function viewRace(shell: Shell, folder: string, port: number, signal: AbortSignal): Promise<void> {
  const { openRace } = await import('../../scenarios/view/open-race.ts');
  const { onTrial, stop } = await replayProgress();
  const race = await openRace({ from: folder, watch: () => ({ onTrial, signal }) }).finally(stop);
  try {
    for (const note of race.notes) shell.say(note);
    await served(shell, await openedRace(port, race), signal);
  } finally {
    race.close();
  }
}

/** Says where a viewer is, and closes it at Ctrl-C. @param query behind its address. */
async function served(shell: Shell, viewer: FinishedViewer, signal: AbortSignal, query = ''): Promise<void> {
  try {
    shell.say(`viewer:   ${viewer.url}${query}`);
    shell.say('Ctrl-C ends it');
    await untilInterrupted(signal);
  } finally {
    await viewer.close();
  }
}

/** Serves one recording, or two side by side, until Ctrl-C. @throws RecordingError if one is none. */
async function viewRecordings(
  shell: Shell,
  paths: readonly string[],
  port: number,
  signal: AbortSignal,
): Promise<void> {
  if (paths.length > 2) throw new UserError(`view: expected one or two recordings, got ${paths.length}`);
  const { openRecordingFile } = await import('../../scenarios/recordings/open.ts');
  const opened = await Promise.all(paths.map((path) => openRecordingFile(resolve(path))));
  const viewer = await startedViewer(port);
  const [first, second] = opened.map(({ name }) => encodeURIComponent(viewer.serveRecording(name)));
  await served(shell, viewer, signal, `?recording=${first}${second ? `&beside=${second}` : ''}`);
}
