/** Overrides of a scenario (`--set`): how they are read and applied. */
import { parse } from 'yaml';

/** One setting of a scenario, in place of the file's. */
export interface Override {
  /** Keys from the top: `['learner', 'backbone']`. */
  readonly path: readonly string[];
  readonly value: unknown;
}

/** How an override is typed, for errors. */
export const overrideName = ({ path }: Pick<Override, 'path'>): string => `--set ${path.join('.')}`;

/**
 * Reads `key.key=value`; the value is YAML, so numbers, lists and `true` are what they look like.
 * @throws Error if it is none, or the value is no YAML.
 */
export function parseOverride(text: string): Override {
  const at = text.indexOf('=');
  const path = text.slice(0, Math.max(at, 0)).trim().split('.');
  if (at < 0 || !path.every((key) => /^[A-Za-z][A-Za-z0-9]*$/.test(key)))
    throw new Error(`--set: expected key=value with a dotted key, such as learner.backbone=passive, got '${text}'`);
  try {
    return { path, value: parse(text.slice(at + 1), { maxAliasCount: 0 }) as unknown };
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new Error(`${overrideName({ path })}: expected a value in YAML, got: ${why}`);
  }
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Settings with some of them replaced; the schema judges the result.
 * @param value what the YAML said. Not changed.
 * @throws Error if a key on the way is no section.
 */
export function applyOverrides(value: unknown, overrides: readonly Override[]): unknown {
  return overrides.reduce((settings, override) => replaced(settings, override, override.path), value);
}

function replaced(settings: unknown, override: Override, [key, ...rest]: readonly string[]): unknown {
  const section = settings ?? {};
  if (!isMap(section)) {
    throw new Error(
      `${overrideName(override)}: expected sections on the way to '${key}', got ${JSON.stringify(settings)}`,
    );
  }
  const own = Object.hasOwn(section, key) ? section[key] : undefined;
  return { ...section, [key]: rest.length > 0 ? replaced(own, override, rest) : override.value };
}
