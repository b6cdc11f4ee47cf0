/** Requests of the environment protocol, checked. */
import { z } from 'zod';
import { POLICY_NAMES } from '../../agent/policy/names.ts';
import type { SceneSplit } from '../../sim/scene.ts';
import { checked, jsonObject } from '../messages/check.ts';
import { DEFAULT_PARTS, MESSAGES_VERSION, OBSERVATION_PARTS } from '../messages/observation.ts';
import { InputError } from '../parse/parse.ts';

/** Environments of one client. */
const ENVS_MAX = 256;

const count = (high: number) =>
  z
    .number()
    .int()
    .min(0, { error: `expected an integer of 0 to ${high}` })
    .max(high, {
      error: `expected an integer of 0 to ${high}`,
    });
const whole = count(Number.MAX_SAFE_INTEGER);
const ID = 'expected a number or a text of at most 64 characters';
const id = z
  .union([z.string(), z.number()], { error: ID })
  .refine((value) => String(value).length <= 64, { error: ID });
const env = count(ENVS_MAX - 1).default(0);

/** Whether a scene of several objects goes on until it is clear. */
const PROTOCOLS = ['single', 'clutter'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** The side of a scenario whose scenes are played. */
const SPLITS = ['training', 'evaluation'] as const satisfies readonly SceneSplit[];

const oneOf = <T extends string>(names: readonly T[]) =>
  z.enum(names as readonly [T, ...T[]], { error: `expected ${names.join(' or ')}` });

const hello = z.strictObject({
  type: z.literal('hello'),
  id,
  version: z.literal(MESSAGES_VERSION, { error: `expected ${MESSAGES_VERSION}` }),
  envs: count(ENVS_MAX)
    .min(1, { error: `expected an integer of 1 to ${ENVS_MAX}` })
    .default(1),
  observe: z.array(oneOf(OBSERVATION_PARTS)).default([...DEFAULT_PARTS]),
  protocol: oneOf(PROTOCOLS).optional(),
  autoreset: z.boolean({ error: 'expected true or false' }).default(false),
});
const reset = z.strictObject({
  type: z.literal('reset'),
  id,
  env,
  seed: whole.optional(),
  split: oneOf(SPLITS).optional(),
  scene: whole.optional(),
});
const step = z.strictObject({ type: z.literal('step'), id, env, grasp: z.unknown().optional() });
const propose = z.strictObject({ type: z.literal('propose'), id, env, policy: oneOf(POLICY_NAMES) });
const close = z.strictObject({ type: z.literal('close'), id });

const REQUESTS = { hello, reset, step, propose, close } as const;

export type Hello = z.infer<typeof hello>;
export type Reset = z.infer<typeof reset>;
export type Step = z.infer<typeof step>;
export type Propose = z.infer<typeof propose>;
export type Request = z.infer<(typeof REQUESTS)[keyof typeof REQUESTS]>;

/** Whether a request is of a kind that there is. */
const isKind = (type: unknown): type is keyof typeof REQUESTS =>
  typeof type === 'string' && Object.hasOwn(REQUESTS, type);

/**
 * The request in a message.
 * @param onId told the message's id, as soon as it is known to have one, so that a refusal can name it.
 * @throws InputError if it is none.
 */
export function parseRequest(text: string, onId: (id: string | number) => void): Request {
  const value = jsonObject(text, 'message');
  onId(checked(id, value.id, 'message.id'));
  const { type } = value;
  if (!isKind(type))
    throw new InputError(
      `message.type: expected one of ${Object.keys(REQUESTS).join(', ')}, got ${JSON.stringify(type)?.slice(0, 60)}`,
    );
  return checked<Request>(REQUESTS[type], value, type);
}
