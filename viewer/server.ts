/** Viewer server: pages and live stream on one port, and who may connect. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { LiveView } from '../sim/recording/live-view.ts';
import { builtPages } from './build.ts';
import { type Files, respond, serveRecording } from './files.ts';
import { STREAM_PATH } from './foxglove/additions.ts';
import type { Patience } from './foxglove/client.ts';
import { SUBPROTOCOLS } from './foxglove/protocol.ts';
import { RunOffer } from './foxglove/run-offer.ts';
import { chooseSubprotocol, startFoxglove } from './foxglove/server.ts';

export interface ViewerOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** Address to listen on. Default 127.0.0.1: this machine only. */
  readonly host?: string;
  /** Origins of further pages that may connect, such as `https://viewer.example`. */
  readonly origins?: readonly string[];
  /** How long a client may be behind. */
  readonly patience?: Patience;
}

/** A running viewer. */
export interface Viewer extends LiveView {
  readonly url: string;
  readonly clientCount: number;
  close(): Promise<void>;
}

const CLIENTS_MAX = 64;
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
}: ViewerOptions): Promise<Viewer> {
  const root = await builtPages();
  const run = new RunOffer();
  const clients = startFoxglove(run.offer, patience);
  const files: Files = { root, recordings: new Map() };
  const http = createServer((request, response) => {
    void respond(request, response, files);
  });
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // whoever asks may be gone before it is answered
    socket.on('error', () => socket.destroy());
    const refusal = refuse(request, host, [...ORIGINS, ...origins], clients.clientCount);
    if (refusal) return void socket.end(refusalOf(...refusal));
    clients.accept(request, socket, head);
  });
  try {
    await listen(http, port, host);
  } catch (error) {
    clients.close();
    throw error;
  }
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${shown}:${(http.address() as AddressInfo).port}/`,
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
      await new Promise<void>((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      });
    },
  };
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Status line and reason for a websocket request that is not to be served, else undefined. */
function refuse(
  request: IncomingMessage,
  host: string,
  origins: readonly string[],
  clients: number,
): readonly [status: string, reason: string] | undefined {
  const { origin, host: asked = '' } = request.headers;
  const path = request.url?.split('?')[0];
  if (path !== STREAM_PATH && path !== '/') return ['404 Not Found', `websocket: expected path / or ${STREAM_PATH}`];
  if (origin !== undefined && !sameHost(origin, asked) && !origins.includes(origin))
    return [
      '403 Forbidden',
      `websocket: expected a page of this server or of ${origins.join(', ')}, got one of ${origin}`,
    ];
  // A page elsewhere can give its own name this machine's address; when only this machine is served, names must be local.
  const local = LOOPBACK.has(host) || host === '::1';
  if (local && !LOOPBACK.has(asked.replace(/:\d+$/, '')))
    return ['403 Forbidden', `websocket: expected a request to localhost, got one to ${asked}`];
  const offered = request.headers['sec-websocket-protocol'];
  if (!chooseSubprotocol(offered))
    return [
      '400 Bad Request',
      `websocket: expected sub-protocol ${SUBPROTOCOLS.join(' or ')}, got ${offered ?? 'none'}`,
    ];
  if (clients < CLIENTS_MAX) return undefined;
  return ['503 Service Unavailable', `websocket: expected at most ${CLIENTS_MAX} viewers, got one more`];
}

function refusalOf(status: string, reason: string): string {
  const body = `${reason.replace(/[^ -~]/g, '?')}\n`;
  const headers = `Connection: close\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}`;
  return `HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${body}`;
}

const sameHost = (origin: string, host: string): boolean => URL.canParse(origin) && new URL(origin).host === host;

function listen(http: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => {
      const inUse = error.code === 'EADDRINUSE';
      const advice = `viewer: port ${port} is in use; pass --port N or stop the other program`;
      reject(inUse ? new Error(advice, { cause: error }) : error);
    });
    http.listen(port, host, resolve);
  });
}
