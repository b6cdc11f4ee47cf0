/** Connection of a page to its server: topics, parameters, service calls, reconnecting. */
import { type Decode, type Fields, protobufDecoder } from '../../sim/recording/read/decode.ts';
import { STREAM_PATH } from '../foxglove/additions.ts';
import {
  type Channel,
  decodeServerBinary,
  encodeServiceRequest,
  type Parameter,
  type ServerJson,
  SUBPROTOCOLS,
} from '../foxglove/protocol.ts';
import { carried } from './share/here.ts';
import { tokenProtocols } from './steer/token.ts';

export type ConnectionState = 'connecting' | 'live' | 'reconnecting';

/** Who is told what a server says. */
export interface Listener {
  onState(state: ConnectionState): void;
  /** A server, perhaps a new one, is about to send all it has. @param protocol version of graft's additions. */
  onServer(protocol: string): void;
  /** @param time seconds since 1970. */
  onMessage(topic: string, time: number, message: Fields): void;
  onParameters(parameters: readonly Parameter[]): void;
  /** @param level 0 information, 1 warning, 2 error. */
  onStatus(level: number, message: string): void;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 4000;

interface Call {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A client of the Foxglove WebSocket protocol: keeps one connection to the server that served this page, opening it again
 * with growing pauses when it closes, and subscribes to topics as they are advertised.
 */
export class Connection {
  readonly #listener: Listener;
  readonly #topics: readonly string[];
  readonly #path: string;
  #closed = false;
  #socket: WebSocket | undefined;
  #waitMs = FIRST_WAIT_MS;
  /** By subscription, which has the number of its channel. */
  readonly #channels = new Map<number, { readonly topic: string; readonly decode: Decode }>();
  readonly #services = new Map<string, number>();
  readonly #calls = new Map<number, Call>();
  #lastCall = 0;
  /** Messages that could not be read. */
  errors = 0;

  /** @param path of the stream on the server. */
  constructor(topics: readonly string[], listener: Listener, path = STREAM_PATH) {
    this.#topics = topics;
    this.#path = path;
    this.#listener = listener;
    // without a server behind the page there is nobody to wait for
    if (carried) return;
    listener.onState('connecting');
    this.#open();
  }

  /** Sets a parameter, if connected; says whether it was. */
  set(name: string, value: boolean): boolean {
    return this.#send({ op: 'setParameters', parameters: [{ name, value }] });
  }

  /** Calls a service with JSON. @throws Error if it fails, or the connection is lost before the answer. */
  call(name: string, request: unknown): Promise<unknown> {
    const service = this.#services.get(name);
    if (service === undefined || this.#socket?.readyState !== WebSocket.OPEN)
      return Promise.reject(new Error(`${name}: expected a server that offers it`));
    const call = ++this.#lastCall;
    const payload = new TextEncoder().encode(JSON.stringify(request));
    this.#socket.send(encodeServiceRequest({ service, call, encoding: 'json', payload }) as Uint8Array<ArrayBuffer>);
    return new Promise((resolve, reject) => this.#calls.set(call, { resolve, reject }));
  }

  #send(message: object): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** Ends the connection for good. */
  close(): void {
    this.#closed = true;
    this.#socket?.close();
  }

  #open(): void {
    if (this.#closed) return;
    const url = new URL(`.${this.#path}`, location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(url, [...SUBPROTOCOLS, ...tokenProtocols()]);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      this.#waitMs = FIRST_WAIT_MS;
      this.#listener.onState('live');
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (!this.#closed) this.#receive(data);
    };
    socket.onclose = () => {
      this.#forget();
      if (this.#closed) return;
      this.#listener.onState('reconnecting');
      setTimeout(() => this.#open(), this.#waitMs);
      this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_WAIT_MS);
    };
  }

  #forget(): void {
    this.#channels.clear();
    this.#services.clear();
    for (const { reject } of this.#calls.values()) reject(new Error('the connection was lost'));
    this.#calls.clear();
  }

  #receive(data: string | ArrayBuffer): void {
    try {
      if (typeof data === 'string') this.#hear(JSON.parse(data) as ServerJson);
      else this.#take(new Uint8Array(data));
    } catch (error) {
      if (this.errors++ < 10) console.error(error);
    }
  }

  #hear(message: ServerJson): void {
    switch (message.op) {
      case 'serverInfo':
        this.#listener.onServer(message.metadata?.protocol ?? '');
        this.#send({ op: 'getParameters', parameterNames: [] });
        this.#send({ op: 'subscribeParameterUpdates', parameterNames: [] });
        return;
      case 'advertise':
        return void this.#subscribe(message.channels);
      case 'advertiseServices':
        for (const { name, id } of message.services) this.#services.set(name, id);
        return;
      case 'parameterValues':
        return void this.#listener.onParameters(message.parameters);
      case 'status':
        return void this.#listener.onStatus(message.level, message.message);
      case 'serviceCallFailure':
        return void this.#answered(message.callId)?.reject(new Error(message.message));
      default:
        // a later version of the protocol
        message satisfies never;
    }
  }

  #subscribe(channels: readonly Channel[]): void {
    const wanted = channels.filter(({ topic }) => this.#topics.includes(topic));
    for (const { id, topic, encoding, schema, schemaName } of wanted) {
      const decode = encoding === 'json' ? jsonDecoder : protobufDecoder(bytesOfBase64(schema), schemaName);
      this.#channels.set(id, { topic, decode });
    }
    this.#send({ op: 'subscribe', subscriptions: wanted.map(({ id }) => ({ id, channelId: id })) });
  }

  #answered(call: number): Call | undefined {
    const waiting = this.#calls.get(call);
    this.#calls.delete(call);
    return waiting;
  }

  #take(bytes: Uint8Array): void {
    const message = decodeServerBinary(bytes);
    if (message?.op === 'messageData') {
      const channel = this.#channels.get(message.subscription);
      if (channel) this.#listener.onMessage(channel.topic, Number(message.time) / 1e9, channel.decode(message.payload));
    } else if (message?.op === 'serviceResponse') {
      this.#answered(message.call)?.resolve(jsonDecoder(message.payload));
    }
  }
}

const jsonDecoder: Decode = (bytes) => JSON.parse(new TextDecoder().decode(bytes));

/** Bytes of a text in base64. @throws Error if it is none. */
export function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
