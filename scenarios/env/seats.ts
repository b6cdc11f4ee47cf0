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

/** What a worker is asked: to seat a client, to answer a request, to make an environment's next scene, or to forget the client. */
export type EnvTask = { readonly client: number } & (
  | { readonly type: 'open'; readonly rules: Rules }
  | { readonly type: 'leave' }
  | { readonly type: 'prepare'; readonly env: number }
  | Reset
  | Step
  | Propose
);

/** What it answers: the message's JSON, without the request's id, or why there is none. */
export type EnvAnswer =
  | {
      readonly json: string;
      /** The environment of which the next scene is known, if it seems that it will be asked for. */
      readonly follows?: number;
    }
  | { readonly refused: string };

/** A client in a worker. */
interface Seat {
  readonly rules: Rules;
  /** Of each environment's latest scene. */
  readonly places: Map<number, Place>;
  /** Of environments whose scene is not done. */
  readonly states: Map<number, State>;
  /** Next scenes, made before they are asked for. */
  readonly prepared: Map<number, State>;
  /** Environments for which none is made: their client asked for another scene than the next one, or there is no next one. */
  readonly unprepared: Set<number>;
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
    if (task.type === 'open') return seats.set(task.client, seatOf(task.rules)) && {};
    if (task.type === 'leave') return seats.delete(task.client) && {};
    const seat = seats.get(task.client);
    // it may have left since
    if (task.type === 'prepare') return seat && prepare(seat, { ...seat.rules, library }, task.env);
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
      const json = JSON.stringify(await answerOf(task)) ?? '';
      return { json, ...(begins(task, seats.get(task.client)) && { follows: task.env }) };
    } catch (error) {
      if (error instanceof UserError) return { refused: error.message };
      throw error;
    }
  };
}

const seatOf = (rules: Rules): Seat => ({
  rules,
  ...{ places: new Map(), states: new Map(), prepared: new Map(), unprepared: new Set() },
});

/** Whether after a task an environment's next scene should be made: it goes through its scenes in order, and has none prepared. */
function begins(task: EnvTask, seat: Seat | undefined): task is EnvTask & (Reset | Step) {
  if (!seat || (task.type !== 'reset' && task.type !== 'step')) return false;
  return !seat.prepared.has(task.env) && !seat.unprepared.has(task.env);
}

/** The scene of an environment after its latest one. */
const follower = ({ rules }: Seat, place: Place): Place => ({ ...place, scene: place.scene + rules.envs });

const isSame = (a: Place, b: Place): boolean => a.seed === b.seed && a.split === b.split && a.scene === b.scene;

function prepare(seat: Seat, game: Game, env: number): void {
  const latest = seat.places.get(env);
  if (!latest) return;
  // until it is made: where that fails, it is not tried again
  seat.unprepared.add(env);
  seat.prepared.set(env, reset(game, follower(seat, latest)));
  seat.unprepared.delete(env);
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
  const [before, made] = [seat.places.get(env), seat.prepared.get(env)];
  const state = made && isSame(made, place) ? made : reset(game, place);
  seat.prepared.delete(env);
  if (before && !isSame(follower(seat, before), place)) seat.unprepared.add(env);
  else seat.unprepared.delete(env);
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
