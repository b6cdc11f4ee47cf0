/** Live settings: what of a scenario may be changed while it trains, and a scenario with such changes. */
import { UserError } from '../../sim/user-error.ts';
import { applyOverrides } from '../parse/overrides.ts';
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

/** The part of JSON Schema that settings are described in. */
interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly oneOf?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
  readonly const?: unknown;
  readonly type?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description?: string;
}

/** The live settings of a scenario. None of them moves an evaluation: that is of the scenario as it was started. */
export function liveSettings(scenario: Scenario): LiveSetting[] {
  const root = scenarioJsonSchema() as SchemaNode;
  return liveKeys(scenario).map((key): LiveSetting => {
    const { description = '', minimum = 0, maximum = 1, type } = nodeAt(root, scenario, key.split('.'));
    const own = valueAt(scenario, key) as number;
    return { key, about: description, own, low: minimum, high: maximum, whole: type === 'integer' };
  });
}

const liveKeys = ({ sensor: { noise } }: Scenario): string[] => {
  const numbers = Object.entries(noise).filter(([, value]) => typeof value === 'number');
  return [...KEYS, ...numbers.map(([name]) => `sensor.noise.${name}`)];
};

const valueAt = (scenario: Scenario, key: string): unknown =>
  key.split('.').reduce<unknown>((value, part) => (value as Record<string, unknown>)[part], scenario);

/** The schema of a setting; among kinds of noise that of the scenario's own. */
function nodeAt(node: SchemaNode, value: unknown, [key, ...rest]: readonly string[]): SchemaNode {
  if (key === undefined) return node;
  const section = value as Readonly<Record<string, unknown>>;
  const kinds = node.oneOf ?? node.anyOf ?? [node];
  const kind = kinds.find(
    ({ properties }) => properties?.model === undefined || properties.model.const === section.model,
  );
  return nodeAt(kind?.properties?.[key] ?? {}, section[key], rest);
}

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
