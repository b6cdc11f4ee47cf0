import { mkdtemp, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseScenario } from '../../scenarios/load.ts';
import { Steering } from '../../scenarios/training/steering.ts';
import { startViewer, type Viewer } from '../../viewer/server.ts';
import { FoxgloveTestClient, until } from '../support/process/foxglove-client.ts';
import { HANDSHAKE } from '../support/process/stream.ts';

let viewer: Viewer;

beforeAll(async () => {
  viewer = await startViewer({ port: 0 });
});

afterAll(() => viewer.close());

/** Status line and last line of the answer to a request for a websocket, which no HTTP library would send as it is. */
function upgrade(headers: readonly string[], { protocol = 'foxglove.sdk.v1', path = '/stream', of = viewer } = {}) {
  const { port, hostname } = new URL(of.url);
  const lines = [`GET ${path} HTTP/1.1`, ...HANDSHAKE, `Sec-WebSocket-Protocol: ${protocol}`, ...headers];
  return new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(`${lines.join('\r\n')}\r\n\r\n`));
    socket.once('data', (data) => {
      const text = data.toString().split('\r\n');
      resolve(`${text[0]} ${text.at(-1)}`);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

describe('the server', () => {
  it('says so when its port is in use', async () => {
    const port = Number(new URL(viewer.url).port);
    await expect(startViewer({ port })).rejects.toThrow(
      `viewer: port ${port} is in use; pass --port N or stop the other program`,
    );
  });

  it('refuses websockets of pages from elsewhere, and lets in those that were named', async () => {
    const { host } = new URL(viewer.url);
    expect(await upgrade([`Host: ${host}`, 'Origin: http://evil.example'])).toMatch(/403.*got http:\/\/evil/);
    expect(await upgrade([`Host: ${host}`, 'Origin: null'])).toContain('403');
    expect(await upgrade([`Host: ${host}`, `Origin: http://${host}`])).toContain('101');
    expect(await upgrade([`Host: ${host}`, 'Origin: https://app.foxglove.dev'])).toContain('101');
    expect(await upgrade([`Host: ${host}`])).toContain('101');
    const open = await startViewer({ port: 0, origins: ['https://viewer.example'] });
    const named = [`Host: ${new URL(open.url).host}`, 'Origin: https://viewer.example'];
    expect(await upgrade(named, { of: open })).toContain('101');
    await open.close();
  });

  it('lets its own page and programs of this machine steer, and with a token those alone who have it', async () => {
    const token = 'sixteen-or-more-letters';
    const closed = await startViewer({ port: 0, token });
    const may = async (of: Viewer, protocol?: string, origin?: string): Promise<unknown> => {
      of.offerSteering(new Steering({ scenario: parseScenario('', 'test'), records: [] }));
      const protocols = ['foxglove.sdk.v1', ...(protocol ? [protocol] : [])];
      const client = new FoxgloveTestClient(of.url, { protocols, ...(origin && { origin }), topics: [] });
      client.socket.on('open', () => client.send({ op: 'getParameters', parameterNames: ['graft.maySteer'] }));
      await until('the rights', () => client.op('parameterValues').length > 0);
      client.socket.close();
      const [{ parameters }] = client.op('parameterValues') as unknown as [{ parameters: [{ value: unknown }] }];
      return parameters[0].value;
    };
    const own = new URL(viewer.url).origin;
    expect(await may(viewer)).toBe(true);
    expect(await may(viewer, undefined, own)).toBe(true);
    expect(await may(viewer, undefined, 'https://app.foxglove.dev')).toBe(false);
    expect(await may(closed)).toBe(false);
    expect(await may(closed, undefined, new URL(closed.url).origin)).toBe(false);
    expect(await may(closed, `token.${token}x`)).toBe(false);
    expect(await may(closed, `token.${token}`)).toBe(true);
    expect(await may(closed, `token.${token}`, 'https://app.foxglove.dev')).toBe(true);
    viewer.offerSteering(undefined);
    await closed.close();
  });

  it('that serves this machine only refuses names that are not its own: a page elsewhere may point one here', async () => {
    expect(await upgrade(['Host: evil.example', 'Origin: http://evil.example'])).toMatch(/403.*localhost, got .*evil/);
    expect(await upgrade(['Host: localhost:1234'])).toContain('101');
    const asked = async (host: string): Promise<string> => {
      const { port, hostname } = new URL(viewer.url);
      return new Promise((resolve) => {
        const socket = connect(Number(port), hostname, () =>
          socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
        );
        let text = '';
        socket.on('data', (data) => {
          text += data;
        });
        socket.on('close', () => resolve(text));
      });
    };
    expect(await asked('evil.example')).toMatch(/^HTTP\/1.1 403 [\s\S]*host: expected localhost, got evil.example/);
    expect(await asked('localhost:99')).toMatch(/^HTTP\/1.1 200 /);
    const wide = await startViewer({ port: 0, host: '0.0.0.0' });
    expect(wide.url).toMatch(/^http:\/\/localhost:\d+\/$/);
    expect(await upgrade(['Host: lab.example:8080'], { of: wide })).toContain('101');
    await wide.close();
  });

  it('has its stream at two paths and nowhere else', async () => {
    const { host } = new URL(viewer.url);
    for (const path of ['/', '/stream', '/stream?x=1'])
      expect(await upgrade([`Host: ${host}`], { path })).toContain('101');
    expect(await upgrade([`Host: ${host}`], { path: '/streams' })).toMatch(/404 .*expected path \/ or \/stream/);
  });

  it.each([
    ['another sub-protocol', ['chat'], 'expected sub-protocol foxglove.sdk.v1 or foxglove.websocket.v1, got chat'],
    ['none', [], 'got none'],
  ])('refuses clients with %s, saying which it speaks', async (_, protocols, message) => {
    const { refused } = new FoxgloveTestClient(viewer.url, { protocols, topics: [] });
    expect(await refused).toMatchObject({ status: 400, body: expect.stringContaining(message) });
  });

  it('takes 64 viewers of a page and no more, and another when one has gone', async () => {
    await until('the others gone', () => viewer.clientCount === 0);
    const clients = Array.from({ length: 64 }, () => new FoxgloveTestClient(viewer.url, { topics: [] }));
    await until('all connected', () => viewer.clientCount === 64);
    const more = new FoxgloveTestClient(viewer.url, { topics: [] });
    expect(await more.refused).toMatchObject({
      status: 503,
      body: 'websocket: expected at most 64 viewers of one page, got one more\n',
    });
    clients[0].socket.terminate();
    await until('room', () => viewer.clientCount === 63);
    const late = new FoxgloveTestClient(viewer.url, { topics: [] });
    await until('the late one', () => late.channels.length > 0);
    for (const { socket } of [...clients, late]) socket.terminate();
  });

  it('answers a client that is gone before it is refused', async () => {
    const { port, hostname } = new URL(viewer.url);
    for (let i = 0; i < 20; i++) {
      await new Promise((done) => {
        const socket = connect(Number(port), hostname, () => {
          socket.write(['GET /stream HTTP/1.1', ...HANDSHAKE, '', ''].join('\r\n'));
          socket.resetAndDestroy();
        });
        socket.on('error', () => undefined).on('close', done);
      });
    }
    expect((await fetch(viewer.url)).status).toBe(200);
  });

  it('serves the page it has built and, once there is one, the report', async () => {
    const page = await fetch(viewer.url);
    const script = /src="\.\/(assets\/[^"]+\.js)"/.exec(await page.text())?.[1];
    const code = await fetch(new URL(script!, viewer.url));
    expect(code.headers.get('content-type')).toContain('text/javascript');
    expect(await code.text()).toContain('graftViewer');
    expect((await fetch(`${viewer.url}report`)).status).toBe(404);
    const file = join(await mkdtemp(join(tmpdir(), 'graft-')), 'report.html');
    await writeFile(file, '<h1>done</h1>');
    viewer.serveReport(file);
    expect(await (await fetch(`${viewer.url}report`)).text()).toBe('<h1>done</h1>');
    expect(viewer.serveRecording(file)).toBe('/recordings/report.html');
  });

  it('serves the play page with what its worker loads, compressed, and a trained policy once there is one', async () => {
    const get = (path: string): Promise<Response> => fetch(new URL(path, viewer.url));
    expect((await get('play.html')).status).toBe(200);
    const wasm = await get('assets/tfjs-backend-wasm-simd.wasm');
    expect(wasm.headers.get('content-type')).toBe('application/wasm');
    expect(wasm.headers.get('content-encoding')).toBe('gzip');
    expect([...new Uint8Array(await wasm.arrayBuffer()).subarray(0, 4)]).toEqual([0, 97, 115, 109]);
    expect(await (await get('policy.json')).json()).toEqual({ policy: null });
    viewer.servePolicy({ bytes: Uint8Array.of(1, 2, 3), about: 'of a test', scenario: 'bin' });
    expect(await (await get('policy.json')).json()).toMatchObject({ policy: { about: 'of a test', scenario: 'bin' } });
  });
});
