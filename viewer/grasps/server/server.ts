/** Grasp server: questions over HTTP and websocket, each answered in its client's turn. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { UserError } from '../../../sim/user-error.ts';
import { type Refusal, refuseForeign, refuseStranger } from '../../access.ts';
import { builtPages } from '../../build.ts';
import { respond } from '../../files.ts';
import { listen, refusalText, SAFE_HEADERS, stopListening } from '../../http.ts';
import { type GraspQuestion, readQuestion } from './body.ts';
import { ByteBudget } from './byte-budget.ts';
import { FairQueue } from './fair-queue.ts';
import { HttpError } from './http-error.ts';
import { GraspStreams } from './streams.ts';

/** What a server is started with. */
export interface GraspServerOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** Address to listen on. 127.0.0.1 is this machine only. */
  readonly host: string;
  /** What who asks must know. */
  readonly token?: string | undefined;
  /** Origins of further pages that may ask. */
  readonly origins?: readonly string[];
  /** Largest body or message, bytes. */
  readonly bytesMax: number;
  /** Questions a second of one address. */
  readonly rate: number;
  /** Questions that are answered at once. */
  readonly slots: number;
  /**
   * Answers a question with what becomes JSON.
   * @throws UserError if the question is not what it should be.
   */
  readonly answer: (question: GraspQuestion) => Promise<unknown>;
  /** What `GET /health` tells besides the load. */
  readonly about: Readonly<Record<string, unknown>>;
  /** What `GET /openapi.json` tells. */
  readonly openapi: unknown;
}

/** A running server. */
export interface GraspServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Questions of one client that may wait. */
const WAITING_MAX = 16;
/** All that is held of questions, bytes. */
const HELD_MAX = 512 * 1024 * 1024;
/** So long may a request take to come in, ms. */
const PATIENCE_MS = 30_000;
/** A client asks again after so long, at most, on the same connection, ms. */
const IDLE_MS = 65_000;
/** What is still coming of a refused request is let in for so long, ms. */
const DRAIN_MS = 2000;

const HEADERS = { ...SAFE_HEADERS, 'cache-control': 'no-store' };

/**
 * Starts to serve.
 * @throws Error if the port is in use or may not be opened, or an address of other machines is to be served without a token.
 */
export async function startGraspServer(options: GraspServerOptions): Promise<GraspServer> {
  const { host, port, bytesMax, rate, slots, origins = [], token } = options;
  const root = await builtPages();
  const queue = new FairQueue(slots, WAITING_MAX);
  const budget = new ByteBudget(HELD_MAX);
  const limiter = new RateLimiterMemory({ points: rate, duration: 1 });

  /** An answer in turn. @throws HttpError, whatever went wrong. */
  const answerFrom = async (client: string, question: GraspQuestion, signal: AbortSignal): Promise<string> => {
    try {
      return JSON.stringify(await queue.run(client, () => options.answer(question), signal));
    } catch (error) {
      throw httpErrorOf(error);
    }
  };
  const admit = async ({ socket }: IncomingMessage): Promise<void> => {
    try {
      await limiter.consume(socket.remoteAddress ?? '');
    } catch {
      throw new HttpError(429, `requests: expected at most ${rate} a second, got more`, 1);
    }
  };
  const ask = async (request: IncomingMessage, response: ServerResponse): Promise<string> => {
    if (request.method !== 'POST') throw new HttpError(405, `method: expected POST, got ${request.method}`);
    await admit(request);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const length = Number(request.headers['content-length'] ?? bytesMax);
    return budget.holding(Math.min(length, bytesMax), async () =>
      answerFrom(clientOf(request), await readQuestion(request, bytesMax), gone.signal),
    );
  };
  const refused = (request: IncomingMessage): Refusal | undefined =>
    refuseForeign(request, host, origins) ?? (isPublic(pathOf(request)) ? undefined : refuseStranger(request, token));
  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { origin } = request.headers;
    const named = origin !== undefined && origins.includes(origin);
    if (named) response.setHeaders(new Map(Object.entries(sharedWith(origin))));
    // what a browser asks before it lets a page of another host send a token
    if (named && request.method === 'OPTIONS') return void response.writeHead(204, HEADERS).end();
    const refusal = refused(request);
    if (refusal) throw new HttpError(refusal.status, refusal.reason);
    switch (pathOf(request)) {
      case '/grasps':
        return json(response, 200, await ask(request, response));
      case '/health':
        return json(response, 200, JSON.stringify({ status: 'ok', ...options.about, load: queue.length }));
      case '/openapi.json':
        return json(response, 200, JSON.stringify(options.openapi));
      default:
        return respond(request, response, { root, home: 'grasps.html', recordings: new Map() });
    }
  };

  const http = createServer(
    { requestTimeout: PATIENCE_MS, headersTimeout: 10_000, keepAliveTimeout: IDLE_MS },
    (request, response) => {
      route(request, response).catch((error: unknown) => {
        if (!response.headersSent) void refuse(request, response, httpErrorOf(error));
      });
    },
  );
  const streams = new GraspStreams({
    bytesMax,
    admit,
    answer: (request, question, signal) => answerFrom(clientOf(request), question, signal),
  });
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // whoever asks may be gone before it is answered
    socket.on('error', () => socket.destroy());
    const elsewhere =
      pathOf(request) === '/grasps' ? undefined : { status: 404, reason: 'websocket: expected /grasps' };
    const refusal = elsewhere ?? refused(request) ?? streams.refusal();
    if (refusal) return void socket.end(refusalText(refusal));
    streams.accept(request, socket, head);
  });
  const url = await listen(http, port, host, 'serve');
  return {
    url,
    close: async () => {
      streams.close();
      await stopListening(http);
    },
  };
}

/** Headers that let a page of another host read the answer. */
const sharedWith = (origin: string): Readonly<Record<string, string>> => ({
  'access-control-allow-origin': origin,
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers': 'authorization, content-type',
  vary: 'origin',
});

/** Whose turn it is goes by connection. */
const clientOf = ({ socket }: IncomingMessage): string => `${socket.remoteAddress} ${socket.remotePort}`;

const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split(/[?#]/)[0];

/** The page asks for the token; whoever watches over the server need not know it. */
const isPublic = (path: string): boolean => !['/grasps', '/openapi.json'].includes(path);

/** What went wrong, as it is told to who asked. */
function httpErrorOf(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof UserError) return new HttpError(400, error.message);
  return new HttpError(500, `server: ${error instanceof Error ? error.message : error}`);
}

function json(
  response: ServerResponse,
  status: number,
  body: string,
  more: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...HEADERS,
    ...more,
  });
  response.end(body);
}

async function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { status, message, retryAfter }: HttpError,
): Promise<void> {
  const whole = await drained(request);
  if (response.destroyed) return;
  json(response, status, JSON.stringify({ error: message }), {
    ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
    ...(status === 405 && { allow: 'POST' }),
    ...(!whole && { connection: 'close' }),
  });
}

/** Lets in what is still coming, unread: a client that still sends does not read. @returns whether it came to its end. */
const drained = (request: IncomingMessage): Promise<boolean> =>
  new Promise((resolve) => {
    if (request.complete || request.destroyed) return resolve(request.complete);
    const timer = setTimeout(() => resolve(false), DRAIN_MS);
    request.once('close', () => {
      clearTimeout(timer);
      resolve(request.complete);
    });
    request.resume();
  });
