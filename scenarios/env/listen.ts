/** Websocket of environments: who may connect, and a session for each client. */
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { InputError } from '../parse/parse.ts';
import { note } from '../terminal/notes.ts';
import { createSession, type Ground, REQUEST_MAX_BYTES } from './session.ts';

/** Where to listen, and to whom. */
export interface Listening {
  /** 0 takes any free one. */
  readonly port: number;
  readonly host: string;
  /** Why a client is not served: an HTTP status, and one sentence; undefined if it is. Pages are not, whatever it says. */
  readonly refuse: (request: IncomingMessage) => { readonly status: number; readonly reason: string } | undefined;
  /** Of refusals. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Clients at once. */
const CLIENTS_MAX = 16;

/** Serves environments until the signal fires. @throws InputError if the port cannot be had. */
export async function listen(listening: Listening, ground: Ground, signal: AbortSignal): Promise<void> {
  const { host, port } = listening;
  const server = new WebSocketServer({
    host,
    port,
    maxPayload: REQUEST_MAX_BYTES,
    // what is offered may be a token, which nobody needs to hear again
    handleProtocols: () => false,
    verifyClient: ({ req }: { req: IncomingMessage }, answer: Answer) => {
      const refusal = refusalOf(req, listening, server.clients.size);
      answer(!refusal, refusal?.status, refusal?.reason, listening.headers);
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

type Answer = (ok: boolean, status?: number, reason?: string, headers?: Readonly<Record<string, string>>) => void;

/** Why a client is not to be served. */
function refusalOf(request: IncomingMessage, { refuse }: Listening, clients: number): ReturnType<Listening['refuse']> {
  // a page of any site could connect to this machine: none is served
  if (request.headers.origin !== undefined) return { status: 403, reason: 'origin: expected a program, got a page' };
  if (clients >= CLIENTS_MAX) return { status: 503, reason: `clients: expected at most ${CLIENTS_MAX}, got one more` };
  return refuse(request);
}

/** Resolves once a signal has fired. */
export const fired = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
