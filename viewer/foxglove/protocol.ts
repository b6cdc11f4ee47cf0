/**
 * Websocket messages: the layout of the Foxglove WebSocket protocol (foxglove/ws-protocol, docs/spec.md), for both ends.
 * Topics are those of recordings (`sim/recording/format.ts`); `additions.ts` has what graft adds. Text messages are JSON
 * objects with an `op`; binary messages start with an opcode of one byte; all integers are little-endian.
 */

/** Newest first. What is used here is the same in both. */
export const SUBPROTOCOLS = ['foxglove.sdk.v1', 'foxglove.websocket.v1'] as const;

const SERVER_OPCODE = { messageData: 1, time: 2, serviceResponse: 3 } as const;
const CLIENT_OPCODE = { messageData: 1, serviceRequest: 2 } as const;

export const STATUS_LEVEL = { info: 0, warning: 1, error: 2 } as const;

/** A stream of messages that a server offers. */
export interface Channel {
  readonly id: number;
  readonly topic: string;
  readonly encoding: 'protobuf' | 'json';
  readonly schemaName: string;
  /** A FileDescriptorSet in base64, or a JSON Schema. */
  readonly schema: string;
  readonly schemaEncoding: 'protobuf' | 'jsonschema';
}

interface ServiceSide {
  readonly encoding: string;
  readonly schemaName: string;
  readonly schemaEncoding: string;
  readonly schema: string;
}

/** Something that a client can ask for. */
export interface Service {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly request: ServiceSide;
  readonly response: ServiceSide;
}

export interface Parameter {
  readonly name: string;
  readonly value?: unknown;
}

/** Text messages of a server. */
export type ServerJson =
  | {
      readonly op: 'serverInfo';
      readonly name: string;
      readonly capabilities: readonly string[];
      readonly supportedEncodings?: readonly string[];
      readonly metadata?: Readonly<Record<string, string>>;
      readonly sessionId?: string;
    }
  | { readonly op: 'advertise'; readonly channels: readonly Channel[] }
  | { readonly op: 'advertiseServices'; readonly services: readonly Service[] }
  | { readonly op: 'status'; readonly level: number; readonly message: string }
  | { readonly op: 'parameterValues'; readonly parameters: readonly Parameter[]; readonly id?: string }
  | {
      readonly op: 'serviceCallFailure';
      readonly serviceId: number;
      readonly callId: number;
      readonly message: string;
    };

/** A call of a service, or its answer: the layout is the same. */
export interface ServiceMessage {
  readonly service: number;
  readonly call: number;
  readonly encoding: string;
  readonly payload: Uint8Array;
}

/** Binary messages of a server. Payloads are views. */
export type ServerBinary =
  | { readonly op: 'messageData'; readonly subscription: number; readonly time: bigint; readonly payload: Uint8Array }
  | { readonly op: 'time'; readonly time: bigint }
  | ({ readonly op: 'serviceResponse' } & ServiceMessage);

/** Bytes in front of a message's payload: opcode, subscription, nanoseconds. */
const MESSAGE_HEADER = 1 + 4 + 8;
/** Bytes in front of a call's encoding: opcode, service, call, length of the encoding. */
const SERVICE_HEADER = 1 + 4 + 4 + 4;

/** @param time nanoseconds. */
export function encodeMessageData(subscription: number, time: bigint, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(MESSAGE_HEADER + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, SERVER_OPCODE.messageData);
  view.setUint32(1, subscription, true);
  view.setBigUint64(5, time, true);
  bytes.set(payload, MESSAGE_HEADER);
  return bytes;
}

/** @param time nanoseconds. */
export function encodeTime(time: bigint): Uint8Array {
  const bytes = new Uint8Array(9);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, SERVER_OPCODE.time);
  view.setBigUint64(1, time, true);
  return bytes;
}

export const encodeServiceResponse = (message: ServiceMessage): Uint8Array =>
  encodeService(SERVER_OPCODE.serviceResponse, message);

export const encodeServiceRequest = (message: ServiceMessage): Uint8Array =>
  encodeService(CLIENT_OPCODE.serviceRequest, message);

function encodeService(opcode: number, { service, call, encoding, payload }: ServiceMessage): Uint8Array {
  const name = new TextEncoder().encode(encoding);
  const bytes = new Uint8Array(SERVICE_HEADER + name.length + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, opcode);
  view.setUint32(1, service, true);
  view.setUint32(5, call, true);
  view.setUint32(9, name.length, true);
  bytes.set(name, SERVICE_HEADER);
  bytes.set(payload, SERVICE_HEADER + name.length);
  return bytes;
}

function decodeService(bytes: Uint8Array, view: DataView): ServiceMessage {
  expectBytes('service message', SERVICE_HEADER, bytes);
  const length = view.getUint32(9, true);
  expectBytes('service message', SERVICE_HEADER + length, bytes);
  const encoding = new TextDecoder().decode(bytes.subarray(SERVICE_HEADER, SERVICE_HEADER + length));
  const payload = bytes.subarray(SERVICE_HEADER + length);
  return { service: view.getUint32(1, true), call: view.getUint32(5, true), encoding, payload };
}

function expectBytes(what: string, least: number, bytes: Uint8Array): void {
  if (bytes.length < least) throw new Error(`${what}: expected at least ${least} bytes, got ${bytes.length}`);
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

/** Reads a binary message of a server; undefined for an opcode of a later version. @throws Error if it is too short. */
export function decodeServerBinary(bytes: Uint8Array): ServerBinary | undefined {
  expectBytes('binary message', 1, bytes);
  const view = viewOf(bytes);
  switch (bytes[0]) {
    case SERVER_OPCODE.messageData:
      expectBytes('message data', MESSAGE_HEADER, bytes);
      return {
        ...{ op: 'messageData', subscription: view.getUint32(1, true), time: view.getBigUint64(5, true) },
        payload: bytes.subarray(MESSAGE_HEADER),
      };
    case SERVER_OPCODE.time:
      expectBytes('time', 9, bytes);
      return { op: 'time', time: view.getBigUint64(1, true) };
    case SERVER_OPCODE.serviceResponse:
      return { op: 'serviceResponse', ...decodeService(bytes, view) };
    default:
      return undefined;
  }
}

/** Reads the only binary message that a client may send here: the call of a service. @throws Error saying what it got. */
export function decodeServiceRequest(bytes: Uint8Array): ServiceMessage {
  expectBytes('binary message', 1, bytes);
  if (bytes[0] !== CLIENT_OPCODE.serviceRequest)
    throw new Error(`binary message: expected opcode ${CLIENT_OPCODE.serviceRequest} (service call), got ${bytes[0]}`);
  return decodeService(bytes, viewOf(bytes));
}
