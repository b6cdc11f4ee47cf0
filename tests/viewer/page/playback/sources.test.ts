import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bytesSource, urlSource } from '../../../../viewer/page/playback/sources.ts';
import { temporaryFolder } from '../../../support/process/cli.ts';
import { type StaticServer, serveFolder } from '../../../support/process/static-server.ts';

const folder = temporaryFolder();
const BYTES = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) % 251);
const servers: StaticServer[] = [];

beforeAll(async () => {
  writeFileSync(join(folder, 'a b.mcap'), BYTES);
  servers.push(await serveFolder(folder, '/x/', true), await serveFolder(folder, '/y/'));
});

afterAll(() => {
  vi.unstubAllGlobals();
  return Promise.all(servers.map((s) => s.close()));
});

const at = (server: StaticServer): void => void vi.stubGlobal('document', { baseURI: server.url });
const part = (from: number, length: number): number[] => [...BYTES.subarray(from, from + length)];

describe('a recording at an address', () => {
  it('is read by ranges from a host that knows them', async () => {
    at(servers[0]);
    const said: string[] = [];
    const source = await urlSource('./a%20b.mcap', (text) => said.push(text));
    expect([source.name, source.size]).toEqual(['a b.mcap', BYTES.length]);
    expect([...(await source.read(1000, 5))]).toEqual(part(1000, 5));
    expect([...(await source.read(0, 0))]).toEqual([]);
    expect(said).toEqual([]);
  });

  it('is downloaded as a whole from one that does not, which is said', async () => {
    at(servers[1]);
    const said: string[] = [];
    const source = await urlSource('./a%20b.mcap', (text) => said.push(text));
    expect(source.size).toBe(BYTES.length);
    expect([...(await source.read(299_000, 1000))]).toEqual(part(299_000, 1000));
    expect(said.at(-1)).toBe('This host knows no ranges, so all is downloaded: 0.3 of 0.3 MB');
    await expect(source.read(299_999, 2)).rejects.toThrow('a b.mcap: expected 2 bytes, got 1');
  });

  it('is refused if it is not there, or the connection is lost in the middle', async () => {
    at(servers[1]);
    await expect(urlSource('./none.mcap')).rejects.toThrow(/none\.mcap: expected a recording at http.*, got 404/);
    await expect(urlSource('file:///etc/hosts')).rejects.toThrow('expected an http or https address, got file:');
    const broken = createServer((_, response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write('x'.repeat(10), () => response.destroy());
    });
    await new Promise<void>((done) => broken.listen(0, '127.0.0.1', done));
    const address = `http://127.0.0.1:${(broken.address() as AddressInfo).port}/lost.mcap`;
    await expect(urlSource(address)).rejects.toThrow(/lost\.mcap: expected the whole file, got \d+ bytes before/);
    broken.close();
    await expect(urlSource(address)).rejects.toThrow(/lost\.mcap: expected a server that answers, got none/);
  });
});

it('bytes that are all there are read where they are', async () => {
  const source = bytesSource('mine', BYTES);
  expect([...(await source.read(10, 3))]).toEqual(part(10, 3));
  await expect(source.read(BYTES.length, 1)).rejects.toThrow('mine: expected 1 bytes, got 0');
});
