/** Websocket of environments: who may connect, and a session for each client. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { InputError } from '../parse/parse.ts';
import { note } from '../terminal/notes.ts';
import { createSession, type Ground, REQUEST_MAX_BYTES } from './session.ts';

/** Where to listen, and what a client must know. */
export interface Listening {
  /** 0 takes any free one. */
  readonly port: number;
  readonly host: string;
  readonly token?: string;
}

/** Clients at once. */
const CLIENTS_MAX = 16;

const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1', '[::1]']);

/** @throws InputError if others than this machine are served, and no token is asked of them. */
export function checkListening({ host, token }: Listening): void {
  if (LOOPBACK.has(host) || token) return;
  throw new InputError(`--token: expected one, for --host ${host} serves other machines, got none`);
}

/** Serves environments until the signal fires. @throws InputError as {@link checkListening}, or if the port cannot be had. */
export async function listen(listening: Listening, ground: Ground, signal: AbortSignal): Promise<void> {
  checkListening(listening);
  const { host, port } = listening;
  const server = new WebSocketServer({
    host,
    port,
    maxPayload: REQUEST_MAX_BYTES,
    verifyClient: ({ req }: { req: IncomingMessage }, answer: (ok: boolean, code?: number, why?: string) => void) => {
      const refusal = refusalOf(req, listening, server.clients.size);
      answer(!refusal, refusal?.[0], refusal?.[1]);
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', (error) =>
      reject(new InputError(`env: expected to listen on ${host}:${port}, got: ${error.message}`)),
    );
  });
  const shown = host.includes(':') ? `[${host}]` : host;
  note(`env: ws://${shown}:${(server.address() as AddressInfo).port}/`);
  let clients = 0;
  server.on('connection', (socket) => attend(socket, ground, clients++));
  await fired(signal);
  for (const socket of server.clients) socket.terminate();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

/** Bytes that a client may leave unread. */
const UNREAD_MAX_BYTES = 64e6;

function attend(socket: WebSocket, ground: Ground, client: number): void {
  const send = (json: string): void => {
    if (socket.bufferedAmount > UNREAD_MAX_BYTES) socket.terminate();
    else socket.send(json);
  };
  const session = createSession(ground, client, send, () => socket.close());
  socket.on('message', (data, binary) => session.receive(binary ? '' : String(data)));
  // a message too long ends the connection; nothing else can be said on it
  socket.on('error', () => socket.terminate());
  socket.on('close', () => void session.close().catch((error) => note(`env: ${error}`)));
}

/** Status and reason for a client that is not to be served. */
function refusalOf(
  { headers, url = '/' }: IncomingMessage,
  { host, token }: Listening,
  clients: number,
): readonly [status: number, reason: string] | undefined {
  // a page of any site could connect to this machine: none is served
  if (headers.origin !== undefined) return [403, 'Expected a program, got a page'];
  const asked = (headers.host ?? '').replace(/:\d+$/, '');
  if (LOOPBACK.has(host) && !LOOPBACK.has(asked)) return [403, 'Expected a request to localhost'];
  const given =
    /^Bearer (.*)$/.exec(headers.authorization ?? '')?.[1] ?? new URL(url, 'ws://x').searchParams.get('token');
  if (token && !same(given ?? '', token)) return [401, 'Expected the token'];
  if (clients >= CLIENTS_MAX) return [503, `Expected at most ${CLIENTS_MAX} clients`];
  return undefined;
}

/** Whether two secrets are the same, in a time that says nothing of them. */
const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Resolves once a signal has fired. */
export const fired = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
