/** Client of the server: its requests, its subscriptions, and what it still lacks. */
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { MAY_STEER_PARAMETER, PAUSED_PARAMETER, STEERING_PARAMETER } from './additions.ts';
import {
  decodeServiceRequest,
  encodeMessageData,
  encodeServiceResponse,
  encodeTime,
  type Parameter,
  type ServerJson,
  STATUS_LEVEL,
} from './protocol.ts';
import { type ClientRequest, parseRequest } from './requests.ts';
import type { Caller, Message, Offer, ServiceSource, Source } from './sources.ts';

/** How long a client may be behind before it is told, and before it is disconnected, milliseconds. */
export interface Patience {
  readonly warnMs: number;
  readonly closeMs: number;
}

/** Nothing more is sent to a client that has this much unread, bytes; and so many of its questions wait until it has read. */
const BUFFER_BYTES = 256 * 1024;
const OWED_MAX = 16;
/** Largest message from a client, bytes. */
export const CLIENT_MESSAGE_BYTES = 64 * 1024;
/** Clients are told the time at most this often, milliseconds. */
const TIME_MS = 100;
/** Messages that a client may send in a second, and those of them that make no sense here in all its life. */
const REQUESTS_MAX = 200;
const UNKNOWN_MAX = 50;

interface Subscription {
  readonly id: number;
  readonly source: Source;
  /** Version, length or position of what was sent last. */
  sent: number;
}

/** What a client may do, and how slowly it may read. */
export interface ClientTerms extends Caller {
  readonly patience: Patience;
}

/** One connected client: what it subscribed to, and how far it was brought up to date. */
export class Client {
  readonly #socket: WebSocket;
  /** The connection underneath. */
  readonly #wire: Duplex;
  readonly #offer: Offer;
  readonly #patience: Patience;
  readonly #rights: Caller;
  /** In the order of the offer's sources. */
  #subscriptions: Subscription[] = [];
  #watchesParameters = false;
  #parametersSent = 0;
  #paused = false;
  /** Questions about parameters that are answered once there is room. */
  #owed: { readonly names: readonly string[]; readonly id: string | undefined }[] = [];
  #timeSent = Number.NEGATIVE_INFINITY;
  #behindSince: number | undefined;
  #warned = false;
  #leftOut = 0;
  #requests = { second: 0, count: 0, unknown: 0 };
  /** Calls of this second by service. */
  readonly #calls = new Map<number, number>();

  constructor(socket: WebSocket, wire: Duplex, offer: Offer, { patience, ...rights }: ClientTerms) {
    this.#socket = socket;
    this.#wire = wire;
    this.#offer = offer;
    this.#patience = patience;
    this.#rights = rights;
    const { name, metadata, sources, services } = offer;
    this.#say({
      ...{ op: 'serverInfo', name, capabilities: ['time', 'parameters', 'parametersSubscribe', 'services'] },
      ...{ supportedEncodings: ['json'], metadata, sessionId: metadata.session },
    });
    this.#say({ op: 'advertise', channels: sources.map((s) => s.channel) });
    this.#say({ op: 'advertiseServices', services: services.map((s) => s.service) });
  }

  /** Sends what the client lacks, as far as it has room. @param nowMs on a clock that never goes back. */
  catchUp(nowMs: number): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (!this.#hasRoom()) return void this.#beBehind(nowMs);
    // all that is said now goes out in one piece
    this.#wire.cork();
    this.#beUpToDate();
    for (const { names, id } of this.#owed.splice(0)) this.#tellParameters(names, id);
    this.#sendParameters();
    if (!this.#paused) this.#sendMessages(nowMs);
    this.#wire.uncork();
  }

  #sendMessages(nowMs: number): void {
    let sent = false;
    for (const subscription of this.#subscriptions) sent = this.#advance(subscription) || sent;
    if (!sent || nowMs - this.#timeSent < TIME_MS || !this.#hasRoom()) return;
    this.#timeSent = nowMs;
    this.#socket.send(encodeTime(this.#offer.now()));
  }

  /** Obeys one message, or closes the connection saying why. @param nowMs as in {@link catchUp}. */
  hear(data: Buffer, isBinary: boolean, nowMs: number): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    try {
      this.#count(nowMs);
      if (isBinary) this.#call(data);
      else this.#obey(parseRequest(data.toString('utf8')));
    } catch (error) {
      this.#refuse((error as Error).message);
    }
  }

  #say(message: ServerJson): void {
    this.#socket.send(JSON.stringify(message));
  }

  #status(level: keyof typeof STATUS_LEVEL, message: string): void {
    this.#say({ op: 'status', level: STATUS_LEVEL[level], message });
  }

  #refuse(reason: string): void {
    this.#status('error', reason);
    // a close reason may hold 123 bytes
    this.#socket.close(1008, reason.replace(/[^ -~]/g, '?').slice(0, 123));
    // it would wait behind what is unread, perhaps for ever
    if (!this.#hasRoom()) this.#socket.terminate();
  }

  #hasRoom(): boolean {
    return this.#socket.bufferedAmount < BUFFER_BYTES;
  }

  /** The client does not read: it is told once, and in the end let go. */
  #beBehind(nowMs: number): void {
    this.#leftOut++;
    this.#behindSince ??= nowMs;
    const behind = nowMs - this.#behindSince;
    if (behind > this.#patience.closeMs) {
      this.#socket.close(1013, `expected a client that reads, got one that is ${(behind / 1000).toFixed(0)} s behind`);
      // the reason waits behind what is unread, perhaps for ever
      this.#socket.terminate();
    } else if (behind > this.#patience.warnMs && !this.#warned) {
      this.#warned = true;
      const rest = ((this.#patience.closeMs - behind) / 1000).toFixed(0);
      this.#status(
        'warning',
        `this client reads too slowly; poses and pictures are left out, and in ${rest} s it is disconnected`,
      );
    }
  }

  #beUpToDate(): void {
    if (this.#warned)
      this.#status(
        'info',
        `up to date again; ${this.#leftOut} updates of poses and pictures were left out, no outcome was`,
      );
    this.#behindSince = undefined;
    this.#warned = false;
    this.#leftOut = 0;
  }

  /** Sends what is new on one channel. @returns whether anything was. */
  #advance(subscription: Subscription): boolean {
    const { id, source } = subscription;
    const { feed } = source;
    const before = subscription.sent;
    if (feed.kind === 'log') {
      while (subscription.sent < feed.length() && this.#hasRoom()) this.#send(id, feed.message(subscription.sent++));
      return subscription.sent !== before;
    }
    const newest = feed.kind === 'state' ? feed.version() : feed.position();
    if (newest === before || newest === (feed.kind === 'state' ? 0 : -1) || !this.#hasRoom()) return false;
    subscription.sent = newest;
    this.#send(id, feed.kind === 'state' ? feed.message() : feed.message(before));
    return true;
  }

  #send(id: number, { time, payload }: Message): void {
    this.#socket.send(encodeMessageData(id, time, payload));
  }

  #parameters(): readonly Parameter[] {
    const own = [{ name: PAUSED_PARAMETER, value: this.#paused as unknown }];
    const shared = this.#offer.parameters.list();
    if (shared.some(({ name }) => name === STEERING_PARAMETER))
      own.push({ name: MAY_STEER_PARAMETER, value: this.#rights.maySteer });
    return [...shared, ...own];
  }

  #sendParameters(): void {
    const { version } = this.#offer.parameters;
    if (!this.#watchesParameters || version === this.#parametersSent) return;
    this.#parametersSent = version;
    this.#say({ op: 'parameterValues', parameters: this.#parameters() });
  }

  #count(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    if (this.#requests.second !== second) {
      Object.assign(this.#requests, { second, count: 0 });
      this.#calls.clear();
    }
    if (++this.#requests.count > REQUESTS_MAX)
      throw new Error(`messages: expected at most ${REQUESTS_MAX} in a second, got more`);
  }

  #obey(request: ReturnType<typeof parseRequest>): void {
    switch (request.op) {
      case 'subscribe':
        for (const wish of request.subscriptions) this.#subscribe(wish);
        return;
      case 'unsubscribe':
        this.#subscriptions = this.#subscriptions.filter(({ id }) => !request.subscriptionIds.includes(id));
        return;
      case 'getParameters':
        return void this.#tellParameters(request.parameterNames, request.id);
      case 'setParameters':
        return void this.#setParameters(request);
      case 'subscribeParameterUpdates':
        this.#watchesParameters = true;
        return;
      case 'unsubscribeParameterUpdates':
        this.#watchesParameters = false;
        return;
      case 'unknown':
        if (++this.#requests.unknown > UNKNOWN_MAX) throw new Error(`op '${request.name}' is not offered here`);
        return void this.#status('warning', `op '${request.name}' is not offered here`);
      default:
        request satisfies never;
    }
  }

  #subscribe({ id, channelId }: { readonly id: number; readonly channelId: number }): void {
    const source = this.#offer.sources.find(({ channel }) => channel.id === channelId);
    if (!source) return void this.#status('error', `subscribe: expected an advertised channel, got ${channelId}`);
    if (this.#subscriptions.some((s) => s.id === id || s.source === source))
      return void this.#status('error', `subscribe: expected a new id and channel, got ${id} and ${channelId} again`);
    const sent = source.feed.kind === 'stream' ? -1 : 0;
    this.#subscriptions.push({ id, source, sent });
    const order = ({ source: s }: Subscription): number => this.#offer.sources.indexOf(s);
    this.#subscriptions.sort((a, b) => order(a) - order(b));
  }

  #tellParameters(names: readonly string[], id: string | undefined): void {
    if (!this.#hasRoom()) {
      if (this.#owed.length >= OWED_MAX)
        throw new Error('parameters: expected a client that reads its answers, got none');
      this.#owed.push({ names, id });
      return;
    }
    const parameters = this.#parameters().filter(({ name }) => names.length === 0 || names.includes(name));
    this.#say({ op: 'parameterValues', parameters, ...(id !== undefined && { id }) });
  }

  #setParameters({ parameters, id }: Extract<ClientRequest, { op: 'setParameters' }>): void {
    for (const { name, value } of parameters) {
      if (name === PAUSED_PARAMETER && typeof value === 'boolean') this.#paused = value;
      else if (name === PAUSED_PARAMETER)
        this.#status('error', `${PAUSED_PARAMETER}: expected true or false, got ${JSON.stringify(value)}`);
      else this.#status('error', `${name}: expected ${PAUSED_PARAMETER}, the only parameter that can be set`);
    }
    if (id !== undefined)
      this.#tellParameters(
        parameters.map((p) => p.name),
        id,
      );
  }

  #call(data: Buffer): void {
    const request = decodeServiceRequest(data);
    const { service, call, encoding, payload } = request;
    const found = this.#offer.services.find((s) => s.service.id === service);
    try {
      if (!this.#hasRoom()) throw new Error('service: expected a client that reads, got one that is behind');
      if (!found) throw new Error(`service: expected an advertised one, got ${service}`);
      if (encoding !== 'json')
        throw new Error(`${found.service.name}: expected encoding json, got ${encoding.slice(0, 24)}`);
      this.#countCall(found);
      const answer = found.answer(payload, this.#rights);
      this.#socket.send(encodeServiceResponse({ service, call, encoding, payload: answer }));
    } catch (error) {
      this.#say({ op: 'serviceCallFailure', serviceId: service, callId: call, message: (error as Error).message });
    }
  }

  #countCall({ service: { id, name }, callsMax = REQUESTS_MAX }: ServiceSource): void {
    const count = (this.#calls.get(id) ?? 0) + 1;
    this.#calls.set(id, count);
    if (count > callsMax) throw new Error(`${name}: expected at most ${callsMax} calls in a second, got more`);
  }
}
