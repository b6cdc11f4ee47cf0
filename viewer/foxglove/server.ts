/** Foxglove server: connections, their signs of life, and when clients catch up. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { CLIENT_MESSAGE_BYTES, Client, type Patience } from './client.ts';
import { SUBPROTOCOLS } from './protocol.ts';
import type { Caller, Offer } from './sources.ts';

/** Clients are asked for a sign of life this often; one that owes two is gone. */
const PING_MS = 20_000;
const PATIENCE: Patience = { warnMs: 3000, closeMs: 30_000 };

export interface FoxgloveServer {
  readonly clientCount: number;
  /** Clients of the page that asks: those with its origin and address. */
  countOf(request: IncomingMessage): number;
  /** Takes over a connection that asks for a websocket with a sub-protocol that is known here. @param rights to watch, if left out. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, rights?: Caller): void;
  close(): void;
}

/** The sub-protocol to speak with a client, of those it offers in a `Sec-WebSocket-Protocol` header; undefined if none is known. */
export function chooseSubprotocol(offered: string | undefined): string | undefined {
  const list = (offered ?? '').split(',').map((name) => name.trim());
  return SUBPROTOCOLS.find((name) => list.includes(name));
}

const pageOf = ({ headers, socket }: IncomingMessage): string =>
  `${headers.origin ?? ''} ${socket.remoteAddress ?? ''}`;

/** Serves an offer to any number of clients. Nobody ever waits for a client. */
export function startFoxglove(offer: Offer, patience: Patience = PATIENCE): FoxgloveServer {
  const sockets = new WebSocketServer({
    ...{ noServer: true, maxPayload: CLIENT_MESSAGE_BYTES, perMessageDeflate: false },
    handleProtocols: (names) => SUBPROTOCOLS.find((name) => names.has(name)) ?? false,
  });
  const clients = new Map<WebSocket, Client>();
  const owing = new WeakMap<WebSocket, number>();
  const pages = new Map<WebSocket, string>();
  const add = (socket: WebSocket, wire: Duplex, page: string, rights: Caller): void => {
    pages.set(socket, page);
    const client = new Client(socket, wire, offer, { patience, ...rights });
    clients.set(socket, client);
    socket.on('close', () => {
      clients.delete(socket);
      pages.delete(socket);
    });
    // a broken socket closes right after; there is nobody left to tell
    socket.on('error', () => undefined);
    socket.on('message', (data, isBinary) => client.hear(data as Buffer, isBinary, performance.now()));
    socket.on('pong', () => owing.set(socket, 0));
  };
  let stream: NodeJS.Timeout;
  const tick = (): void => {
    const now = performance.now();
    for (const client of clients.values()) client.catchUp(now);
    stream = setTimeout(tick, Math.ceil(offer.untilNews()));
  };
  stream = setTimeout(tick, Math.ceil(offer.untilNews()));
  const pulse = setInterval(() => {
    for (const socket of clients.keys()) {
      const pings = owing.get(socket) ?? 0;
      if (pings >= 2) socket.terminate();
      else socket.ping();
      owing.set(socket, pings + 1);
    }
  }, PING_MS);
  return {
    get clientCount() {
      return clients.size;
    },
    countOf: (request) => {
      const page = pageOf(request);
      return [...pages.values()].filter((other) => other === page).length;
    },
    accept: (request, socket, head, rights = { maySteer: false }) =>
      sockets.handleUpgrade(request, socket, head, (ws) => add(ws, socket, pageOf(request), rights)),
    close() {
      clearTimeout(stream);
      clearInterval(pulse);
      for (const socket of clients.keys()) {
        socket.close(1001, 'the run has ended');
        socket.terminate();
      }
      sockets.close();
    },
  };
}
