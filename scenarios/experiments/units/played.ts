/** Units that play a policy on a scenario: what a machine elsewhere is told of both, and what their results depend on. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { modelHash } from '../../../agent/backbones/own.ts';
import { loadEngine } from '../../../agent/engine/engine.ts';
import type { Model } from '../../../agent/network/model.ts';
import { graspShapes } from '../../../agent/policy/action-space.ts';
import { decodeModel, encodeModel } from '../../../agent/policy/model-file.ts';
import { FIXED_POLICY_NAMES } from '../../../agent/policy/names.ts';
import type { PolicySpec } from '../../../agent/policy/open-policy.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { sound } from '../../files.ts';
import { checkForeign } from '../../load.ts';
import type { ObjectLibrary } from '../../objects/library.ts';
import { libraryOf } from '../../objects/read.ts';
import { physicsName } from '../../recordings/record.ts';
import { greedy } from '../../run/named-policy.ts';
import { type Scenario, scenarioSchema } from '../../schema/schema.ts';
import { note } from '../../terminal/notes.ts';
import { versions } from '../../versions.ts';
import { comparable } from '../comparable.ts';
import type { SharedFiles } from '../queue/shared-files.ts';

/** A policy on a scenario, as a thread is told of it. */
export interface Played {
  readonly scenario: Scenario;
  readonly policy: PolicySpec;
}

/** Policies as a queue holds them: weights by the hash of their file. */
export const sharedPolicies = [
  z.strictObject({ kind: z.literal('fixed'), name: z.enum(FIXED_POLICY_NAMES) }),
  z.strictObject({ kind: z.literal('greedy'), weights: z.string() }),
] as const;

/** A policy on a scenario as a queue holds it. */
export const playedRequest = z.strictObject({
  scenario: scenarioSchema,
  policy: z.discriminatedUnion('kind', sharedPolicies),
});
type PlayedRequest = z.infer<typeof playedRequest>;

/** Shares a policy's weights. @returns their hash. */
export const putModel = (model: Model, { action }: Scenario, files: SharedFiles): string =>
  files.put(encodeModel(model, graspShapes(action).length));

/** Weights that were shared. @throws InputError if they are not here, or of another head than the scenario's. */
export const getModel = (weights: string, { action }: Scenario, files: SharedFiles): Model =>
  sound(() => decodeModel(files.get(weights), `weights ${weights.slice(0, 8)}`, graspShapes(action).length)).model;

/** Shares the weights, and says what they play on. */
export function sharePlayed({ scenario, policy }: Played, files: SharedFiles): PlayedRequest {
  if (policy.kind === 'fixed') return { scenario, policy };
  if (policy.kind !== 'greedy') throw new Error(`played: expected a policy of its own weights, got ${policy.kind}`);
  return { scenario, policy: { kind: 'greedy', weights: putModel(policy.model, scenario, files) } };
}

/** What was shared, opened where it is to be played. @throws InputError if the weights or the objects are not here. */
export async function openPlayed(
  { scenario, policy: { kind, ...named } }: PlayedRequest,
  files: SharedFiles,
): Promise<Played & { readonly library: ObjectLibrary | undefined }> {
  const library = await libraryOf(scenario, note);
  if ('name' in named) return { scenario, library, policy: { kind: 'fixed', name: named.name } };
  const model = getModel(named.weights, scenario, files);
  await checkForeign(model);
  return { scenario, library, policy: greedy(model) };
}

/**
 * What identifies all that units depend on.
 * @param more what else is the same for all of them. @returns the key of each by what tells it apart.
 */
export async function playedKeys(
  { scenario: { description: _, ...scenario }, policy }: Played,
  library: ObjectLibrary | undefined,
  more: unknown,
): Promise<(unit: unknown) => string> {
  const [engine] = await Promise.all([loadEngine(), loadPhysics()]);
  const learned = policy.kind === 'greedy' && {
    weights: modelHash(policy.model),
    architecture: policy.model.architecture,
    engine: engine.name,
  };
  const about = {
    ...{ scenario, more, physics: physicsName(), graft: versions().graft, objects: library?.hash ?? null },
    policy: learned || (policy.kind === 'fixed' ? policy.name : null),
  };
  return (unit) =>
    createHash('sha256')
      .update(comparable([about, unit]))
      .digest('hex')
      .slice(0, 32);
}

/** Scenes of a unit: a few seconds for a learned policy on one core. */
export const SCENES_A_UNIT = 32;

/** Numbers from 0 on in blocks. */
export const blocksOf = (count: number, size: number): { readonly first: number; readonly count: number }[] =>
  Array.from({ length: Math.ceil(count / size) }, (_, i) => ({
    first: i * size,
    count: Math.min(size, count - i * size),
  }));

/** Name of a block, in the order of its numbers. */
export const blockName = (what: string, first: number): string => `${what}-${String(first).padStart(8, '0')}`;
