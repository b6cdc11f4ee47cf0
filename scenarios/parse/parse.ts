/** Parsing of scenarios: YAML, overrides, schema, and errors by line and key. */
import { type Document, isMap, isNode, isSeq, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { GRIPPER_KEYS } from '../schema/gripper.ts';
import { PLACED_KEYS } from '../schema/placed.ts';
import { type Scenario, scenarioSchema } from '../schema/schema.ts';
import { InputError } from './input-error.ts';
import { applyOverrides, type Override, overrideName } from './overrides.ts';

export { InputError } from './input-error.ts';

/** Largest scenario file, characters: some ten times what one with every setting takes. */
const LONGEST = 50_000;
/** Problems that are told; more are counted. */
const TOLD = 20;

/**
 * Parses and checks a scenario.
 * @param where     named in errors.
 * @param overrides settings in place of the file's.
 * @throws InputError with one line per problem: `file:line: key: expected ..., got ...`, or `--set key: ...`.
 */
export function parseScenario(text: string, where: string, overrides: readonly Override[] = []): Scenario {
  const { document, lines, value: written } = read(text, where);
  let value = written;
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
      const item = isMap(parent)
        ? parent.items.find((i) => String((i.key as { value?: unknown }).value) === String(path[n - 1]))?.key
        : isSeq(parent) && parent.items[Number(path[n - 1])];
      const offset = isNode(item) ? item.range?.[0] : undefined;
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
  const problems = parsed.error.issues.flatMap(singly);
  const told = problems.slice(0, TOLD).map((issue) => describe(issue, value, placeOf));
  const more = problems.length > TOLD ? [`... and ${problems.length - TOLD} more`] : [];
  throw new InputError([...told, ...more].join('\n'));
}

/** A scenario file as it is written, without defaults. @throws InputError if it is no YAML. */
export const readYaml = (text: string, where: string): unknown => read(text, where).value;

function read(text: string, where: string): { document: Document; lines: LineCounter; value: unknown } {
  if (text.length > LONGEST)
    throw new InputError(`${where}: expected at most ${LONGEST} characters, got ${text.length}`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0) {
    throw new InputError(
      document.errors
        .map((e) => `${where}:${lines.linePos(e.pos[0]).line}: expected YAML, got: ${brief(e.message.split('\n')[0])}`)
        .slice(0, TOLD)
        .join('\n'),
    );
  }
  try {
    return { document, lines, value: document.toJS({ maxAliasCount: 20 }) ?? {} };
  } catch (error) {
    throw new InputError(
      `${where}: expected YAML without runaway aliases, got: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** An issue of each of several unknown keys. */
const singly = (issue: z.core.$ZodIssue): z.core.$ZodIssue[] =>
  issue.code === 'unrecognized_keys' ? issue.keys.map((key) => ({ ...issue, keys: [key] })) : [issue];

function describe(issue: z.core.$ZodIssue, value: unknown, placeOf: (path: readonly PropertyKey[]) => string): string {
  if (issue.code === 'unrecognized_keys') {
    const path = [...issue.path, ...issue.keys];
    return `${placeOf(path)}: ${brief(path.join('.'))}: unknown key; expected one of ${validKeys(issue.path).join(', ')}`;
  }
  return `${placeOf(issue.path)}: ${issue.path.join('.') || '(top level)'}: ${misfit(issue, value)}`;
}

/** "expected X, got Y" for an issue with a value. */
export function misfit(issue: z.core.$ZodIssue, value: unknown): string {
  const got = shown(
    issue.path.reduce<unknown>((v, k) => (v as Record<PropertyKey, unknown> | null | undefined)?.[k], value),
  );
  const message = issue.message.replace(/^(Invalid \w+|Too \w+): /, '');
  return `${message}, got ${got ?? 'nothing'}`;
}

/** Characters that an error shows of what it got. */
const SHOWN = 200;

const brief = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text);

/** A value as JSON, or how it begins; YAML's may hold itself. */
function shown(value: unknown): string | undefined {
  try {
    const json = JSON.stringify(value) as string | undefined;
    return json && brief(json);
  } catch {
    return 'something that holds itself';
  }
}

/** The keys that the schema knows at a path. */
function validKeys(path: readonly PropertyKey[]): readonly string[] {
  if (path[0] === 'gripper' && path.length === 1) return GRIPPER_KEYS;
  if (path[1] === 'placed' && path.length === 3) return PLACED_KEYS;
  let node: unknown = scenarioSchema.parse({});
  for (const key of path) node = (node as Record<PropertyKey, unknown> | undefined)?.[key];
  return node && typeof node === 'object' ? Object.keys(node) : ['(see the schema)'];
}
