/** Live settings: what of a scenario may be changed while it trains, and a scenario with such changes. */
import { UserError } from '../../sim/user-error.ts';
import { applyOverrides } from '../parse/overrides.ts';
import { controlsOf } from '../schema/controls.ts';
import { type Scenario, scenarioJsonSchema, scenarioSchema } from '../schema/schema.ts';
import type { Changed } from '../trials/job.ts';

/** Exploration, and how far the camera is off; besides, every number of the scenario's own depth noise. */
const KEYS = [
  ...['training.epsilon', 'training.temperature', 'training.heuristicShare'],
  ...['sensor.eyeJitter', 'sensor.calibrationError'],
];

/** What a scenario says of a live setting. */
export interface LiveSetting {
  /** Dotted. */
  readonly key: string;
  readonly about: string;
  readonly own: number;
  readonly low: number;
  readonly high: number;
  readonly whole: boolean;
}

/** The live settings of a scenario. None of them moves an evaluation: that is of the scenario as it was started. */
export function liveSettings(scenario: Scenario): LiveSetting[] {
  const schema = scenarioJsonSchema();
  const controls = ['training', 'sensor'].flatMap((section) => controlsOf(schema, scenario, section));
  return liveKeys(scenario).map((key): LiveSetting => {
    const control = controls.find((each) => each.key === key);
    if (control?.kind !== 'number')
      throw new Error(`live settings: expected ${key} to be a number between limits, got ${control?.kind ?? 'none'}`);
    return { key, about: control.about, own: control.value, ...control.limits };
  });
}

const liveKeys = ({ sensor: { noise } }: Scenario): string[] => {
  const numbers = Object.entries(noise).filter(([, value]) => typeof value === 'number');
  return [...KEYS, ...numbers.map(([name]) => `sensor.noise.${name}`)];
};

/**
 * A scenario with some live settings changed.
 * @param changed by key, as a log has them; undefined leaves the scenario alone.
 * @throws UserError naming the setting if it is none, or its value is out of range.
 */
export function withChanged(scenario: Scenario, changed: Changed | undefined): Scenario {
  if (!changed) return scenario;
  const known = liveKeys(scenario);
  for (const key of Object.keys(changed))
    if (!known.includes(key)) throw new UserError(`${key}: expected one of ${known.join(', ')}`);
  const overrides = Object.entries(changed).map(([key, value]) => ({ path: key.split('.'), value }));
  const parsed = scenarioSchema.safeParse(applyOverrides(scenario, overrides));
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new UserError(`${path.join('.')}: expected a value that the scenario's schema allows, got: ${message}`);
}

/** Changes in the order of the settings, without those that are back at the scenario's own; undefined if none are left. */
export function tidied(settings: readonly LiveSetting[], changed: Changed): Changed | undefined {
  const left = settings.flatMap(({ key, own }): [string, number][] =>
    changed[key] === undefined || changed[key] === own ? [] : [[key, changed[key]]],
  );
  return left.length > 0 ? Object.fromEntries(left) : undefined;
}
