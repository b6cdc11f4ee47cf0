/** Check of messages that others wrote: JSON of a schema, or an error that says what was expected. */
import type { z } from 'zod';
import { InputError } from '../parse/parse.ts';

/** Longest piece of a bad value that an error repeats, characters. */
const SHOWN = 60;

/** A value as an error shows it. */
export function shown(value: unknown): string {
  // JSON knows no NaN
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text;
}

/** The object in a text. @param what it is called in errors. @throws InputError if there is none. */
export function jsonObject(text: string, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InputError(`${what}: expected one JSON object, got ${shown(text)}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new InputError(`${what}: expected one JSON object, got ${shown(value)}`);
}

/**
 * A value of a schema.
 * @param what it is called in errors.
 * @throws InputError about the first thing that does not fit: `what.key: expected ..., got ...`.
 */
export function checked<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message, ...issue }] = parsed.error.issues;
  const where = [what, ...path].join('.');
  if (issue.code === 'unrecognized_keys')
    throw new InputError(`${where}: expected only known keys, got '${issue.keys.join("', '")}'`);
  const got = path.reduce<unknown>((v, k) => (v as Record<PropertyKey, unknown> | undefined)?.[k], value);
  const expected = message.replace(/^(Invalid \w+|Too \w+): /, '').replace(/, received .*$/, '');
  throw new InputError(
    `${where}: ${expected.startsWith('expected') ? expected : `expected ${expected}`}, got ${shown(got)}`,
  );
}
