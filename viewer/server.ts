/** Viewer server: pages and live stream on one port, and who may connect. */
import { createServer, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { LiveView, PlayPolicy } from '../sim/recording/live-view.ts';
import { type Refusal, refuseForeign } from './access.ts';
import { builtPages } from './build.ts';
import { type Files, respond, serveRecording } from './files.ts';
import { STREAM_PATH } from './foxglove/additions.ts';
import type { Patience } from './foxglove/client.ts';
import { SUBPROTOCOLS } from './foxglove/protocol.ts';
import { RunOffer } from './foxglove/run-offer.ts';
import { chooseSubprotocol, type FoxgloveServer, startFoxglove } from './foxglove/server.ts';
import { listen, refusalText, SAFE_HEADERS, stopListening } from './http.ts';

export interface ViewerOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** Address to listen on. Default 127.0.0.1: this machine only. */
  readonly host?: string;
  /** Origins of further pages that may connect, such as `https://viewer.example`. */
  readonly origins?: readonly string[];
  /** How long a client may be behind. */
  readonly patience?: Patience;
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
/** Viewers of one page, by its origin and its address: none can shut the others out. */
const PAGE_MAX = 64;
/** Pages that may connect besides graft's own: the desktop programs load theirs from a file. */
const ORIGINS = ['https://app.foxglove.dev', 'https://lichtblick-suite.github.io', 'file://'];

/**
 * Builds the page if needed and starts serving it.
 * @throws Error if the port is in use or may not be opened.
 */
export async function startViewer({
  port,
  host = '127.0.0.1',
  origins = [],
  patience,
  shipped,
}: ViewerOptions): Promise<Viewer> {
  const root = await builtPages();
  const run = new RunOffer();
  const clients = startFoxglove(run.offer, patience);
  const files: Files = { root, recordings: new Map(), ...(shipped && { shipped }) };
  const known = [...ORIGINS, ...origins];
  const http = createServer((request, response) => {
    const foreign = refuseForeign(request, host, known);
    if (foreign) response.writeHead(foreign.status, SAFE_HEADERS).end(`${foreign.reason}\n`);
    else void respond(request, response, files);
  });
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // whoever asks may be gone before it is answered
    socket.on('error', () => socket.destroy());
    const refusal = refuse(request, host, known, clients);
    if (refusal) return void socket.end(refusalText(refusal));
    clients.accept(request, socket, head);
  });
  let url: string;
  try {
    url = await listen(http, port, host, 'viewer');
  } catch (error) {
    clients.close();
    throw error;
  }
  return {
    url,
    get clientCount() {
      return clients.clientCount;
    },
    setRun: (info) => run.setRun(info),
    publishTrial: (summary) => run.addTrial(summary),
    publishEpisode: (episode) => run.addEpisode(episode),
    publishResult: (result) => run.setResult(result),
    serveReport: (path) => {
      files.report = path;
    },
    servePolicy: (policy) => {
      files.policy = policy;
    },
    serveRecording: (path) => serveRecording(files, path),
    wantsEpisode: () => run.wantsEpisode(clients.clientCount > 0),
    close: async () => {
      clients.close();
      await stopListening(http);
    },
  };
}

/** Status line and reason for a websocket request that is not to be served, else undefined. */
function refuse(
  request: IncomingMessage,
  host: string,
  origins: readonly string[],
  clients: FoxgloveServer,
): Refusal | undefined {
  const path = request.url?.split('?')[0];
  if (path !== STREAM_PATH && path !== '/')
    return { status: 404, reason: `websocket: expected path / or ${STREAM_PATH}` };
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
