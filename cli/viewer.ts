/** Viewer of the command line: started on a port, and open until it is interrupted. */
import type { PlayPolicy } from '../sim/recording/live-view.ts';
import type { RecordedRace } from '../sim/recording/race.ts';
import type { WalkSource } from '../sim/recording/walk.ts';
import { UserError } from '../sim/user-error.ts';
import type { FinishedViewer, RaceViewer, Viewer, WorkViewer } from '../viewer/server.ts';
import type { WatchOptions } from './options.ts';
import { checkReach } from './reach.ts';
import type { Shell } from './shell.ts';

/** Starts the viewer and says where it is. @param token of those who may steer. @throws UserError if the port is taken. */
export async function openViewer(shell: Shell, port: number, token?: string): Promise<Viewer> {
  const viewer = await startedViewer(port, token);
  if (token !== undefined) shell.say(`steering: ${viewer.url}#token=${token}`);
  shell.say(`viewer:   ${viewer.url}\n`);
  return viewer;
}

/** As {@link openViewer}, of a race. */
export async function openRaceViewer(shell: Shell, port: number): Promise<RaceViewer> {
  const { startRaceViewer } = await import('../viewer/server.ts');
  const viewer = await opened(() => startRaceViewer({ port, shipped }));
  shell.say(`viewer:   ${viewer.url}\n`);
  return viewer;
}

/**
 * Has the work of an experiment watched, if that is asked for, and says where.
 * @throws UserError if the port is taken, or other machines could watch without a token.
 */
export async function openWorkViewer(
  shell: Shell,
  { view, port, host, token }: WatchOptions,
): Promise<WorkViewer | undefined> {
  if (!view) return undefined;
  await checkReach(host, token);
  const { startWorkViewer } = await import('../viewer/server.ts');
  const viewer = await opened(() => startWorkViewer({ port, host, ...(token !== undefined && { watchToken: token }) }));
  shell.say(`viewer:   ${viewer.url}${token === undefined ? '' : `#token=${token}`}\n`);
  return viewer;
}

/** Serves a benchmark to be walked. @throws UserError if the port is taken. */
export async function openedWalk(port: number, walk: WalkSource): Promise<FinishedViewer> {
  const { startWalkViewer } = await import('../viewer/server.ts');
  return opened(() => startWalkViewer({ port, shipped }, walk));
}

/** Serves a race that is over. @throws UserError if the port is taken. */
export async function openedRace(port: number, race: RecordedRace): Promise<FinishedViewer> {
  const { startRacedViewer } = await import('../viewer/server.ts');
  return opened(() => startRacedViewer({ port, shipped }, race));
}

/** Starts the viewer. @throws UserError if the port is taken. */
export async function startedViewer(port: number, token?: string): Promise<Viewer> {
  const { startViewer } = await import('../viewer/server.ts');
  return opened(() => startViewer({ port, shipped, ...(token !== undefined && { token }) }));
}

async function opened<T>(start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    throw new UserError(error instanceof Error ? error.message : String(error));
  }
}

/** The policy that ships with graft, for the play page. */
const shipped = async (): Promise<PlayPolicy> => (await import('../scenarios/run/play-policy.ts')).shippedPolicy();

/**
 * Works before a viewer's eyes, if there is one. On a terminal it then stays open until it is interrupted.
 * @param work that ends with its result said.
 */
export async function beforeViewer(
  shell: Shell,
  viewer: Pick<Viewer, 'url' | 'clientCount' | 'close'> | undefined,
  signal: AbortSignal,
  { json, work }: { readonly json: boolean; readonly work: () => Promise<void> },
): Promise<void> {
  try {
    await work();
    if (viewer && !json && shell.stdout.isTTY) {
      shell.say(`viewer:   ${viewer.url} stays open; Ctrl-C ends it`);
      await untilInterrupted(signal);
    }
    // the stream runs on a timer: whoever watches gets the result before the page goes
    if (viewer && viewer.clientCount > 0) await new Promise((resolve) => setTimeout(resolve, 500));
  } finally {
    await viewer?.close();
  }
}

/**
 * Has the work of an experiment watched, if that is asked for, and prints or says its result.
 * @throws UserError as {@link openWorkViewer}, before anything is done.
 */
export async function watchedWork<Result>(
  shell: Shell,
  watch: WatchOptions,
  signal: AbortSignal,
  {
    json,
    work,
    say,
  }: {
    readonly json: boolean;
    readonly work: (view: WorkViewer | undefined) => Promise<Result>;
    readonly say: (shell: Shell, result: Result) => void;
  },
): Promise<void> {
  const viewer = await openWorkViewer(shell, watch);
  const told = async (): Promise<void> => {
    const result = await work(viewer);
    if (json) shell.print(result);
    else say(shell, result);
  };
  await beforeViewer(shell, viewer, signal, { json, work: told });
}

/** Resolves once the user has had enough. */
export const untilInterrupted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
