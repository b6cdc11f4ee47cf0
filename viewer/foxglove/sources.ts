/**
 * What a server has to say, as each client pulls it at its own pace: nothing is queued for anybody, so a client that reads
 * slowly costs no memory, and what it gets next is always the newest. Times are nanoseconds since 1970.
 */
import type { Channel, Parameter, Service } from './protocol.ts';

/** The newest of its kind, for those who come late, too: pictures, the scene. In between some may be left out. */
interface State {
  readonly kind: 'state';
  /** Changes with every new message; 0 = there is none yet. */
  version(): number;
  message(): Message;
}

/** All that ever happened, in order. Nothing is ever left out. */
interface Log {
  readonly kind: 'log';
  length(): number;
  message(index: number): Message;
}

/** What moves. Those who come late begin with now. */
interface Stream {
  readonly kind: 'stream';
  /** Grows with every new message; -1 = nothing moves. */
  position(): number;
  /** @param from position of the message before, -1 if there is none. */
  message(from: number): Message;
}

export interface Message {
  readonly time: bigint;
  readonly payload: Uint8Array;
}

/** A channel and where its messages come from. */
export interface Source {
  readonly channel: Channel;
  readonly feed: State | Log | Stream;
}

/** Who calls a service. */
export interface Caller {
  /** Whether it may steer what runs, and not only watch. */
  readonly maySteer: boolean;
}

/** The answer to a call, in the encoding of the call. */
export interface ServiceSource {
  readonly service: Service;
  /** Calls that a client may make in a second, if fewer than messages. */
  readonly callsMax?: number;
  /** @throws Error that is told to the caller. */
  answer(request: Uint8Array, caller?: Caller): Uint8Array;
}

/** All that a server offers. */
export interface Offer {
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Sent in this order: states first, then what needs them. */
  readonly sources: readonly Source[];
  readonly services: readonly ServiceSource[];
  /** Parameters that are the same for all clients, and a number that changes with them. */
  readonly parameters: { readonly version: number; list(): readonly Parameter[] };
  /** The time now. */
  now(): bigint;
  /** Milliseconds until there is news of what moves that is worth sending, about a thirtieth of a second. */
  untilNews(): number;
}
