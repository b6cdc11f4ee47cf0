/** Stored trial: its messages by topic, and those that hold beyond it. */
import { type RecordedMessage, type Topic, VIEW_TOPICS } from '../format.ts';
import type { Fields } from './decode.ts';
import { messageOf, RecordingError } from './error.ts';

/** More than any trial has; a file that goes on and on without ending one is hostile. */
const TRIAL_BYTES = 64 * 1024 * 1024;

/** What is not written again while it stays the same. */
export const LASTING_TOPICS: readonly Topic[] = ['/scene', ...VIEW_TOPICS];

/** One trial of a recording; its messages are decoded when they are asked for. */
export class StoredTrial {
  /** Name of the recording. */
  readonly name: string;
  readonly #decode: (message: RecordedMessage) => Fields;
  readonly #messages = new Map<Topic, RecordedMessage[]>();
  readonly #lasting: ReadonlyMap<Topic, readonly RecordedMessage[]>;
  #start: number | undefined;
  #bytes = 0;

  /**
   * @param decode  of the recording.
   * @param lasting the newest messages from before the trial that still hold, as long as it says nothing else.
   */
  constructor(name: string, decode: (message: RecordedMessage) => Fields, lasting: readonly RecordedMessage[]) {
    this.name = name;
    this.#decode = decode;
    this.#lasting = new Map(lasting.map((m) => [m.topic, [m]]));
  }

  /** @throws RecordingError if this is more than a trial can have. */
  add(message: RecordedMessage): void {
    this.#start ??= message.time;
    this.#bytes += message.data.length;
    if (this.#bytes > TRIAL_BYTES)
      throw new RecordingError(`${this.name}: expected at most ${TRIAL_BYTES} bytes for one trial, got more`);
    const list = this.#messages.get(message.topic);
    if (list) list.push(message);
    else this.#messages.set(message.topic, [message]);
  }

  /** All messages in the order of their times, those that still hold from before at its start. */
  whole(): RecordedMessage[] {
    const time = this.#start ?? 0;
    const said = [...this.#messages.values()].flat().sort((a, b) => a.time - b.time);
    const held = [...this.#lasting].filter(([topic]) => !this.#messages.has(topic)).flatMap(([, list]) => list);
    // `/trial` comes last, whatever else has its time
    const [last, others] = [said.filter((m) => m.topic === '/trial'), said.filter((m) => m.topic !== '/trial')];
    return [...held.map((m) => ({ ...m, time })), ...others, ...last];
  }

  /** What holds after the trial. */
  lasting(): RecordedMessage[] {
    return LASTING_TOPICS.flatMap((topic) => this.#stored(topic).slice(-1));
  }

  #stored(topic: Topic): readonly RecordedMessage[] {
    return this.#messages.get(topic) ?? this.#lasting.get(topic) ?? [];
  }

  /** The messages of a topic, in the order of their times, seconds from the trial's start. @throws RecordingError if one is damaged. */
  timed(topic: Topic): { readonly time: number; readonly fields: Fields }[] {
    const start = this.#start ?? 0;
    return this.#stored(topic).map((m) => ({ time: (m.time - start) / 1e9, fields: this.#decode(m) }));
  }

  /** The same without their times. @throws RecordingError if one is damaged. */
  messages(topic: Topic): Fields[] {
    return this.#stored(topic).map((m) => this.#decode(m));
  }

  /**
   * Reads the last message of a topic.
   * @param read makes sense of it.
   * @returns undefined if there is none.
   * @throws RecordingError if it is damaged, or makes no sense.
   */
  last<T>(topic: Topic, read: (fields: Fields) => T): T | undefined {
    const message = this.#stored(topic).at(-1);
    if (!message) return undefined;
    const fields = this.#decode(message);
    try {
      return read(fields);
    } catch (error) {
      throw new RecordingError(
        `${this.name}: expected a sound message on ${topic}, got a damaged one: ${messageOf(error)}`,
      );
    }
  }
}
