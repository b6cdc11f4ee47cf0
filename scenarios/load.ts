import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMap, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { foreignTrunkOf, openBackbone } from '../agent/backbones.ts';
import { loadEngine } from '../agent/engine.ts';
import type { Model } from '../agent/learned.ts';
import { type Arm, checkArm } from '../agent/learner.ts';
import { checkHead } from '../agent/pretrained-head.ts';
import type { Backbone } from '../agent/registry.ts';
import { applyOverrides, type Override, overrideName } from './overrides.ts';
import { GRIPPER_KEYS, objectsAt, type Scenario, scenarioSchema } from './schema.ts';

/** Bad input from the user: the command line prints the message alone and exits with 2. */
export class InputError extends Error {}

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** Names of the scenarios that ship with graft. */
export const scenarioNames = (): string[] =>
  readdirSync(FOLDER)
    .filter((f) => f.endsWith('.yaml'))
    .map((f) => f.slice(0, -'.yaml'.length))
    .sort();

/** A scenario and where it came from. */
export interface LoadedScenario {
  readonly name: string;
  readonly scenario: Scenario;
}

/**
 * Loads a scenario by name or path.
 * @param overrides settings in place of the file's.
 * @throws InputError naming file, line and key, or the override, if it cannot be read or does not fit the schema.
 */
export function loadScenario(nameOrPath: string, overrides: readonly Override[] = []): LoadedScenario {
  const shipped = join(FOLDER, `${nameOrPath}.yaml`);
  const path = /^[\w-]+$/.test(nameOrPath) && existsSync(shipped) ? shipped : resolve(nameOrPath);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InputError(
      `scenario '${nameOrPath}': expected one of ${scenarioNames().join(', ')} or the path of a YAML file, got: ${why}`,
    );
  }
  const scenario = parseScenario(text, path, overrides);
  const { objects } = scenario;
  return {
    name: basename(path).replace(/\.ya?ml$/, ''),
    scenario: objects ? { ...scenario, objects: { ...objects, path: resolve(dirname(path), objects.path) } } : scenario,
  };
}

/** The scenario with the objects of another folder (`--objects`), under its own settings if it has any. */
export const withObjects = (scenario: Scenario, path: string | undefined): Scenario =>
  path === undefined
    ? scenario
    : { ...scenario, objects: { ...(scenario.objects ?? objectsAt('.')), path: resolve(path) } };

/**
 * The trunk that a scenario names.
 * @throws InputError if there is none, if it is damaged, or if one of the arms cannot start from it.
 */
export async function backboneOf({ learner }: Scenario, arms: readonly Arm[]): Promise<Backbone> {
  try {
    const backbone = await openBackbone(learner.backbone, learner.taps);
    for (const arm of arms) checkArm(arm, backbone, learner);
    if (learner.head === 'initialised') checkHead(backbone);
    return backbone;
  } catch (error) {
    throw new InputError(error instanceof Error ? error.message : String(error));
  }
}

/** The scenario with the layers that are read of a foreign network, which its model card may have chosen, written down. */
export const withTaps = (scenario: Scenario, { architecture }: Backbone): Scenario =>
  architecture.kind === 'own'
    ? scenario
    : { ...scenario, learner: { ...scenario.learner, taps: architecture.taps.map((t) => t.name) } };

/** Makes sure that the foreign network of a policy is here and the same. @throws InputError if it is not. */
export async function checkForeign(model: Model): Promise<void> {
  if (model.architecture.kind === 'own') return;
  try {
    (await foreignTrunkOf((await loadEngine()).tf, model))?.dispose();
  } catch (error) {
    throw new InputError(error instanceof Error ? error.message : String(error));
  }
}

/** Largest scenario file, bytes. */
const MAX_BYTES = 1_000_000;

/**
 * Parses and checks a scenario.
 * @param where     named in errors.
 * @param overrides settings in place of the file's.
 * @throws InputError with one line per problem: `file:line: key: expected ..., got ...`, or `--set key: ...`.
 */
export function parseScenario(text: string, where: string, overrides: readonly Override[] = []): Scenario {
  if (text.length > MAX_BYTES)
    throw new InputError(`${where}: expected at most ${MAX_BYTES} characters, got ${text.length}`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0) {
    throw new InputError(
      document.errors
        .map((e) => `${where}:${lines.linePos(e.pos[0]).line}: expected YAML, got: ${e.message.split('\n')[0]}`)
        .join('\n'),
    );
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 20 }) ?? {};
  } catch (error) {
    throw new InputError(
      `${where}: expected YAML without runaway aliases, got: ${error instanceof Error ? error.message : error}`,
    );
  }
  try {
    value = applyOverrides(value, overrides);
  } catch (error) {
    throw new InputError(error instanceof Error ? error.message : String(error));
  }
  const parsed = scenarioSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const lineOf = (path: readonly PropertyKey[]): number => {
    for (let n = path.length; n > 0; n--) {
      const parent = document.getIn(path.slice(0, n - 1), true) ?? document.contents;
      const pair = isMap(parent)
        ? parent.items.find((i) => String((i.key as { value?: unknown }).value) === String(path[n - 1]))
        : undefined;
      const offset = (pair?.key as { range?: readonly number[] } | undefined)?.range?.[0];
      if (offset !== undefined) return lines.linePos(offset).line;
    }
    return 1;
  };
  const placeOf = (path: readonly PropertyKey[]): string => {
    const override = overrides.find(
      (o) => path.length > 0 && o.path.every((key, i) => i >= path.length || path[i] === key),
    );
    return override ? overrideName(override) : `${where}:${lineOf(path)}`;
  };
  throw new InputError(parsed.error.issues.flatMap((issue) => describe(issue, value, placeOf)).join('\n'));
}

function describe(
  issue: z.core.$ZodIssue,
  value: unknown,
  placeOf: (path: readonly PropertyKey[]) => string,
): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return `${placeOf(path)}: ${path.join('.')}: unknown key; expected one of ${validKeys(issue.path).join(', ')}`;
    });
  }
  const got = JSON.stringify(
    issue.path.reduce<unknown>((v, k) => (v as Record<PropertyKey, unknown> | undefined)?.[k], value),
  );
  const message = issue.message.replace(/^(Invalid \w+|Too \w+): /, '');
  return [`${placeOf(issue.path)}: ${issue.path.join('.') || '(top level)'}: ${message}, got ${got ?? 'nothing'}`];
}

/** The keys that the schema knows at a path. */
function validKeys(path: readonly PropertyKey[]): readonly string[] {
  if (path[0] === 'gripper' && path.length === 1) return GRIPPER_KEYS;
  let node: unknown = scenarioSchema.parse({});
  for (const key of path) node = (node as Record<PropertyKey, unknown> | undefined)?.[key];
  return node && typeof node === 'object' ? Object.keys(node) : ['(see the schema)'];
}
