import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Files, respond, serveRecording } from '../../viewer/files.ts';

const folder = mkdtempSync(join(tmpdir(), 'graft-files-'));
const root = join(folder, 'page');
const BYTES = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251));

let files: Files;
let http: Server;
let url: string;

beforeAll(async () => {
  mkdirSync(join(root, 'assets'), { recursive: true });
  writeFileSync(join(root, 'index.html'), '<title>page</title>');
  writeFileSync(join(root, '.secret'), 'hidden');
  writeFileSync(join(root, 'empty.css'), '');
  writeFileSync(join(root, 'assets', 'code-1a2b.js'), 'x'.repeat(5000));
  writeFileSync(join(folder, 'outside.txt'), 'secret');
  mkdirSync(join(folder, 'page-2'));
  writeFileSync(join(folder, 'page-2', 'index.html'), 'secret');
  http = createServer((request, response) => void respond(request, response, files));
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`;
});

beforeEach(() => {
  files = { root, recordings: new Map() };
});

afterAll(() => http.close());

/** The whole answer to a request that no HTTP library would send as it is. */
function raw(line: string, ...headers: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const request = [line, 'Host: localhost', 'Connection: close', ...headers, '', ''].join('\r\n');
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(request));
    socket.on('data', (data) => {
      text += data.toString('latin1');
    });
    socket.once('close', () => resolve(text)).once('error', reject);
  });
}

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(new URL(path, url), { headers });

/** Files of the folder that this process holds open. */
const openFiles = (): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
    } catch {
      return false;
    }
  }).length;

describe('a download', () => {
  it.skipIf(!existsSync('/proc/self/fd'))('that is left in the middle closes its file (needs /proc)', async () => {
    const path = join(folder, 'long.mcap');
    writeFileSync(path, Buffer.alloc(30_000_000));
    serveRecording(files, path);
    writeFileSync(join(root, 'assets', 'long-3c4d.js'), Buffer.alloc(30_000_000, 'ab'));
    for (const name of ['/recordings/long.mcap', '/assets/long-3c4d.js']) {
      for (let i = 0; i < 20; i++) {
        await new Promise<void>((done) => {
          const socket = connect(Number(new URL(url).port), '127.0.0.1', () =>
            socket.write(`GET ${name} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n`),
          );
          socket.once('data', () => socket.resetAndDestroy());
          socket.on('error', () => undefined).once('close', () => done());
        });
      }
    }
    for (let i = 0; i < 400 && openFiles() > 0; i++) await new Promise((done) => setTimeout(done, 5));
    expect(openFiles()).toBe(0);
  });
});

describe('the files of the page', () => {
  it('are served by name, the index at the root, with what keeps scripts from elsewhere out', async () => {
    for (const path of ['', 'index.html', '?recording=x#t=1']) {
      const page = await get(path);
      expect(await page.text()).toBe('<title>page</title>');
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(page.headers.get('content-security-policy')).toContain("script-src 'self' 'wasm-unsafe-eval'");
      expect(page.headers.get('x-content-type-options')).toBe('nosniff');
      expect(page.headers.get('cache-control')).toBe('no-cache');
    }
    for (const path of ['', 'nothing.html', '.secret', 'recordings/']) {
      const { headers } = await get(path);
      expect(headers.get('content-security-policy'), path).toContain("frame-ancestors 'none'");
      expect(headers.get('cross-origin-opener-policy'), path).toBe('same-origin');
      expect(headers.get('cross-origin-resource-policy'), path).toBe('same-origin');
      expect(headers.get('referrer-policy'), path).toBe('no-referrer');
    }
    expect((await get('empty.css')).status).toBe(200);
    expect(await (await get('empty.css')).text()).toBe('');
    expect((await get('nothing.html')).status).toBe(404);
  });

  it('are compressed and kept for good where their name holds their hash, and whoever cannot unpack gets them plain', async () => {
    const packed = await raw('GET /assets/code-1a2b.js HTTP/1.1', 'Accept-Encoding: br, gzip');
    expect(packed).toContain('content-encoding: gzip');
    expect(packed).toMatch(/cache-control: public, max-age=31536000, immutable/);
    const zipped = await get('assets/code-1a2b.js', { 'accept-encoding': 'gzip' });
    expect((await zipped.text()).length).toBe(5000);
    const plain = await raw('GET /assets/code-1a2b.js HTTP/1.1', 'Accept-Encoding: identity');
    expect(plain).not.toContain('content-encoding');
    expect(plain.endsWith('x'.repeat(5000))).toBe(true);
    // a range is one of the file as it is
    const part = await raw('GET /assets/code-1a2b.js HTTP/1.1', 'Accept-Encoding: gzip', 'Range: bytes=0-9');
    expect(part).toMatch(/^HTTP\/1.1 206 /);
    expect(part.endsWith(`\r\n\r\n${'x'.repeat(10)}`)).toBe(true);
    // not the page: it may change
    expect(await raw('GET / HTTP/1.1', 'Accept-Encoding: gzip')).not.toContain('content-encoding');
  });

  it('are described without being sent for HEAD; other methods are refused', async () => {
    const head = await raw('HEAD / HTTP/1.1');
    expect(head).toMatch(/^HTTP\/1.1 200 OK/);
    expect(head).toContain('content-length: 19');
    expect(head.split('\r\n\r\n')[1]).toBe('');
    expect(await raw('POST / HTTP/1.1', 'Content-Length: 0')).toMatch(/^HTTP\/1.1 405 /);
  });

  it.each([
    '/../outside.txt',
    '/..%2foutside.txt',
    '/%2e%2e/%2e%2e/outside.txt',
    '/assets/../../outside.txt',
    '/..\\outside.txt',
    '/../page-2/index.html',
    '/.secret',
    '/assets/',
    '/assets',
    '/%00',
    '/%',
    '//etc/passwd',
    '/recordings/../outside.txt',
    '/recordings/%2e%2e%2foutside.txt',
    '/recordings/other.mcap',
    'outside.txt',
  ])('are all that is served: %s is not', async (path) => {
    const answer = await raw(`GET ${path} HTTP/1.1`);
    expect(answer).toMatch(/^HTTP\/1.1 40[04] /);
    expect(answer).not.toContain('secret');
  });
});

describe('recordings', () => {
  const record = (name: string, inside = mkdtempSync(join(folder, 'runs-'))): string => {
    const path = join(inside, name);
    writeFileSync(path, BYTES);
    return path;
  };

  it('are listed, and served under their names, which are made different', async () => {
    expect(await (await get('recordings/')).json()).toEqual([]);
    const [one, two] = [record('a run.mcap'), record('a run.mcap')];
    expect(serveRecording(files, one)).toBe('/recordings/a%20run.mcap');
    expect(serveRecording(files, two)).toBe('/recordings/2-a%20run.mcap');
    expect(serveRecording(files, one)).toBe('/recordings/a%20run.mcap');
    expect(await (await get('recordings/')).json()).toEqual(['recordings/a%20run.mcap', 'recordings/2-a%20run.mcap']);
    const whole = await get('recordings/a%20run.mcap');
    expect([whole.status, whole.headers.get('accept-ranges')]).toEqual([200, 'bytes']);
    expect(Buffer.from(await whole.arrayBuffer()).equals(BYTES)).toBe(true);
  });

  it.each([
    ['bytes=0-9', 0, 10],
    ['bytes=990-5000', 990, 1000],
    ['bytes=7-', 7, 1000],
    ['bytes=-5', 995, 1000],
    ['bytes=-5000', 0, 1000],
    ['bytes=999-999', 999, 1000],
  ] as const)('are served in ranges: %s', async (range, start, end) => {
    const part = await get(serveRecording(files, record('r.mcap')), { range });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes ${start}-${end - 1}/1000`]);
    expect(Buffer.from(await part.arrayBuffer()).equals(BYTES.subarray(start, end))).toBe(true);
  });

  it.each([
    ['bytes=1000-', 416],
    ['bytes=-0', 416],
    ['bytes=5-2', 200],
    ['bytes=-', 200],
    ['bytes=0-1,5-6', 200],
    ['furlongs=1-2', 200],
  ])('answer a range that makes no sense as the protocol says: %s', async (range, status) => {
    const answer = await get(serveRecording(files, record('r.mcap')), { range });
    expect(answer.status).toBe(status);
    if (status === 416) expect(answer.headers.get('content-range')).toBe('bytes */1000');
    else expect((await answer.arrayBuffer()).byteLength).toBe(1000);
  });
});

describe('the report and the policy of a run', () => {
  it('are served once there are any', async () => {
    const early = await get('report');
    expect([early.status, await early.text()]).toEqual([404, 'this run has not written its report yet\n']);
    files.report = join(folder, 'outside.txt');
    const report = await get('report');
    expect(await report.text()).toBe('secret');
    expect(report.headers.get('content-security-policy')).toMatch(/^default-src 'none'; .*frame-ancestors 'none'$/);
    expect((await get('policy.json')).status).toBe(404);
    files.policy = { bytes: Uint8Array.of(1, 2, 3), about: 'of a test', scenario: 'bin' };
    const { policy } = await (await get('policy.json')).json();
    expect(policy).toEqual({ file: 'policy.safetensors', about: 'of a test', scenario: 'bin' });
    expect([...new Uint8Array(await (await get(policy.file)).arrayBuffer())]).toEqual([1, 2, 3]);
  });

  it('are preceded by the policy that ships, which is read when it is asked for', async () => {
    let reads = 0;
    const shipped = async () => ({ bytes: Uint8Array.of(9, ++reads), about: 'shipped', scenario: 'tabletop' });
    files = { ...files, shipped };
    await get('');
    expect(reads).toBe(0);
    expect((await (await get('policy.json')).json()).policy.about).toBe('shipped');
    expect([...new Uint8Array(await (await get('policy.safetensors')).arrayBuffer())]).toEqual([9, 2]);
    files.policy = { bytes: Uint8Array.of(1), about: 'of a run', scenario: 'bin' };
    expect((await (await get('policy.json')).json()).policy.about).toBe('of a run');
    expect(reads).toBe(2);
  });
});
