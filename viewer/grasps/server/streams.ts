/** Streams: a websocket each, on which frames come in and the newest one is answered. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Refusal } from '../../access.ts';
import type { GraspQuestion } from './body.ts';
import { decodeFrame, type Frame } from './frame.ts';
import { HttpError } from './http-error.ts';

/** What streams are given. */
interface StreamOptions {
  /** Largest message, bytes. */
  readonly bytesMax: number;
  /** @throws HttpError if the client asks too often. */
  readonly admit: (request: IncomingMessage) => Promise<void>;
  /** The answer's JSON. @throws HttpError */
  readonly answer: (request: IncomingMessage, question: GraspQuestion, signal: AbortSignal) => Promise<string>;
}

/** Streams at once. */
const STREAMS_MAX = 32;
/** The sub-protocol that a page names beside its token. */
const SUBPROTOCOL = 'graft.grasps.v1';

/** The open streams. */
export class GraspStreams {
  readonly #options: StreamOptions;
  readonly #sockets: WebSocketServer;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload: options.bytesMax,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    });
  }

  refusal(): Refusal | undefined {
    if (this.#sockets.clients.size < STREAMS_MAX) return undefined;
    return { status: 503, reason: `websocket: expected at most ${STREAMS_MAX} streams, got one more` };
  }

  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#sockets.handleUpgrade(request, socket, head, (ws) => {
      serveStream(ws, request, this.#options);
    });
  }

  close(): void {
    for (const ws of this.#sockets.clients) ws.terminate();
    this.#sockets.close();
  }
}

function serveStream(ws: WebSocket, request: IncomingMessage, { admit, answer }: StreamOptions): void {
  const gone = new AbortController();
  let newest: Frame | undefined;
  let busy = false;
  const send = (id: Frame['id'], body: string): void => {
    if (ws.readyState === ws.OPEN) ws.send(id === undefined ? body : `{"id":${JSON.stringify(id)},${body.slice(1)}`);
  };
  const refuse = (id: Frame['id'], { status, message }: HttpError): void =>
    send(id, JSON.stringify({ status, error: message }));
  const work = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    for (let frame = newest; frame; frame = newest) {
      newest = undefined;
      try {
        await admit(request);
        send(frame.id, await answer(request, frame, gone.signal));
      } catch (error) {
        if (error instanceof HttpError) refuse(frame.id, error);
      }
    }
    busy = false;
  };
  ws.on('error', () => ws.terminate());
  ws.on('close', () => gone.abort());
  ws.on('message', (data: Buffer, isBinary) => {
    try {
      const frame = decodeFrame(data, isBinary);
      if (newest) send(newest.id, JSON.stringify({ superseded: true }));
      newest = frame;
    } catch (error) {
      return refuse(undefined, error as HttpError);
    }
    void work();
  });
}
