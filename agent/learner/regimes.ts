/**
 * Training regimes: the weights that a learner starts from and, unless the scenario says otherwise, the technique by which it
 * changes them. Scenarios and the command line call a regime `arm`.
 */
import type { Architecture, Prior } from '../network/architecture.ts';
import type { StandardizedHead } from '../network/head.ts';
import type { Parameters } from '../network/parameters.ts';
import { type TechniqueName, techniqueNamed } from './techniques/registry.ts';

/** Where a regime's trunk comes from. */
type TrunkSource = 'pretrained' | 'random' | 'equivariant';

/** The regimes by name. */
export const REGIMES = {
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
} as const satisfies Record<string, { readonly trunk: TrunkSource; readonly technique: TechniqueName }>;
export type Regime = keyof typeof REGIMES;
export const REGIME_NAMES = Object.keys(REGIMES) as readonly Regime[];

/** The technique that a regime learns by. @param settings whose `technique` overrides the regime's own. */
export const techniqueOf = (regime: Regime, settings: { readonly technique?: TechniqueName }): TechniqueName =>
  settings.technique ?? REGIMES[regime].technique;

/** Whether a regime keeps its trunk as it is, and so learns from cached features rather than from crops. */
export const isFrozen = (regime: Regime, settings: { readonly technique?: TechniqueName }): boolean =>
  techniqueNamed(techniqueOf(regime, settings)).frozen;

/**
 * What a head begins with: nothing (`fresh`), what was learned along with the trunk (`initialised`), or the latter wherever there
 * is such a head (`auto`).
 */
export const HEAD_INITS = ['auto', 'fresh', 'initialised'] as const;
export type HeadInit = (typeof HEAD_INITS)[number];

/** The settings that a regime must agree with. */
export interface RegimeSettings {
  readonly technique?: TechniqueName;
  readonly head: HeadInit;
  readonly prior?: Prior | undefined;
  /** Factor on the outputs of every layer of a network that starts from random weights. */
  readonly width: number;
}

/** What a learner starts from: what it needs of a backbone. */
export interface StartingPoint {
  readonly name: string;
  readonly architecture: Architecture;
  /** Copied where they will be trained. */
  readonly parameters: Parameters;
  /** The head to start from, which knows something before the first trial; a fresh one if left out. */
  readonly startHead?: StandardizedHead;
}

/**
 * Checks that a regime can be trained so.
 * @throws Error if a trunk that is to be trained or redrawn is a foreign network, which graft only runs; if the technique or
 *   the width is not for this regime; or if nothing would ever be known.
 */
export function checkRegime(arm: Regime, { name, architecture }: StartingPoint, settings: RegimeSettings): void {
  const { trunk } = REGIMES[arm];
  if (settings.head === 'initialised' && trunk !== 'pretrained')
    throw new Error(
      `arm '${arm}': expected learner.head 'auto' or 'fresh', for its trunk is random, got 'initialised'`,
    );
  if (settings.prior && trunk === 'pretrained')
    throw new Error(
      `learner.prior: expected an arm whose network is random, which knows nothing else before its first trial, got '${arm}'`,
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
  const { frozen, still } = techniqueNamed(technique);
  if (still && (trunk !== 'pretrained' || settings.head === 'fresh'))
    throw new Error(
      `learner.technique '${technique}': expected a head that was pretrained (arm 'pretrained', learner.head 'auto' or 'initialised'), got arm '${arm}' with head '${settings.head}'`,
    );
  if (architecture.kind === 'own' || (trunk === 'pretrained' && frozen)) return;
  const [what, how] =
    trunk === 'pretrained' && settings.technique
      ? [`learner.technique '${technique}'`, " with technique 'head'"]
      : [`arm '${arm}'`, ''];
  throw new Error(
    `${what}: expected one of graft's own trunks as learner.backbone, got the foreign network '${name}', which can only be used frozen, by arm 'pretrained'${how}`,
  );
}
