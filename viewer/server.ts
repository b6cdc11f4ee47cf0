/** Viewer server: pages and live stream on one port, and who may connect. */
import { createServer, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { LiveView, PlayPolicy } from '../sim/recording/live-view.ts';
import type { RaceView, RecordedRace } from '../sim/recording/race.ts';
import type { WalkSource } from '../sim/recording/walk.ts';
import type { WorkView } from '../sim/recording/work.ts';
import { isLoopback, type Refusal, refuseForeign, refuseStranger } from './access.ts';
import { builtPages } from './build.ts';
import { type Files, respond, serveRecording } from './files.ts';
import { STREAM_PATH } from './foxglove/additions.ts';
import type { Patience } from './foxglove/client.ts';
import { SUBPROTOCOLS } from './foxglove/protocol.ts';
import { RunOffer } from './foxglove/run-offer.ts';
import { chooseSubprotocol, type FoxgloveServer, startFoxglove } from './foxglove/server.ts';
import { WorkOffer } from './foxglove/work-offer.ts';
import { listen, refusalText, SAFE_HEADERS, stopListening } from './http.ts';
import { carriedRace, recordingOf } from './share/race.ts';

export interface ViewerOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** Address to listen on. Default 127.0.0.1: this machine only. */
  readonly host?: string;
  /** Origins of further pages that may connect, such as `https://viewer.example`. */
  readonly origins?: readonly string[];
  /** How long a client may be behind. */
  readonly patience?: Patience;
  /** What those must send who steer a training, as sub-protocol `token.<token>`. Left out: whoever is on this machine may. */
  readonly token?: string;
  /** What even those must send who only watch, in the same way. Left out: everybody who reaches the port may watch. */
  readonly watchToken?: string;
  /** The policy that the play page offers until a run has one, read when it is first asked for. */
  readonly shipped?: () => Promise<PlayPolicy>;
}

/** A running viewer. */
export interface Viewer extends LiveView {
  readonly url: string;
  readonly clientCount: number;
  close(): Promise<void>;
}

const CLIENTS_MAX = 128;
/** Milliseconds within which everybody who watches the units of an experiment is told the latest. */
const FAREWELL_MS = 500;
/** Viewers of one page, by its origin and its address: none can shut the others out. */
const PAGE_MAX = 64;
/** Pages that may connect besides graft's own: the desktop programs load theirs from a file. */
const ORIGINS = ['https://app.foxglove.dev', 'https://lichtblick-suite.github.io', 'file://'];

/** What is streamed, and who listens. */
interface Streamed {
  readonly clients: FoxgloveServer;
}

/** A run as it is streamed. */
interface Channelled extends Streamed {
  readonly run: RunOffer;
}

/**
 * Builds the page if needed and starts serving it.
 * @throws Error if the port is in use or may not be opened.
 */
export async function startViewer(options: ViewerOptions): Promise<Viewer> {
  const root = await builtPages();
  const one = channelled(options);
  const files: Files = { root, recordings: new Map(), ...(options.shipped && { shipped: options.shipped }) };
  const { url, close } = await serve(options, files, (path) => (isStream(path) ? one.clients : undefined), [one]);
  return {
    url,
    get clientCount() {
      return one.clients.clientCount;
    },
    ...viewOf(one, files),
    serveReport: (path) => {
      files.report = path;
    },
    close,
  };
}

/** A running viewer of what is over. */
export interface FinishedViewer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the page on which a benchmark can be walked. @throws Error as {@link startViewer}. */
export async function startWalkViewer(options: ViewerOptions, walk: WalkSource): Promise<FinishedViewer> {
  const root = await builtPages();
  const { report } = walk;
  const files: Files = { root, home: 'walk/walk.html', recordings: new Map(), walk, ...(report && { report }) };
  return serve(options, files, () => undefined, []);
}

/** Serves the page of a race that is over. @throws Error as {@link startViewer}. */
export async function startRacedViewer(
  options: ViewerOptions,
  { race, recordings }: RecordedRace,
): Promise<FinishedViewer> {
  const root = await builtPages();
  const { report } = race;
  const files: Files = {
    ...{ root, home: 'race.html' },
    carried: { ...carriedRace(race, { report: './report', recordings: './recordings/' }), play: true },
    recordings: new Map([...recordings].map(([arm, path]) => [recordingOf(arm), path])),
    ...(report && { report }),
    ...(options.shipped && { shipped: options.shipped }),
  };
  return serve(options, files, () => undefined, []);
}

/** A running viewer of a race. */
export interface RaceViewer extends RaceView {
  readonly url: string;
  readonly clientCount: number;
  close(): Promise<void>;
}

/**
 * Serves the page of a race, and a stream for each arm at `/stream/<arm>`; that of the first arm at `/stream`, too.
 * @throws Error as {@link startViewer}.
 */
export async function startRaceViewer(options: ViewerOptions): Promise<RaceViewer> {
  const root = await builtPages();
  const arms = new Map<string, Channelled>();
  const all: Channelled[] = [];
  const { shipped } = options;
  const files: Files = { root, home: 'race.html', recordings: new Map(), ...(shipped && { shipped }) };
  const streamAt = (path: string): FoxgloveServer | undefined => {
    const arm = path.startsWith(`${STREAM_PATH}/`) ? arms.get(path.slice(STREAM_PATH.length + 1)) : undefined;
    return (isStream(path) ? all[0] : arm)?.clients;
  };
  const { url, close } = await serve(options, files, streamAt, all);
  return {
    url,
    get clientCount() {
      return all.reduce((sum, { clients }) => sum + clients.clientCount, 0);
    },
    arm: (name) => {
      const one = arms.get(name) ?? channelled(options, true);
      if (!arms.has(name)) all.push(one);
      arms.set(name, one);
      // the report of the race is served in place of the arms' own
      return { ...viewOf(one, files), serveReport: () => undefined };
    },
    streamOf: (name) => `${STREAM_PATH}/${name}`,
    setRace: (race) => {
      for (const { run } of all) run.setRace(race);
    },
    serveReport: (path) => {
      files.report = path;
    },
    close,
  };
}

/** A running viewer of an experiment's units. */
export interface WorkViewer extends WorkView {
  readonly url: string;
  readonly clientCount: number;
  close(): Promise<void>;
}

/** Serves the page on which an experiment's units are watched: who has which, and what became of them. @throws Error as {@link startViewer}. */
export async function startWorkViewer(options: ViewerOptions): Promise<WorkViewer> {
  const root = await builtPages();
  const work = new WorkOffer();
  const clients = startFoxglove(work.offer, options.patience);
  const files: Files = { root, home: 'work/work.html', recordings: new Map() };
  const { url, close } = await serve(options, files, (path) => (isStream(path) ? clients : undefined), [{ clients }]);
  return {
    url,
    get clientCount() {
      return clients.clientCount;
    },
    show: (shown) => work.show(shown),
    close: async () => {
      // whoever watches hears how it ended, whatever the end
      if (clients.clientCount > 0) await new Promise((resolve) => setTimeout(resolve, FAREWELL_MS));
      await close();
    },
  };
}

/** @param steady as of `Playback`. */
function channelled({ patience }: ViewerOptions, steady = false): Channelled {
  const run = new RunOffer(steady);
  return { run, clients: startFoxglove(run.offer, patience) };
}

const isStream = (path: string): boolean => path === STREAM_PATH || path === '/';

/** What a run tells its viewers by. */
const viewOf = ({ run, clients }: Channelled, files: Files): Omit<LiveView, 'serveReport'> => ({
  setRun: (info) => run.setRun(info),
  publishTrial: (summary) => run.addTrial(summary),
  publishEpisode: (episode) => run.addEpisode(episode),
  publishResult: (result) => run.setResult(result),
  offerSteering: (steering) => run.offerSteering(steering),
  servePolicy: (policy) => {
    files.policy = policy;
  },
  serveRecording: (path) => serveRecording(files, path),
  wantsEpisode: () => run.wantsEpisode(clients.clientCount > 0),
});

/**
 * Serves files and streams on one port.
 * @param streamAt the stream at a path, if there is one. @param streams all of them, to be ended at last.
 */
async function serve(
  { port, host = '127.0.0.1', origins = [], token, watchToken }: ViewerOptions,
  files: Files,
  streamAt: (path: string) => FoxgloveServer | undefined,
  streams: readonly Streamed[],
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const known = [...ORIGINS, ...origins];
  const endStreams = (): void => {
    for (const { clients } of streams) clients.close();
  };
  const http = createServer((request, response) => {
    const foreign = refuseForeign(request, host, known);
    if (foreign) response.writeHead(foreign.status, SAFE_HEADERS).end(`${foreign.reason}\n`);
    else void respond(request, response, files);
  });
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // whoever asks may be gone before it is answered
    socket.on('error', () => socket.destroy());
    const clients = streamAt(request.url?.split('?')[0] ?? '');
    const refusal = clients
      ? (refuse(request, host, known, clients) ?? refuseStranger(request, watchToken))
      : NO_STREAM;
    if (refusal) return void socket.end(refusalText(refusal));
    clients?.accept(request, socket, head, { maySteer: maySteer(request, host, token) });
  });
  try {
    const url = await listen(http, port, host, 'viewer');
    return {
      url,
      close: async () => {
        endStreams();
        await stopListening(http);
      },
    };
  } catch (error) {
    endStreams();
    throw error;
  }
}

/** Whether a client may steer, and not only watch: it knows the token; without one, it is of this machine and of no other page. */
const maySteer = (request: IncomingMessage, host: string, token: string | undefined): boolean =>
  token === undefined
    ? isLoopback(host) && refuseForeign(request, host, []) === undefined
    : refuseStranger(request, token) === undefined;

const NO_STREAM: Refusal = { status: 404, reason: `websocket: expected path / or ${STREAM_PATH}` };

/** Status line and reason for a websocket request that is not to be served, else undefined. */
function refuse(
  request: IncomingMessage,
  host: string,
  origins: readonly string[],
  clients: FoxgloveServer,
): Refusal | undefined {
  const foreign = refuseForeign(request, host, origins);
  if (foreign) return { ...foreign, reason: `websocket: ${foreign.reason}` };
  const offered = request.headers['sec-websocket-protocol'];
  if (!chooseSubprotocol(offered))
    return {
      status: 400,
      reason: `websocket: expected sub-protocol ${SUBPROTOCOLS.join(' or ')}, got ${offered ?? 'none'}`,
    };
  const full = clients.clientCount >= CLIENTS_MAX ? CLIENTS_MAX : clients.countOf(request) >= PAGE_MAX ? PAGE_MAX : 0;
  if (full === 0) return undefined;
  const whose = full === PAGE_MAX ? ' of one page' : '';
  return { status: 503, reason: `websocket: expected at most ${full} viewers${whose}, got one more` };
}
