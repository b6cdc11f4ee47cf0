/** Session: one client's requests, answered by the workers that play its environments. */
import type { SceneSplit } from '../../sim/scene.ts';
import { UserError } from '../../sim/user-error.ts';
import { MESSAGES_VERSION, spacesOf } from '../messages/observation.ts';
import { InputError } from '../parse/parse.ts';
import type { Scenario } from '../schema/schema.ts';
import { graftVersion } from '../versions.ts';
import type { Lane } from './lane.ts';
import { type Hello, type Protocol, parseRequest, type Request } from './requests.ts';
import type { EnvTask, Rules } from './seats.ts';

/** Largest request, bytes. */
export const REQUEST_MAX_BYTES = 65_536;

/** Requests of a client that may wait for an answer. */
const WAITING_MAX = 1024;

/** What is played, and on what. */
export interface Ground {
  readonly name: string;
  readonly scenario: Scenario;
  readonly protocol: Protocol;
  readonly split: SceneSplit;
  readonly seeds: Rules['seeds'];
  /** Each a thread that does its tasks in their order. */
  readonly lanes: readonly Lane[];
}

/** A client's way to its environments. */
export interface Session {
  /** Takes a message; its answer is sent when there is one, in any order. Never throws. */
  readonly receive: (text: string) => void;
  /** Answers a message that was too long to be read. */
  readonly refuseLong: () => void;
  /** Frees the environments, once every request was answered. */
  readonly close: () => Promise<void>;
}

/**
 * @param client its number among all.
 * @param send   takes each answer: one JSON object on one line.
 * @param onClose told when the client has asked for the end.
 */
export function createSession(
  ground: Ground,
  client: number,
  send: (json: string) => void,
  onClose: () => void,
): Session {
  const { lanes } = ground;
  const laneOf = (env: number) => lanes[env % lanes.length];
  const waiting = new Set<Promise<void>>();
  /** What an environment's next request waits for: threads do not promise the order of their tasks. */
  const latest = new Map<number, Promise<unknown>>();
  let rules: Rules | undefined;
  let seated: Promise<unknown> = Promise.resolve();

  const refuse = (id: unknown, error: unknown): void => {
    const why = error instanceof UserError ? error.message : `env: ${error instanceof Error ? error.message : error}`;
    send(JSON.stringify({ ...(id !== undefined && { id }), type: 'error', error: why }));
  };
  const ask = async (id: string | number, task: EnvTask & { readonly env: number }): Promise<void> => {
    try {
      const before = latest.get(task.env) ?? seated;
      const asked = before.then(() => laneOf(task.env)(task));
      latest.set(
        task.env,
        asked.catch(() => undefined),
      );
      const answer = await asked;
      if ('refused' in answer) throw new InputError(answer.refused);
      // the observation in it was made into JSON by the worker
      send(`${JSON.stringify({ id, type: task.type }).slice(0, -1)},${answer.json.slice(1)}`);
    } catch (error) {
      refuse(id, error);
    }
  };
  const greet = async (hello: Hello): Promise<void> => {
    rules = rulesOf(ground, hello);
    const open: EnvTask = { type: 'open', client, rules };
    seated = Promise.all(lanes.map((lane) => lane(open)));
    await seated;
    send(JSON.stringify({ id: hello.id, type: 'hello', ...description(ground, rules) }));
  };
  const follow = (promise: Promise<void>): void => {
    const followed = promise.finally(() => waiting.delete(followed));
    waiting.add(followed);
  };
  const obey = (request: Request): void => {
    if (waiting.size >= WAITING_MAX)
      throw new InputError(`message: expected at most ${WAITING_MAX} requests without an answer, got one more`);
    if (request.type === 'close') {
      void Promise.all(waiting).then(() => {
        send(JSON.stringify({ id: request.id, type: 'close' }));
        onClose();
      });
    } else if (request.type === 'hello') {
      if (rules) throw new InputError('hello: expected as the first message, got a second one');
      follow(greet(request).catch((error) => refuse(request.id, error)));
    } else {
      if (!rules) throw new InputError(`message.type: expected hello first, got ${request.type}`);
      if (request.env >= rules.envs)
        throw new InputError(`${request.type}.env: expected one of ${rules.envs} environments, got ${request.env}`);
      follow(ask(request.id, { ...request, client }));
    }
  };
  const receive = (text: string): void => {
    let id: string | number | undefined;
    const known = (given: string | number): void => {
      id = given;
    };
    try {
      obey(parseRequest(text, known));
    } catch (error) {
      refuse(id, error);
    }
  };
  return {
    receive,
    refuseLong: () =>
      refuse(undefined, new InputError(`message: expected at most ${REQUEST_MAX_BYTES} bytes, got more`)),
    close: async () => {
      await Promise.all(waiting);
      if (rules) await Promise.all(lanes.map((lane) => lane({ type: 'leave', client })));
    },
  };
}

const rulesOf = ({ scenario, split, seeds, ...ground }: Ground, hello: Hello): Rules => ({
  scenario,
  split,
  seeds,
  protocol: hello.protocol ?? ground.protocol,
  observe: [...new Set(hello.observe)],
  autoreset: hello.autoreset,
  envs: hello.envs,
});

const description = (
  { name, scenario, lanes }: Ground,
  { protocol, observe, autoreset, envs, split, seeds }: Rules,
) => ({
  version: MESSAGES_VERSION,
  graft: graftVersion(),
  scenario: name,
  ...{ envs, workers: lanes.length, protocol, observe, autoreset, split, seeds },
  spaces: spacesOf(scenario),
});
