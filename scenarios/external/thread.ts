/** Thread of an external policy: holds its program or socket, asks, and tells whoever waits what was answered. */
import { type MessagePort, workerData } from 'node:worker_threads';
import type { ExternalSpec } from '../../agent/policy/open-policy.ts';
import type { Connection } from './connection.ts';
import { connectProgram } from './program.ts';
import { onProgramsEnd } from './programs.ts';
import { connectSocket } from './socket.ts';

/** A question on its way: its id is in the text. */
export interface Question {
  readonly id: number;
  readonly text: string;
}

/** What comes of a question: exactly one of these; `ended` also comes of all that follow. */
export type Heard = { readonly id: number } & (
  | { readonly kind: 'answer'; readonly answer: Readonly<Record<string, unknown>> }
  | { readonly kind: 'garbage' | 'not-finite' | 'other-question' | 'too-long' }
  | { readonly kind: 'ended'; readonly why: string }
);

export interface ThreadData {
  readonly address: ExternalSpec['address'];
  readonly port: MessagePort;
  /** [0] counts what was heard; whoever waits is woken. */
  readonly bell: Int32Array;
}

const { address, port, bell } = workerData as ThreadData;
let asked: number | undefined;
let ended: string | undefined;

type What = Heard extends infer H ? (H extends Heard ? Omit<H, 'id'> : never) : never;

function hear(what: What): void {
  if (asked === undefined) return;
  port.postMessage({ ...what, id: asked });
  asked = undefined;
  Atomics.add(bell, 0, 1);
  Atomics.notify(bell, 0);
}

/** Numbers that JSON does not have, as some languages write them. */
const NOT_FINITE = /[:[,]\s*-?(NaN|Infinity)\b/;

function judge(text: string): What | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: NOT_FINITE.test(text) ? 'not-finite' : 'garbage' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { kind: 'garbage' };
  const answer = value as Record<string, unknown>;
  if (answer.id === asked) return { kind: 'answer', answer };
  // the answer to a question that nobody waits for any more
  const late =
    asked !== undefined && Number.isInteger(answer.id) && (answer.id as number) < asked && (answer.id as number) >= 0;
  return late ? undefined : { kind: 'other-question' };
}

const connect = 'url' in address ? connectSocket(address.url) : connectProgram(address.command);
const connection: Connection = connect({
  message: (text) => {
    const heard = asked === undefined ? undefined : judge(text);
    if (heard) hear(heard);
  },
  tooLong: () => hear({ kind: 'too-long' }),
  ended: (why) => {
    ended ??= why;
    hear({ kind: 'ended', why: ended });
  },
});

const close = (): void => {
  forget();
  connection.close();
  port.close();
};
const forget = onProgramsEnd(close);

port.on('message', (question: Question | 'close') => {
  if (question === 'close') return close();
  asked = question.id;
  if (ended !== undefined) return hear({ kind: 'ended', why: ended });
  connection.send(question.text);
});
