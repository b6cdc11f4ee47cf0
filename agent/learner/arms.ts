import type { Architecture } from '../network/architecture.ts';
import type { Standardization } from '../network/head.ts';
import type { Parameters } from '../network/parameters.ts';
import type { Technique } from './technique.ts';

/** Where an arm's trunk comes from. */
type TrunkSource = 'pretrained' | 'random' | 'equivariant';

/** What a learner starts from, and the technique it learns by unless the scenario names another. */
export const ARMS = {
  /** The pretrained trunk, frozen; only the head learns. */
  pretrained: { trunk: 'pretrained', technique: 'head' },
  /** A random trunk, frozen: how much of the result is the architecture and the head. */
  random: { trunk: 'random', technique: 'head' },
  /** The same network from random weights, end to end, with random-shift augmentation. */
  scratch: { trunk: 'random', technique: 'full' },
  /** The pretrained trunk, trained along with the head. */
  finetuned: { trunk: 'pretrained', technique: 'full' },
  /** A small depth-only network that is equivariant to the grasp's mirror images, from random weights, end to end. */
  equivariant: { trunk: 'equivariant', technique: 'full' },
} as const satisfies Record<string, { readonly trunk: TrunkSource; readonly technique: Technique }>;
export type Arm = keyof typeof ARMS;
export const ARM_NAMES = Object.keys(ARMS) as readonly Arm[];

/** The technique that an arm learns by. @param settings whose `technique` overrides the arm's own. */
export const techniqueOf = (arm: Arm, settings: { readonly technique?: Technique }): Technique =>
  settings.technique ?? ARMS[arm].technique;

/** Whether an arm keeps its trunk as it is, and so learns from cached features rather than from crops. */
export const isFrozen = (arm: Arm, settings: { readonly technique?: Technique }): boolean =>
  techniqueOf(arm, settings) === 'head';

/**
 * What a head begins with: nothing (`fresh`), what was learned along with the trunk (`initialised`), or the latter wherever there
 * is such a head (`auto`).
 */
export const HEAD_STARTS = ['auto', 'fresh', 'initialised'] as const;
export type HeadStart = (typeof HEAD_STARTS)[number];

/** The settings that an arm must agree with. */
export interface ArmSettings {
  readonly technique?: Technique;
  readonly head: HeadStart;
  /** Factor on the outputs of every layer of a network that starts from random weights. */
  readonly width: number;
}

/** What a learner needs of a backbone. */
export interface Pretrained {
  readonly name: string;
  readonly architecture: Architecture;
  /** Copied where they will be trained. */
  readonly parameters: Parameters;
  /** The head to start from; a fresh one if left out. */
  readonly startHead?: StartHead;
}

/** A head that knows something before the first trial, and the scale of its features. */
export interface StartHead {
  readonly parameters: Parameters;
  readonly standardization: Standardization;
}

/**
 * @throws Error if a trunk that is to be trained or redrawn is a foreign network, which graft only runs; or if the technique or
 *   the width is not for this arm.
 */
export function checkArm(arm: Arm, { name, architecture }: Pretrained, settings: ArmSettings): void {
  const { trunk } = ARMS[arm];
  if (settings.head === 'initialised' && trunk !== 'pretrained')
    throw new Error(
      `arm '${arm}': expected learner.head 'auto' or 'fresh', for its trunk is random, got 'initialised'`,
    );
  const technique = techniqueOf(arm, settings);
  if (trunk === 'pretrained' && settings.width !== 1)
    throw new Error(
      `learner.width: expected 1 for arm '${arm}', whose trunk is as wide as it was pretrained, got ${settings.width}`,
    );
  if (trunk === 'equivariant' && technique !== 'full')
    throw new Error(
      `learner.technique: expected 'full' for arm '${arm}', whose weights are tied to one another, got '${technique}'`,
    );
  if (architecture.kind === 'own' || (trunk === 'pretrained' && technique === 'head')) return;
  const [what, how] =
    trunk === 'pretrained' && settings.technique
      ? [`learner.technique '${technique}'`, " with technique 'head'"]
      : [`arm '${arm}'`, ''];
  throw new Error(
    `${what}: expected one of graft's own trunks as learner.backbone, got the foreign network '${name}', which can only be used frozen, by arm 'pretrained'${how}`,
  );
}
