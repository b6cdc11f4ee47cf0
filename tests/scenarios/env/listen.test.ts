import type { IncomingMessage } from 'node:http';
import { Writable } from 'node:stream';
import { beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { listen } from '../../../scenarios/env/listen.ts';
import { createSeats } from '../../../scenarios/env/seats.ts';
import { type Ground, REQUEST_MAX_BYTES } from '../../../scenarios/env/session.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { redirectNotes } from '../../../scenarios/terminal/notes.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { refuseForeign, refuseStranger } from '../../../viewer/access.ts';
import { SAFE_HEADERS } from '../../../viewer/http.ts';

beforeAll(loadPhysics);

const { scenario } = loadScenario('quick');
const lanes = [createSeats({ library: undefined, engine: () => Promise.reject(new Error('no engine here')) })];
const ground: Ground = {
  ...{ name: 'quick', scenario, protocol: 'single', split: 'evaluation', lanes },
  seeds: { training: 0, evaluation: 0 },
};

const host = '127.0.0.1';

/** A server of environments, as long as `use` takes. */
async function serving<T>(token: string | undefined, use: (url: string) => Promise<T>): Promise<T> {
  const ended = new AbortController();
  let said = '';
  const heard = new Writable({
    write: (chunk, _, done) => {
      said += chunk;
      done();
    },
  });
  const restore = redirectNotes(heard);
  const refuse = (request: IncomingMessage) => refuseForeign(request, host, []) ?? refuseStranger(request, token);
  const done = listen({ port: 0, host, refuse, headers: SAFE_HEADERS }, ground, ended.signal);
  try {
    await expect.poll(() => said).toContain('ws://');
    return await use(/ws:\S+/.exec(said)![0]);
  } finally {
    restore();
    ended.abort();
    await done;
  }
}

/** What becomes of a connection that says hello: an answer, or why there is none. */
const greeted = (url: string, options: WebSocket.ClientOptions = {}, text?: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = new WebSocket(url, options);
    socket.on('open', () => socket.send(text ?? '{"id":0,"type":"hello","version":1}'));
    socket.on('message', (data) => {
      resolve(JSON.parse(String(data)).type);
      socket.close();
    });
    socket.on('error', (error) => resolve(error.message));
    socket.on('close', (code) => resolve(`closed ${code}`));
  });

describe('a websocket of environments', () => {
  it('serves several clients, and none that is a page', () =>
    serving(undefined, async (url) => {
      expect(await Promise.all([greeted(url), greeted(url)])).toEqual(['hello', 'hello']);
      expect(await greeted(url, { origin: 'https://evil.example' })).toMatch(/403/);
      expect(await greeted(url, { headers: { host: 'evil.example' } })).toMatch(/403/);
    }));

  it('serves those alone that know its token', () =>
    serving('secret', async (url) => {
      expect(await greeted(url)).toMatch(/401/);
      expect(await greeted(url, { headers: { authorization: 'Bearer guess' } })).toMatch(/401/);
      // an address is written down in many places
      expect(await greeted(`${url}?token=secret`)).toMatch(/401/);
      expect(await greeted(url, { headers: { authorization: 'Bearer secret' } })).toBe('hello');
    }));

  it('ends a connection that sends too much, and serves the next', () =>
    serving(undefined, async (url) => {
      expect(await greeted(url, {}, 'x'.repeat(REQUEST_MAX_BYTES + 1))).toMatch(/closed 10/);
      expect(await greeted(url)).toBe('hello');
    }));

  it('says safe headers with a refusal, and why', () =>
    serving('secret', async (url) => {
      const { status, headers, text } = await new Promise<{ status?: number; headers: object; text: string }>(
        (resolve, reject) => {
          const socket = new WebSocket(url);
          socket.on('error', () => undefined);
          socket.on('unexpected-response', (_, response) => {
            let text = '';
            response.on('data', (some) => {
              text += some;
            });
            response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
            response.on('error', reject);
          });
        },
      );
      expect(status).toBe(401);
      expect(text).toBe("token: expected this server's token, got none");
      expect(headers).toMatchObject({ ...SAFE_HEADERS });
    }));
});
