import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, sep } from 'node:path';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { ensureClientBuilt } from './build.ts';
import type { Episode, RunInfo, RunResult, TrialSummary } from './episode.ts';
import { Playback } from './playback.ts';
import { CLIENT_MESSAGE_BYTES, decodeClient, encodeText, PROTOCOL_VERSION, STREAM_PATH } from './protocol.ts';

export interface ViewerOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** Address to listen on. Default 127.0.0.1: this machine only. */
  readonly host?: string;
}

/**
 * A running viewer. All `publish` calls return at once and never wait for a browser: the server keeps the state of the
 * run, and each client is brought up to date at the pace at which it reads.
 */
export interface Viewer {
  readonly url: string;
  readonly clientCount: number;
  setRun(run: RunInfo): void;
  publishTrial(summary: TrialSummary): void;
  /**
   * Hands over an episode to be played after the current one; an earlier one still waiting is dropped.
   * @throws RangeError if the arrays do not fit each other.
   */
  publishEpisode(episode: Episode): void;
  publishResult(result: RunResult): void;
  /** Serves a file at `/report`. */
  serveReport(path: string): void;
  /** Whether recording a trial now is worth it: nothing to show yet, or someone watches and the episode is about to end. */
  wantsEpisode(): boolean;
  close(): Promise<void>;
}

/** Poses are streamed at this rate, messages a second. */
const STREAM_HZ = 60;
/** Nothing more is queued for a client that has this much unread, bytes: newest wins. */
const BUFFER_BYTES = 256 * 1024;
const TRIALS_PER_MESSAGE = 500;
const CLIENTS_MAX = 32;
/** Longer frames are refused by the socket layer before they are read into memory, bytes. */
const PAYLOAD_MAX_BYTES = 64 * 1024;

/** What one client has been sent; the rest of the state is sent when it has room. */
interface Client {
  readonly socket: WebSocket;
  paused: boolean;
  run: RunInfo | undefined;
  result: RunResult | undefined;
  /** Count of trial summaries sent. */
  trials: number;
  /** Number of the episode sent; 0 = none. */
  episode: number;
  /** Geometry it holds. */
  geometry: ReadonlySet<number>;
}

/**
 * Builds the page if needed and starts serving it.
 * @throws Error if the port is in use or may not be opened.
 */
export async function startViewer({ port, host = '127.0.0.1' }: ViewerOptions): Promise<Viewer> {
  const root = await ensureClientBuilt();
  const stream = new Stream();
  let report: string | undefined;
  const http = createServer((request, response) => {
    void respond(request, response, root, report);
  });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: PAYLOAD_MAX_BYTES, perMessageDeflate: false });
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refusal = refuse(request, host, stream.clientCount);
    if (refusal) return void socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\n\r\n`);
    sockets.handleUpgrade(request, socket, head, (ws) => stream.add(ws));
  });
  await listen(http, port, host);
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${shown}:${(http.address() as AddressInfo).port}/`,
    get clientCount() {
      return stream.clientCount;
    },
    setRun: (run) => stream.setRun(run),
    publishTrial: (summary) => stream.addTrial(summary),
    publishEpisode: (episode) => stream.playback.add(episode, now()),
    publishResult: (result) => stream.setResult(result),
    serveReport: (path) => {
      report = path;
    },
    wantsEpisode: () => stream.playback.wants(now(), stream.clientCount > 0),
    close: async () => {
      stream.close();
      sockets.close();
      await new Promise<void>((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      });
    },
  };
}

/** Seconds on a clock that never goes back. */
const now = (): number => performance.now() / 1000;

/** The state of the run and the clients that are told about it. */
class Stream {
  readonly playback = new Playback();
  readonly #clients = new Set<Client>();
  readonly #trials: TrialSummary[] = [];
  readonly #timer: NodeJS.Timeout;
  #run: RunInfo | undefined;
  #result: RunResult | undefined;

  constructor() {
    this.#timer = setInterval(() => this.#tick(), 1000 / STREAM_HZ);
  }

  get clientCount(): number {
    return this.#clients.size;
  }

  setRun(run: RunInfo): void {
    this.#run = run;
  }

  setResult(result: RunResult): void {
    this.#result = result;
  }

  addTrial(summary: TrialSummary): void {
    this.#trials.push(summary);
  }

  add(socket: WebSocket): void {
    const client: Client = {
      socket,
      paused: false,
      run: undefined,
      result: undefined,
      trials: 0,
      episode: 0,
      geometry: new Set(),
    };
    this.#clients.add(client);
    socket.on('close', () => this.#clients.delete(client));
    // A broken socket closes right after; there is nobody left to tell.
    socket.on('error', () => socket.terminate());
    socket.on('message', (data, isBinary) => listenTo(client, data as Buffer, isBinary));
    socket.send(encodeText({ type: 'hello', version: PROTOCOL_VERSION }));
  }

  close(): void {
    clearInterval(this.#timer);
    for (const { socket } of this.#clients) {
      socket.close(1001, 'the run has ended');
      socket.terminate();
    }
  }

  #tick(): void {
    if (this.#clients.size === 0) return;
    const poses = this.playback.poses(now());
    for (const client of this.#clients) {
      if (client.socket.readyState !== client.socket.OPEN) continue;
      this.#catchUp(client);
      const upToDate = client.episode === this.playback.current?.info.episode;
      if (poses && upToDate && !client.paused && hasRoom(client)) client.socket.send(poses);
    }
  }

  /** Sends what the client lacks, as far as it has room. */
  #catchUp(client: Client): void {
    const { socket } = client;
    if (this.#run && client.run !== this.#run) {
      client.run = this.#run;
      socket.send(encodeText({ type: 'run', run: this.#run }));
    }
    while (client.trials < this.#trials.length && hasRoom(client)) {
      const trials = this.#trials.slice(client.trials, client.trials + TRIALS_PER_MESSAGE);
      client.trials += trials.length;
      socket.send(encodeText({ type: 'trials', trials }));
    }
    if (this.#result && client.result !== this.#result && client.trials === this.#trials.length) {
      client.result = this.#result;
      socket.send(encodeText({ type: 'result', ...this.#result }));
    }
    const { current } = this.playback;
    if (current && client.episode !== current.info.episode && !client.paused && hasRoom(client)) {
      client.episode = current.info.episode;
      socket.send(encodeText({ type: 'episode', ...current.info }));
      for (const [id, bytes] of current.geometry) if (!client.geometry.has(id)) socket.send(bytes);
      client.geometry = new Set(current.geometry.keys());
      socket.send(current.camera);
      socket.send(current.maps);
    }
  }
}

const hasRoom = ({ socket }: Client): boolean => socket.bufferedAmount < BUFFER_BYTES;

/** Obeys one message of a client, or closes that client's connection saying why. */
function listenTo(client: Client, data: Buffer, isBinary: boolean): void {
  const limit = CLIENT_MESSAGE_BYTES;
  if (data.length > limit) client.socket.close(1009, `message: expected at most ${limit} bytes, got ${data.length}`);
  else if (isBinary) client.socket.close(1008, 'message: expected JSON text, got binary');
  else obey(client, data.toString('utf8'));
}

function obey(client: Client, text: string): void {
  try {
    client.paused = decodeClient(text).type === 'pause';
  } catch (error) {
    // A close reason may hold 123 bytes.
    client.socket.close(1008, (error as Error).message.replace(/[^ -~]/g, '?').slice(0, 123));
  }
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Status line for a websocket request that is not to be served, else undefined. */
function refuse(request: IncomingMessage, host: string, clients: number): string | undefined {
  const { origin, host: asked = '' } = request.headers;
  if (request.url?.split('?')[0] !== STREAM_PATH) return '404 Not Found';
  if (origin !== undefined && !sameHost(origin, asked)) return '403 Forbidden';
  // A page elsewhere can give its own name this machine's address; when only this machine is served, names must be local.
  const local = LOOPBACK.has(host) || host === '::1';
  if (local && !LOOPBACK.has(asked.replace(/:\d+$/, ''))) return '403 Forbidden';
  return clients >= CLIENTS_MAX ? '503 Service Unavailable' : undefined;
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

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
};

/** The page needs nothing from anywhere else; `data:` is for the icon. */
const POLICY =
  "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  root: string,
  report?: string,
): Promise<void> {
  const fail = (status: number, text: string): void => {
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
  };
  if (request.method !== 'GET' && request.method !== 'HEAD') return fail(405, 'only GET and HEAD');
  const path = requestedPath(request.url ?? '/');
  if (path === undefined) return fail(400, 'bad path');
  const isReport = path === '/report';
  if (isReport && !report) return fail(404, 'this run has not written its report yet');
  const file = isReport ? report! : join(root, path === '/' ? 'index.html' : path);
  if (!isReport && !file.startsWith(root + sep)) return fail(404, 'not found');
  const info = await stat(file).catch(() => undefined);
  if (!info?.isFile()) return fail(404, 'not found');
  response.writeHead(200, {
    'content-type': CONTENT_TYPES[extname(file)] ?? 'application/octet-stream',
    'content-length': info.size,
    'cache-control': path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    'x-content-type-options': 'nosniff',
    ...(isReport ? {} : { 'content-security-policy': POLICY }),
  });
  if (request.method === 'HEAD') return void response.end();
  createReadStream(file)
    .on('error', () => response.destroy())
    .pipe(response);
}

/** The decoded path of a request, without hidden files and parent folders; undefined if there is something wrong with it. */
function requestedPath(url: string): string | undefined {
  try {
    const path = decodeURIComponent(url.split(/[?#]/)[0]);
    const bad = !path.startsWith('/') || /[\0\\]/.test(path) || path.split('/').some((name) => name.startsWith('.'));
    return bad ? undefined : normalize(path);
  } catch {
    return undefined;
  }
}
