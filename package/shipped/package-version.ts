import { readFileSync } from 'node:fs';

let bundled: Readonly<Record<string, string>> | undefined;

/** The version of a package that was bundled. */
export function packageVersion(name: string): string {
  bundled ??= JSON.parse(readFileSync(new URL('../../dist/versions.json', import.meta.url), 'utf8')) as Record<
    string,
    string
  >;
  return bundled[name] ?? 'absent';
}
