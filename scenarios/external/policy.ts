/** External policy: somebody else's program or server, asked for grasps and told what became of them. */
import { z } from 'zod';
import type { ExternalSpec, OpenPolicy } from '../../agent/policy/open-policy.ts';
import type { PolicyInput, Proposal } from '../../agent/policy/proposal.ts';
import { checked } from '../messages/check.ts';
import { GraspError, type GraspFault, graspFrom } from '../messages/grasp.ts';
import { DEFAULT_PARTS, MESSAGES_VERSION, OBSERVATION_PARTS, observationMessage } from '../messages/observation.ts';
import { InputError } from '../parse/parse.ts';
import { type Bridge, openBridge } from './bridge.ts';
import { ExternalError } from './error.ts';
import type { Heard } from './thread.ts';

/** What can be wrong with an answer, as it is counted; a trial whose answer is refused has failed. */
type Refusal = 'silent' | Exclude<Heard['kind'], 'answer' | 'ended'> | 'error' | GraspFault;

/** Answers in a row that may be missing. */
const SILENCES = 3;

/** How many different seeds a policy may be given for its own draws. */
const DRAWS = 2 ** 32;

const greeting = z.looseObject({
  version: z.literal(MESSAGES_VERSION, { error: `expected ${MESSAGES_VERSION}` }),
  observe: z
    .array(z.enum(OBSERVATION_PARTS, { error: `expected some of ${OBSERVATION_PARTS.join(', ')}` }))
    .default([...DEFAULT_PARTS]),
});

type Answer = Readonly<Record<string, unknown>>;

/**
 * Opens an external policy: starts or reaches it, and greets it.
 * @throws ExternalError if it ends, or greets otherwise than the protocol says; its `propose` and `tell` if it ends, or is silent
 * too often.
 */
export async function openExternal(spec: ExternalSpec): Promise<OpenPolicy> {
  const bridge = openBridge(spec.address);
  try {
    const conversation = new Conversation(spec, bridge);
    conversation.greet();
    return {
      propose: (input) => conversation.propose(input),
      tell: (told) => conversation.tell(told),
      refusal: () => conversation.refused,
      dispose: bridge.close,
    };
  } catch (error) {
    bridge.close();
    throw error;
  }
}

/** One conversation: numbers its questions and counts silences. Its bridge is the opener's. */
class Conversation {
  readonly #spec: ExternalSpec;
  readonly #bridge: Bridge;
  #questions = 0;
  #silences = 0;
  #observe: readonly (typeof OBSERVATION_PARTS)[number][] = [];
  /** What was wrong with the latest answer to a question for a grasp. */
  refused: Refusal | undefined;

  constructor(spec: ExternalSpec, bridge: Bridge) {
    this.#spec = spec;
    this.#bridge = bridge;
  }

  greet(): void {
    const { greeting: about, startTimeoutMs, name } = this.#spec;
    const answer = this.#ask('hello', { version: MESSAGES_VERSION, ...about }, startTimeoutMs);
    if (typeof answer === 'string') {
      const late = `no answer within ${startTimeoutMs / 1000} s`;
      throw new ExternalError(`arm '${name}': expected an answer to hello, got ${answer === 'silent' ? late : answer}`);
    }
    try {
      this.#observe = checked(greeting, answer, 'hello').observe;
    } catch (error) {
      throw new ExternalError(`arm '${name}': ${error instanceof Error ? error.message : error}`);
    }
  }

  propose({ observation, action, hand: { stroke }, rng, teaches = false }: PolicyInput): Proposal | undefined {
    this.refused = undefined;
    const question = {
      evaluation: !teaches,
      draw: rng.int(DRAWS),
      observation: observationMessage(observation, this.#observe, action),
    };
    const answer = this.#ask('propose', question, this.#spec.timeoutMs);
    if (typeof answer === 'string') return this.#refuse(answer);
    if (answer.type === 'error') return this.#refuse('error');
    if (answer.grasp === null) return undefined;
    try {
      return graspFrom(answer.grasp, observation.heightmap, { action, stroke });
    } catch (error) {
      if (error instanceof GraspError) return this.#refuse(error.fault);
      if (error instanceof InputError) return this.#refuse('malformed');
      throw error;
    }
  }

  /** Its answer says that it has learned; what else it says is its own affair. */
  tell({ outcome, held }: Parameters<NonNullable<OpenPolicy['tell']>>[0]): void {
    this.#ask('outcome', { outcome, held, reward: held ? 1 : 0 }, this.#spec.timeoutMs);
  }

  #refuse(refusal: Refusal): undefined {
    this.refused = refusal;
  }

  /** @throws ExternalError if it has ended, or was silent too often in a row. */
  #ask(
    type: string,
    fields: object,
    timeoutMs: number,
  ): Answer | Exclude<Refusal, GraspFault | 'error'> | 'not-finite' {
    const { name } = this.#spec;
    const id = this.#questions++;
    const heard: Heard | { readonly kind: 'silent' } = this.#bridge.ask(
      { id, text: JSON.stringify({ id, type, ...fields }) },
      timeoutMs,
    );
    if (heard.kind === 'ended')
      throw new ExternalError(`arm '${name}': expected an answer to ${type}, but ${heard.why}`);
    this.#silences = heard.kind === 'silent' ? this.#silences + 1 : 0;
    if (this.#silences >= SILENCES)
      throw new ExternalError(
        `arm '${name}': expected an answer to ${type} within ${timeoutMs / 1000} s, got none ${SILENCES} times in a row`,
      );
    return heard.kind === 'answer' ? heard.answer : heard.kind;
  }
}
