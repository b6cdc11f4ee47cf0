/** Offer of an experiment under way: its units, and who has which, as two channels of JSON. */
import { randomUUID } from 'node:crypto';
import type { WatchedWork, WorkView } from '../../sim/recording/work.ts';
import { PROTOCOL_VERSION, WORK_PLAN_TOPIC, WORK_STATE_TOPIC } from './additions.ts';
import type { Channel } from './protocol.ts';
import type { Message, Offer } from './sources.ts';

/** Milliseconds between two looks at the work. */
const NEWS_MS = 250;
/** Milliseconds after which it is told again, though nothing has happened: what is counted by the clock goes on. */
const AGAIN_MS = 2000;

const channel = (id: number, topic: string, schemaName: string): Channel => ({
  ...{ id, topic, encoding: 'json', schemaName },
  ...{ schema: '{"type":"object"}', schemaEncoding: 'jsonschema' },
});

/** The newest work. Nothing is asked of it before somebody listens, and then once for all. */
export class WorkOffer implements WorkView {
  readonly offer: Offer;
  #work: WatchedWork | undefined;
  /** How often another work was shown. */
  #works = 0;
  #state: { readonly version: number; readonly at: number; readonly message: Message } | undefined;
  #version = 0;

  constructor() {
    const now = (): bigint => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6));
    const json = (value: unknown): Message => ({ time: now(), payload: Buffer.from(JSON.stringify(value)) });
    this.offer = {
      name: 'graft',
      metadata: { protocol: String(PROTOCOL_VERSION), session: randomUUID() },
      sources: [
        {
          channel: channel(1, WORK_PLAN_TOPIC, 'graft.WorkPlan'),
          feed: { kind: 'state', version: () => this.#works, message: () => json(this.#work?.plan) },
        },
        {
          channel: channel(2, WORK_STATE_TOPIC, 'graft.WorkState'),
          feed: { kind: 'state', version: () => this.#news(json), message: () => this.#state!.message },
        },
      ],
      services: [],
      parameters: { version: 1, list: () => [] },
      now,
      untilNews: () => NEWS_MS,
    };
  }

  show(work: WatchedWork): void {
    this.#work = work;
    this.#works++;
    this.#state = undefined;
  }

  /** Brings the message up to date. @returns a number that is another one for each message; 0 for none yet. */
  #news(json: (value: unknown) => Message): number {
    if (!this.#work) return 0;
    const [version, at] = [this.#work.version(), performance.now()];
    const old = this.#state;
    // news of one look is the same for all who listen
    if (old && at - old.at < (old.version === version ? AGAIN_MS : NEWS_MS / 2)) return this.#version;
    this.#state = { version, at, message: json(this.#work.state()) };
    return ++this.#version;
  }
}
