import { isMap, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { GRIPPER_KEYS, type Scenario, scenarioSchema } from './schema.ts';

/** Bad input from the user: the command line prints the message alone and exits with 2. */
export class InputError extends Error {}

/** Largest scenario file, bytes. */
const MAX_BYTES = 1_000_000;

/**
 * Parses and checks a scenario.
 * @param where named in errors.
 * @throws InputError with one line per problem: `file:line: key: expected ..., got ...`.
 */
export function parseScenario(text: string, where: string): Scenario {
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
  throw new InputError(parsed.error.issues.flatMap((issue) => describe(issue, value, where, lineOf)).join('\n'));
}

function describe(
  issue: z.core.$ZodIssue,
  value: unknown,
  where: string,
  lineOf: (path: readonly PropertyKey[]) => number,
): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return `${where}:${lineOf(path)}: ${path.join('.')}: unknown key; expected one of ${validKeys(issue.path).join(', ')}`;
    });
  }
  const got = JSON.stringify(
    issue.path.reduce<unknown>((v, k) => (v as Record<PropertyKey, unknown> | undefined)?.[k], value),
  );
  const message = issue.message.replace(/^(Invalid \w+|Too \w+): /, '');
  return [
    `${where}:${lineOf(issue.path)}: ${issue.path.join('.') || '(top level)'}: ${message}, got ${got ?? 'nothing'}`,
  ];
}

/** The keys that the schema knows at a path. */
function validKeys(path: readonly PropertyKey[]): readonly string[] {
  if (path[0] === 'gripper' && path.length === 1) return GRIPPER_KEYS;
  let node: unknown = scenarioSchema.parse({});
  for (const key of path) node = (node as Record<PropertyKey, unknown> | undefined)?.[key];
  return node && typeof node === 'object' ? Object.keys(node) : ['(see the schema)'];
}
