/** Addresses of external policies: what the command line calls them. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import type { ExternalSpec } from '../../agent/policy/open-policy.ts';
import { UserError } from '../../sim/user-error.ts';

/** An external policy as somebody typed it. */
export interface ExternalAddress {
  /** In reports and file names. */
  readonly name: string;
  readonly address: ExternalSpec['address'];
}

/** Says what names an external policy. */
export const EXTERNAL_HELP = '[name=]external:<command line> or [name=]external:ws://...';

const FORM = /^(?:([^=:]*)=)?external:(.*)$/s;

/** Whether a text is meant to name an external policy. */
export const isExternal = (text: string): boolean => FORM.test(text);

/** @throws UserError if the text names none. */
export function parseExternal(text: string): ExternalAddress {
  const [, name = 'external', rest = ''] = FORM.exec(text) ?? [];
  if (!/^[\w-]{1,40}$/.test(name))
    throw new UserError(`external: expected a name of letters, digits, - and _, got '${name}'`);
  if (/^wss?:\/\//.test(rest.trim())) {
    if (URL.canParse(rest.trim())) return { name, address: { url: rest.trim() } };
    throw new UserError(`external: expected a URL such as ws://127.0.0.1:9000, got '${rest}'`);
  }
  const command = words(rest);
  if (command.length > 0) return { name, address: { command } };
  throw new UserError(`external: expected ${EXTERNAL_HELP}, got '${text}'`);
}

/** The words of a command line: quotes hold a word together, and a backslash takes what follows as it is. No shell runs. */
function words(line: string): string[] {
  const found: string[] = [];
  const word = /\s*((?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])+)/gsy;
  for (let match = word.exec(line); match; match = word.exec(line)) {
    const parts = match[1].matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)|([^\s"'\\]+)/gs);
    found.push(
      [...parts]
        .map(([, double, single, escaped, plain]) => double?.replace(/\\(.)/gs, '$1') ?? single ?? escaped ?? plain)
        .join(''),
    );
    line = line.slice(word.lastIndex);
    word.lastIndex = 0;
  }
  if (line.trim() !== '') throw new UserError(`external: expected a command line with closed quotes, got ...${line}`);
  return found;
}

/** Identifies an address: its words, and the content of each file among them. */
export function addressHash(address: ExternalSpec['address']): string {
  const hash = createHash('sha256').update(JSON.stringify(address));
  for (const word of 'command' in address ? address.command : [])
    if (existsSync(word) && statSync(word).isFile() && statSync(word).size < 1e7)
      hash.update('\0').update(readFileSync(word));
  return hash.digest('hex').slice(0, 16);
}
