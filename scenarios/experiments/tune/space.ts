/** Spaces of tuning: the settings of each kind of arm, their values, and draws from them. */
import { type HeadInit, isFrozen, REGIMES, type Regime } from '../../../agent/learner/regimes.ts';
import type { TechniqueName } from '../../../agent/learner/techniques/registry.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import type { Family } from '../../../sim/objects/families.ts';
import { applyOverrides } from '../../parse/overrides.ts';
import { type Scenario, scenarioSchema } from '../../schema/schema.ts';

/** Families that settings are tuned on and judged by: none of them is among the benchmark's held-out ones. */
export const TUNE_FAMILIES = {
  training: ['box', 'cylinder', 'bar', 'l-shape', 'superquadric'],
  validation: ['ring', 'dumbbell', 'frustum', 'pestle', 'capsule'],
} as const satisfies Record<string, readonly Family[]>;

/** Training and evaluation seeds start here: the benchmark's start at 0, so that the two never meet a scene in common. */
export const TUNE_SEED = 7_000_000;

/** One setting and what it may be: evenly spaced on a logarithmic scale, so that a uniform draw is log-uniform. */
interface Axis {
  /** Dotted key of the scenario. */
  readonly key: string;
  readonly values: readonly number[];
}

const END_TO_END = [
  { key: 'learner.endToEnd.learningRate', values: [1e-4, 2e-4, 3e-4, 5e-4, 1e-3, 2e-3, 3e-3, 5e-3] },
  { key: 'learner.endToEnd.weightDecay', values: [1e-5, 1e-4, 1e-3, 1e-2, 1e-1] },
  { key: 'learner.endToEnd.updatesPerTrial', values: [0.5, 1, 2, 4] },
  { key: 'learner.endToEnd.batchSize', values: [16, 32, 64] },
] as const satisfies readonly Axis[];

/**
 * What is searched, by the kind of arm. Every space has four settings or five and is as wide as what these can sensibly be, so
 * that an equal number of configurations is an equal effort.
 */
export const SPACES = {
  frozen: [
    { key: 'learner.learningRate', values: [3e-4, 5e-4, 1e-3, 2e-3, 3e-3, 5e-3, 1e-2] },
    { key: 'learner.weightDecay', values: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1] },
    { key: 'learner.updatesPerTrial', values: [0.5, 1, 2, 4, 8] },
    { key: 'learner.batchSize', values: [16, 32, 64, 128] },
  ],
  /** A head that starts from what was learned along with the trunk, and is held to it. */
  initialised: [
    { key: 'learner.learningRate', values: [3e-5, 1e-4, 3e-4, 1e-3, 3e-3] },
    { key: 'learner.headAnchor', values: [1, 3, 10, 30, 100, 300] },
    { key: 'learner.updatesPerTrial', values: [0.5, 1, 2, 4, 8] },
    { key: 'learner.batchSize', values: [16, 32, 64, 128] },
  ],
  endToEnd: END_TO_END,
  /** The same, for a trunk that starts from random weights and may have any width. */
  scratch: [...END_TO_END, { key: 'learner.width', values: [0.5, 0.75, 1, 1.5, 2] }],
} as const satisfies Record<string, readonly Axis[]>;
export type SpaceName = keyof typeof SPACES;

/** The space of an arm: by whether its trunk stays as it is, and where it starts. */
export function spaceOf(
  arm: Regime,
  settings: { readonly technique?: TechniqueName; readonly head?: HeadInit } = {},
): SpaceName {
  if (isFrozen(arm, settings)) return settings.head === 'initialised' ? 'initialised' : 'frozen';
  return REGIMES[arm].trunk === 'pretrained' ? 'endToEnd' : 'scratch';
}

/** Values by dotted key. */
export type Settings = Readonly<Record<string, number>>;

/** Different configurations that a space has. */
export const spaceSize = (space: SpaceName): number => SPACES[space].reduce((n, { values }) => n * values.length, 1);

/**
 * The configurations that are tried: first the scenario's own settings, then draws from the space, all different. The draws
 * depend on (space, seed) alone, so that arms of a kind try the same ones, and more of them begin with the fewer.
 * @param count at most as many as the space has.
 */
export function drawSettings(space: SpaceName, count: number, own: Settings, seed: number): Settings[] {
  const axes: readonly Axis[] = SPACES[space];
  const drawn: Settings[] = [own];
  const rng = rngStream(seed, `tune/${space}`);
  while (drawn.length < count) {
    const settings = Object.fromEntries(axes.map(({ key, values }) => [key, rng.pick(values)]));
    if (!drawn.some((d) => axes.every(({ key }) => d[key] === settings[key]))) drawn.push(settings);
  }
  return drawn;
}

/** What a scenario says of the settings of a space. */
export const settingsOf = (scenario: Scenario, space: SpaceName): Settings =>
  Object.fromEntries(SPACES[space].map(({ key }) => [key, valueAt(scenario, key)]));

function valueAt(scenario: Scenario, key: string): number {
  const value = key.split('.').reduce<unknown>((v, k) => (v as Record<string, unknown>)[k], scenario);
  if (typeof value !== 'number') throw new Error(`tune: expected a number at ${key}, got ${JSON.stringify(value)}`);
  return value;
}

/** The scenario with these settings, checked like any other. */
export const withSettings = (scenario: Scenario, settings: Settings): Scenario =>
  scenarioSchema.parse(
    applyOverrides(
      scenario,
      Object.entries(settings).map(([key, value]) => ({ path: key.split('.'), value })),
    ),
  );
