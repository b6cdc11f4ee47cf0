import protobuf from 'protobufjs';
import 'protobufjs/ext/descriptor.js';
import { WebSocket } from 'ws';

/**
 * A client of the Foxglove WebSocket protocol written from its specification (foxglove/ws-protocol, docs/spec.md) alone: it
 * shares no code with the server.
 */

/** One message, decoded with the schema that its channel was advertised with. */
export interface Heard {
  readonly topic: string;
  /** Nanoseconds. */
  readonly time: bigint;
  readonly message: ReturnType<protobuf.Type['toObject']>;
}

type Json = Readonly<Record<string, unknown>>;

interface Channel {
  readonly id: number;
  readonly topic: string;
  readonly encoding: string;
  readonly schemaName: string;
  readonly schema: string;
}

export interface ClientOptions {
  readonly protocols?: readonly string[];
  readonly path?: string;
  /** Of the page that it pretends to be. */
  readonly origin?: string;
  /** Topics to subscribe to as soon as they are advertised; all if left out. */
  readonly topics?: readonly string[];
}

export class FoxgloveTestClient {
  readonly socket: WebSocket;
  readonly heard: Heard[] = [];
  readonly json: Json[] = [];
  readonly channels: Channel[] = [];
  readonly times: bigint[] = [];
  /** Bytes received. */
  bytes = 0;
  /** Answers of services by call. */
  readonly answers = new Map<number, { service: number; encoding: string; payload: Buffer }>();
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Status and body of an HTTP answer, if the connection was refused. */
  readonly refused: Promise<{ status: number; body: string }>;
  readonly #types = new Map<number, { topic: string; decode(bytes: Buffer): Heard['message'] }>();

  constructor(url: string, { protocols = ['foxglove.sdk.v1'], path = '', origin, topics }: ClientOptions = {}) {
    this.socket = new WebSocket(`${url.replace(/^http/, 'ws')}${path}`, [...protocols], { ...(origin && { origin }) });
    this.socket.on('message', (data: Buffer, isBinary) => {
      this.bytes += data.length;
      if (isBinary) this.#binary(data);
      else this.#text(JSON.parse(data.toString('utf8')), topics);
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    this.refused = new Promise((resolve) => {
      this.socket.on('unexpected-response', (_, response) => {
        let body = '';
        response.on('data', (part: Buffer) => {
          body += part.toString();
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      });
    });
    this.socket.on('error', () => undefined);
  }

  send(message: Json): void {
    this.socket.send(JSON.stringify(message));
  }

  of(topic: string): Heard[] {
    return this.heard.filter((h) => h.topic === topic);
  }

  op(name: string): Json[] {
    return this.json.filter((m) => m.op === name);
  }

  subscribe(topics?: readonly string[]): void {
    const wanted = this.channels.filter(
      ({ topic, id }) => (topics?.includes(topic) ?? true) && !this.#types.has(id + 100),
    );
    for (const channel of wanted) this.#types.set(channel.id + 100, decoderOf(channel));
    this.send({ op: 'subscribe', subscriptions: wanted.map(({ id }) => ({ id: id + 100, channelId: id })) });
  }

  /** Sends a service call: opcode 2, u32 service, u32 call, u32 length and text of the encoding, payload. */
  call(service: number, call: number, payload: string, encoding = 'json'): void {
    const bytes = Buffer.alloc(13 + encoding.length + payload.length);
    bytes.writeUInt8(2, 0);
    bytes.writeUInt32LE(service, 1);
    bytes.writeUInt32LE(call, 5);
    bytes.writeUInt32LE(encoding.length, 9);
    bytes.write(encoding, 13);
    bytes.write(payload, 13 + encoding.length);
    this.socket.send(bytes);
  }

  #text(message: Json, topics: readonly string[] | undefined): void {
    this.json.push(message);
    if (message.op !== 'advertise') return;
    this.channels.push(...(message.channels as Channel[]));
    this.subscribe(topics);
  }

  #binary(data: Buffer): void {
    const opcode = data.readUInt8(0);
    if (opcode === 1) {
      const type = this.#types.get(data.readUInt32LE(1));
      if (!type) throw new Error(`message for subscription ${data.readUInt32LE(1)}, which there is not`);
      this.heard.push({ topic: type.topic, time: data.readBigUInt64LE(5), message: type.decode(data.subarray(13)) });
    } else if (opcode === 2) {
      this.times.push(data.readBigUInt64LE(1));
    } else if (opcode === 3) {
      const end = 13 + data.readUInt32LE(9);
      const encoding = data.toString('utf8', 13, end);
      this.answers.set(data.readUInt32LE(5), { service: data.readUInt32LE(1), encoding, payload: data.subarray(end) });
    } else {
      throw new Error(`binary message with opcode ${opcode}`);
    }
  }
}

function decoderOf({ topic, encoding, schema, schemaName }: Channel): {
  topic: string;
  decode(b: Buffer): Heard['message'];
} {
  if (encoding === 'json') return { topic, decode: (bytes) => JSON.parse(bytes.toString('utf8')) };
  const root = protobuf.Root.fromDescriptor(Buffer.from(schema, 'base64'), { keepCase: true }).resolveAll();
  const type = root.lookupType(schemaName);
  return {
    topic,
    decode: (bytes) => type.toObject(type.decode(bytes), { longs: Number, defaults: true, arrays: true }),
  };
}

/** Waits until something is so. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  for (let i = 0; i < 12000; i++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`expected within 2 minutes: ${what}`);
}
