/** Sources of recordings in a page: files and addresses. */
import type { ByteSource } from '../../../sim/recording/read/source.ts';

/** A file that was dropped on the page or chosen. */
export const fileSource = (file: File): ByteSource => ({
  name: file.name,
  size: file.size,
  async read(offset, length) {
    const bytes = new Uint8Array(await file.slice(offset, offset + length).arrayBuffer());
    return expectBytes(file.name, bytes, length);
  },
});

/**
 * A file at an address, read with range requests: only what is looked at is fetched.
 * @throws Error if it cannot be had, or its server does not know ranges.
 */
export async function urlSource(address: string): Promise<ByteSource> {
  const url = new URL(address, document.baseURI);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new Error(`${address}: expected an http or https address, got ${url.protocol}`);
  const name = decodeURIComponent(url.pathname.split('/').pop() ?? '') || url.href;
  const first = await request(url, name, 0, 1);
  const size = Number(/\/(\d+)$/.exec(first.headers.get('content-range') ?? '')?.[1] ?? Number.NaN);
  if (!Number.isSafeInteger(size)) throw new Error(`${name}: expected a server that tells the size, got none`);
  return {
    ...{ name, size },
    async read(offset, length) {
      if (length === 0) return new Uint8Array(0);
      const response = await request(url, name, offset, length);
      return expectBytes(name, new Uint8Array(await response.arrayBuffer()), length);
    },
  };
}

async function request(url: URL, name: string, offset: number, length: number): Promise<Response> {
  const response = await fetch(url, { headers: { range: `bytes=${offset}-${offset + length - 1}` } }).catch(() => {
    throw new Error(`${name}: expected a server that answers, got none (${url.host})`);
  });
  if (response.status === 206) return response;
  await response.body?.cancel();
  if (response.ok) throw new Error(`${name}: expected a server that knows range requests, got the whole file`);
  throw new Error(`${name}: expected a recording at ${url.href}, got ${response.status} ${response.statusText}`);
}

function expectBytes(name: string, bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw new Error(`${name}: expected ${length} bytes, got ${bytes.length}`);
  return bytes;
}
