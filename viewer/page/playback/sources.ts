/** Sources of recordings in a page: files, addresses, bytes. */
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

/** Bytes that are all there. */
export const bytesSource = (name: string, bytes: Uint8Array): ByteSource => ({
  ...{ name, size: bytes.length },
  read: async (offset, length) => expectBytes(name, bytes.subarray(offset, offset + length), length),
});

/**
 * A file at an address, read with range requests: only what is looked at is fetched. From a server that does not know them
 * all of it is downloaded first.
 * @param say told how far that is.
 * @throws Error if it cannot be had.
 */
export async function urlSource(address: string, say: (text: string) => void = () => undefined): Promise<ByteSource> {
  const url = new URL(address, document.baseURI);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new Error(`${address}: expected an http or https address, got ${url.protocol}`);
  const name = decodeURIComponent(url.pathname.split('/').pop() ?? '') || url.href;
  const first = await request(url, name, 0, 1);
  if (first.status === 200) return bytesSource(name, await download(first, name, say));
  const size = Number(/\/(\d+)$/.exec(first.headers.get('content-range') ?? '')?.[1] ?? Number.NaN);
  if (!Number.isSafeInteger(size)) throw new Error(`${name}: expected a server that tells the size, got none`);
  return {
    ...{ name, size },
    async read(offset, length) {
      if (length === 0) return new Uint8Array(0);
      const response = await request(url, name, offset, length);
      if (response.status === 200) throw new Error(`${name}: expected a range of bytes, got the whole file`);
      return expectBytes(name, new Uint8Array(await response.arrayBuffer()), length);
    },
  };
}

/** @returns the part that was asked for (206), or the whole file (200). */
async function request(url: URL, name: string, offset: number, length: number): Promise<Response> {
  const response = await fetch(url, { headers: { range: `bytes=${offset}-${offset + length - 1}` } }).catch(() => {
    throw new Error(`${name}: expected a server that answers, got none (${url.host})`);
  });
  if (response.status === 206 || response.status === 200) return response;
  await response.body?.cancel();
  throw new Error(`${name}: expected a recording at ${url.href}, got ${response.status} ${response.statusText}`);
}

/** The whole of an answer. @throws Error if the connection is lost before its end. */
async function download({ body, headers }: Response, name: string, say: (text: string) => void): Promise<Uint8Array> {
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
  // of what is sent, which is more than comes if it is compressed on the way
  const total = headers.has('content-encoding') ? 0 : Number(headers.get('content-length'));
  const of = total > 0 ? ` of ${megabytes(total)}` : '';
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = body?.getReader();
  try {
    for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
      parts.push(part.value);
      size += part.value.length;
      say(`This host knows no ranges, so all is downloaded: ${megabytes(size)}${of} MB`);
    }
  } catch {
    throw new Error(`${name}: expected the whole file, got ${size} bytes before the connection was lost`);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function expectBytes(name: string, bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw new Error(`${name}: expected ${length} bytes, got ${bytes.length}`);
  return bytes;
}
