import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.wasm': 'application/wasm',
};

/** A server that knows nothing of graft: files of a folder under a sub-path, like a page on a code host. */
export interface StaticServer {
  readonly url: string;
  /** Paths that were asked for and do not exist. */
  readonly missing: string[];
  readonly close: () => Promise<void>;
}

/** Serves a folder on a free port. @param path under which, with slashes at both ends. @param ranges whether it knows them. */
export async function serveFolder(folder: string, path = '/some/where/', ranges = false): Promise<StaticServer> {
  const missing: string[] = [];
  const server = createServer((request, response) => {
    const asked = decodeURIComponent((request.url ?? '/').split('?')[0]);
    const file = join(folder, asked.startsWith(path) ? asked.slice(path.length) || 'index.html' : '\0');
    if (!asked.startsWith(path) || !statSync(file, { throwIfNoEntry: false })?.isFile()) {
      missing.push(asked);
      response.writeHead(404).end();
      return;
    }
    const { size } = statSync(file);
    const type = { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' };
    const [, first, last] = (ranges && /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')) || [];
    if (first === undefined) {
      response.writeHead(200, { ...type, 'content-length': size });
      createReadStream(file).pipe(response);
      return;
    }
    const [start, end] = [Number(first), Math.min(Number(last), size - 1)];
    response.writeHead(206, { ...type, 'content-range': `bytes ${start}-${end}/${size}` });
    createReadStream(file, { start, end }).pipe(response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    missing,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
