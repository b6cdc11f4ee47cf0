import { type ClientMessage, decodeBinary, decodeText, type ServerMessage, STREAM_PATH } from '../protocol.ts';

export type ConnectionState = 'connecting' | 'live' | 'reconnecting';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 4000;

/** Keeps one websocket to the server that served this page, opening it again with growing pauses when it closes. */
export class Connection {
  readonly #onMessage: (message: ServerMessage) => void;
  readonly #onState: (state: ConnectionState) => void;
  #socket: WebSocket | undefined;
  #waitMs = FIRST_WAIT_MS;
  /** Messages that could not be read. */
  errors = 0;

  constructor(onMessage: (message: ServerMessage) => void, onState: (state: ConnectionState) => void) {
    this.#onMessage = onMessage;
    this.#onState = onState;
    onState('connecting');
    this.#open();
  }

  /** Sends if connected; says whether it did. */
  send(message: ClientMessage): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #open(): void {
    const url = new URL(`.${STREAM_PATH}`, location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      this.#waitMs = FIRST_WAIT_MS;
      this.#onState('live');
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => this.#receive(data);
    socket.onclose = () => {
      this.#onState('reconnecting');
      setTimeout(() => this.#open(), this.#waitMs);
      this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_WAIT_MS);
    };
  }

  #receive(data: string | ArrayBuffer): void {
    let message: ServerMessage;
    try {
      message = typeof data === 'string' ? decodeText(data) : decodeBinary(data);
    } catch (error) {
      if (this.errors++ < 10) console.error(error);
      return;
    }
    this.#onMessage(message);
  }
}
