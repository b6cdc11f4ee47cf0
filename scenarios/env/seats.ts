/** Seats of a worker: the environments that it plays for clients, and its answers to their requests. */
import type { Engine } from '../../agent/engine/engine.ts';
import { isFixedPolicy } from '../../agent/policy/names.ts';
import type { PolicySpec } from '../../agent/policy/open-policy.ts';
import type { SceneSplit } from '../../sim/scene.ts';
import { UserError } from '../../sim/user-error.ts';
import { graspMessage } from '../messages/grasp.ts';
import { type ObservationPart, observationMessage } from '../messages/observation.ts';
import type { ObjectLibrary } from '../objects/library.ts';
import { InputError } from '../parse/parse.ts';
import { untrainedPolicy } from '../run/named-policy.ts';
import type { Scenario } from '../schema/schema.ts';
import { NODE_HOST } from '../trials/node-host.ts';
import { OpenPolicies } from '../trials/open-policies.ts';
import { propose } from '../trials/trial.ts';
import { choiceStream, type Game, type Place, reset, type State, step } from './environment.ts';
import type { Propose, Protocol, Reset, Step } from './requests.ts';

/** How a client plays. */
export interface Rules {
  readonly scenario: Scenario;
  readonly protocol: Protocol;
  readonly observe: readonly ObservationPart[];
  /** Begin with the next scene as soon as one is done. */
  readonly autoreset: boolean;
  /** Environments: from a scene of one to its next. */
  readonly envs: number;
  /** Of a reset that names none. */
  readonly split: SceneSplit;
  readonly seeds: Readonly<Record<SceneSplit, number>>;
}

/** What a worker is asked: to seat a client, to answer a request, or to forget the client. */
export type EnvTask = { readonly client: number } & (
  | { readonly type: 'open'; readonly rules: Rules }
  | { readonly type: 'leave' }
  | Reset
  | Step
  | Propose
);

/** What it answers: the message's JSON, without the request's id, or why there is none. */
export type EnvAnswer = { readonly json: string } | { readonly refused: string };

/** A client in a worker. */
interface Seat {
  readonly rules: Rules;
  /** Of each environment's latest scene. */
  readonly places: Map<number, Place>;
  /** Of environments whose scene is not done. */
  readonly states: Map<number, State>;
}

/** What a worker plays with. */
export interface Tools {
  readonly library: ObjectLibrary | undefined;
  /** Loaded where a learned policy is asked for. */
  readonly engine: () => Promise<Engine>;
}

/** A worker's way to answer its tasks, one at a time. */
export function createSeats({ library, engine }: Tools): (task: EnvTask) => Promise<EnvAnswer> {
  const seats = new Map<number, Seat>();
  const openPolicy = policyOpener(engine);
  const answerOf = async (task: EnvTask): Promise<unknown> => {
    if (task.type === 'open')
      return seats.set(task.client, { rules: task.rules, places: new Map(), states: new Map() }) && {};
    if (task.type === 'leave') return seats.delete(task.client) && {};
    const seat = seats.get(task.client);
    if (!seat) throw new Error(`env: expected a client with a seat, got ${task.client}`);
    const game: Game = { ...seat.rules, library };
    if (task.type === 'reset') return begin(seat, game, task.env, nextPlace(seat, task));
    const state = seat.states.get(task.env);
    if (!state)
      throw new InputError(
        `${task.type}: expected env ${task.env} to be reset first, got no scene that waits for a grasp`,
      );
    if (task.type === 'step') return grasped(seat, game, state, task);
    const policy = await openPolicy(task.policy, game.scenario);
    const proposal = propose(game.scenario, state.view, policy, choiceStream(game, state));
    return {
      env: task.env,
      policy: task.policy,
      grasp: proposal ? graspMessage(proposal) : null,
      action: proposal?.action ?? null,
    };
  };
  return async (task) => {
    try {
      return { json: JSON.stringify(await answerOf(task)) };
    } catch (error) {
      if (error instanceof UserError) return { refused: error.message };
      throw error;
    }
  };
}

/** The scene that a reset asks for: the one that it names, or the environment's next one in the same stream. */
function nextPlace({ rules, places }: Seat, { env, seed, split, scene }: Reset): Place {
  const before = places.get(env);
  const there = split ?? before?.split ?? rules.split;
  const stream = { split: there, seed: seed ?? (before?.split === there ? before.seed : rules.seeds[there]) };
  if (scene !== undefined) return { ...stream, scene };
  const goesOn = before && seed === undefined && split === undefined;
  return { ...stream, scene: goesOn ? before.scene + rules.envs : env };
}

function begin(seat: Seat, game: Game, env: number, place: Place) {
  const state = reset(game, place);
  seat.places.set(env, place);
  seat.states.set(env, state);
  return { env, observation: seen(seat, state) };
}

const seen = ({ rules }: Seat, { seed, split, scene, attempt, view }: State) => ({
  ...{ seed, split, scene, attempt },
  ...observationMessage(view.observation, rules.observe, rules.scenario.action),
});

function grasped(seat: Seat, game: Game, state: State, { env, grasp }: Step) {
  const { record, next } = step(game, state, grasp);
  if (next) seat.states.set(env, next);
  else seat.states.delete(env);
  const held = record?.outcome === 'held';
  const after = next ? seen(seat, next) : null;
  const outcome = { env, outcome: record?.outcome ?? null, held, reward: held ? 1 : 0, done: !next, record };
  if (next || !seat.rules.autoreset) return { ...outcome, observation: after };
  const { seed, split, scene } = state;
  return { ...outcome, ...begin(seat, game, env, { seed, split, scene: scene + seat.rules.envs }) };
}

/** Opens graft's own policies by name; the latest learned one stays open. */
function policyOpener(engine: Tools['engine']) {
  const pretrained = new WeakMap<Scenario, Promise<PolicySpec>>();
  let learned: Promise<OpenPolicies> | undefined;
  const fixed = new OpenPolicies({ tf: undefined, openForeign: NODE_HOST.openForeign });
  return async (name: string, scenario: Scenario) => {
    if (isFixedPolicy(name)) return fixed.open({ kind: 'fixed', name });
    if (!pretrained.has(scenario)) pretrained.set(scenario, untrainedPolicy(scenario));
    learned ??= engine().then(({ tf }) => new OpenPolicies({ tf, openForeign: NODE_HOST.openForeign }));
    return (await learned).open(await pretrained.get(scenario)!);
  };
}
