/** Access: which requests a server may answer, by Host, Origin and token. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Why a request is not served: an HTTP status, and one sentence. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]', '::1']);

/** Whether an address is of this machine alone. */
export const isLoopback = (host: string): boolean => LOOPBACK.has(host);

/**
 * Refuses what a page elsewhere asks of a server that is not its own.
 * @param host    address that the server listens on.
 * @param origins of further pages that may ask.
 */
export function refuseForeign(
  { headers: { origin, host: asked = '' } }: IncomingMessage,
  host: string,
  origins: readonly string[],
): Refusal | undefined {
  if (origin !== undefined && !sameHost(origin, asked) && !origins.includes(origin)) {
    const expected = ['a page of this server', ...origins].join(', ');
    return { status: 403, reason: `origin: expected ${expected}, got ${origin}` };
  }
  // A page elsewhere can give its own name this machine's address; when only this machine is served, names must be local.
  if (isLoopback(host) && !LOOPBACK.has(asked.replace(/:\d+$/, '')))
    return { status: 403, reason: `host: expected localhost, got ${asked || 'none'}` };
  return undefined;
}

const sameHost = (origin: string, host: string): boolean => URL.canParse(origin) && new URL(origin).host === host;

/** Sub-protocol in which a page sends its token: a websocket has no headers of its own. */
const TOKEN_PROTOCOL = 'token.';

/** Refuses who does not know the token, if there is one. It comes as `Authorization: Bearer` or as sub-protocol `token.<token>`. */
export function refuseStranger({ headers }: IncomingMessage, token: string | undefined): Refusal | undefined {
  if (token === undefined) return undefined;
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  const offered = headers['sec-websocket-protocol']?.split(',').map((p) => p.trim());
  const given = bearer ?? offered?.find((p) => p.startsWith(TOKEN_PROTOCOL))?.slice(TOKEN_PROTOCOL.length);
  if (given !== undefined && sameText(given, token)) return undefined;
  return {
    status: 401,
    reason: `token: expected this server's token, got ${given === undefined ? 'none' : 'another'}`,
  };
}

/** Compares in a time that does not tell how much is equal. */
function sameText(a: string, b: string): boolean {
  const [x, y] = [a, b].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(x, y);
}
