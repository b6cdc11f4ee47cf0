/** Code: what tells two grafts of one version apart. */
import { z } from 'zod';
import { versions } from './versions.ts';

let known: Promise<string> | undefined;

/**
 * Fingerprint of all the code that decides a unit's result, packages by their versions: 12 hexadecimal digits, made when the program
 * is compiled. Comments, types, layout and whatever only reports do not count.
 */
export function codeHash(): Promise<string> {
  known ??= (import(new URL('./code-entry.js', import.meta.url).href) as Promise<{ default: string }>).then(
    (module) => module.default,
  );
  return known;
}

/** Versions by package, and the code: what a result is measured with. */
export const measuredWith = async (): Promise<Record<string, string>> => ({ ...versions(), code: await codeHash() });

/** The code among versions; none in those from before they said so. */
export const codeOf = ({ code = 'none' }: Readonly<Record<string, string>>): string => code;

const withVersions = z.looseObject({ versions: z.record(z.string(), z.string()) });

/** The code that a stored result says it is of; undefined if it does not say what it was measured with. */
export function codeIn(result: unknown): string | undefined {
  const { data } = withVersions.safeParse(result);
  return data && codeOf(data.versions);
}
