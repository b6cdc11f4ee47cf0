/** Learned policies: the grasp that a model holds most likely, or one to learn from. */

import { handGeometry } from '../../sim/hand/geometry.ts';
import type { Tf } from '../engine/engine.ts';
import { priorOf } from '../network/architecture.ts';
import { MEMBERS } from '../network/head.ts';
import type { Model } from '../network/model.ts';
import type { Trunk } from '../network/trunk.ts';
import type { Action } from './action.ts';
import { graspOf, graspShapes } from './action-space.ts';
import { bestCarefulAction } from './choice/caution.ts';
import { type ExplorationSettings, explore } from './choice/explore.ts';
import { type Levers, leveredQMap, leverLogit, leversOn } from './choice/lever.ts';
import { primedQMap, priorLogit } from './choice/prior.ts';
import { walledQMap } from './choice/walls.ts';
import type { Policy, PolicyInput } from './proposal.ts';
import { bestAction, probabilityOf, type QMap, qMapAt, turnedQMap } from './q-map.ts';
import { createScorer, type Scorer } from './scorer.ts';

/** Always the grasp that the model holds most likely. `key` identifies the weights. */
interface GreedySpec {
  readonly kind: 'greedy';
  readonly key: string;
  readonly model: Model;
}

/** Grasps to learn from. */
interface ExploreSpec {
  readonly kind: 'explore';
  readonly key: string;
  readonly model: Model;
  /** False during warm-up: grasps are random, the trunk only computes features. */
  readonly scored: boolean;
  readonly exploration: ExplorationSettings;
  /** Whether all grasps on what the camera shows are at the first one's cell. */
  readonly sameCell: boolean;
}

export type LearnedSpec = GreedySpec | ExploreSpec;

/** What a policy made of an observation: it is scored once, however many grasps are asked for. */
interface Look {
  readonly observation: PolicyInput['observation'];
  readonly action: PolicyInput['action'];
  readonly qMap: QMap | undefined;
  readonly levers: Levers | undefined;
  /** The first grasp that was proposed. */
  first: Action | undefined;
}

/**
 * A learned policy on the engine. Asked again about the same observation it explores with the same member of the head.
 * @param trunk its opener's.
 */
export function learnedPolicy(
  tf: Tf,
  trunk: Trunk,
  spec: LearnedSpec,
): { readonly propose: Policy; readonly dispose: () => void } {
  const scorer = createScorer(tf, trunk, spec.model);
  let look: Look | undefined;
  const propose: Policy = (input) => {
    if (look?.observation !== input.observation || look.action !== input.action) look = lookAt(scorer, spec, input);
    const chosen = choose(spec, look, input);
    look.first ??= chosen?.action;
    if (!chosen) return undefined;
    const { action, logit } = chosen;
    const map = input.observation.heightmap;
    const primed = priorOf(spec.model.architecture) ? priorLogit(map, action, input.action, input.hand) : 0;
    const prior = primed + leverLogit(look.levers, action);
    return {
      grasp: graspOf(map, action, input.hand.stroke, input.action),
      probability: logit === null ? null : probabilityOf(logit),
      action,
      qMap: look.qMap ?? null,
      ...(prior !== 0 && { prior }),
    };
  };
  return { propose, dispose: scorer.dispose };
}

function lookAt(scorer: Scorer, spec: LearnedSpec, { observation, action, hand, rng }: PolicyInput): Look {
  // one member of the head explores; a greedy policy asks them all
  const member = spec.kind === 'explore' ? rng.int(MEMBERS) : undefined;
  const scored = spec.kind === 'greedy' || spec.scored;
  const map = scored ? scorer.score(observation.heightmap, action, member) : undefined;
  const heights = observation.heightmap;
  const primed = map && priorOf(spec.model.architecture) ? primedQMap(heights, map, action, hand) : map;
  const turned = primed && handGeometry(hand).round ? turnedQMap(primed, action.angles) : primed;
  const levers = leversOn(heights, action, hand);
  const qMap = turned && walledQMap(heights, leveredQMap(turned, levers), action, hand);
  return { observation, action, qMap, levers, first: undefined };
}

type Choice = { readonly action: Action; readonly logit: number | null } | undefined;

function choose(spec: LearnedSpec, { qMap, first }: Look, input: PolicyInput): Choice {
  const { observation, action: settings, rng } = input;
  const { stroke } = input.hand;
  const shapes = graspShapes(settings).length;
  if (spec.kind === 'greedy')
    return qMap && (settings.careful ? bestCarefulAction(qMap, input) : bestAction(qMap, shapes));
  const { exploration, sameCell } = spec;
  const map = observation.heightmap;
  if (!sameCell || !first) return explore(map, qMap, settings, exploration, stroke, rng);
  const there = qMap?.cells.includes(first.cell) ? qMapAt(qMap, first.cell, shapes) : undefined;
  // a heuristic's angle belongs to the cell that it was found at
  const chosen = explore(map, there, settings, { ...exploration, heuristicShare: 0 }, stroke, rng);
  return chosen && { ...chosen, action: { ...chosen.action, cell: first.cell } };
}
