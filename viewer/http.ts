/** HTTP: a server on a port, and answers without one. */
import { type Server, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Refusal } from './access.ts';

/**
 * Starts to listen.
 * @returns the URL under which this machine finds it.
 * @throws Error if the port is in use or may not be opened.
 */
export function listen(http: Server, port: number, host: string, who: string): Promise<string> {
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => {
      const inUse = error.code === 'EADDRINUSE';
      const advice = `${who}: port ${port} is in use; pass --port N or stop the other program`;
      reject(inUse ? new Error(advice, { cause: error }) : error);
    });
    http.listen(port, host, () => {
      const { port: got } = http.address() as AddressInfo;
      resolve(`http://${shownHost(host)}:${got}/`);
    });
  });
}

/** An address as it stands in a URL that this machine can open. */
function shownHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

/**
 * Headers of every answer: nothing is guessed, framed, shared with pages of other hosts, or told to them (OWASP Secure Headers).
 * What shows something has a policy of its own in place of `default-src 'none'`.
 */
export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Ends a server and every connection to it. */
export const stopListening = (http: Server): Promise<void> =>
  new Promise((resolve) => {
    http.close(() => resolve());
    http.closeAllConnections();
  });

/** What is written to a socket whose request for a websocket is refused. */
export function refusalText({ status, reason }: Refusal): string {
  const body = `${reason.replace(/[^ -~]/g, '?')}\n`;
  const safe = Object.entries(SAFE_HEADERS).map(([name, value]) => `${name}: ${value}\r\n`);
  const headers = `${safe.join('')}Connection: close\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}`;
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers}\r\n\r\n${body}`;
}
