/** Files over HTTP: pages, report, recordings by ranges, and the trained policy. */
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, extname, join, normalize, sep } from 'node:path';
import { pipeline } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { PlayPolicy } from '../sim/recording/live-view.ts';
import { WALK_FILE, type WalkSource } from '../sim/recording/walk.ts';
import { SAFE_HEADERS } from './http.ts';
import { POLICY_FILE, policyNote, WEIGHTS_FILE } from './policy-note.ts';
import { withCarried } from './share/html.ts';

/** What is served over HTTP. */
export interface Files {
  /** The folder of the page. */
  readonly root: string;
  /** The page at `/`. Default: the viewer. */
  readonly home?: string;
  /** What that page carries, see `Carried`; nothing if what it shows is streamed or asked for. */
  readonly carried?: unknown;
  /** Paths of recordings, by name. */
  readonly recordings: Map<string, string>;
  report?: string;
  /** What the play page offers as the trained policy. */
  policy?: PlayPolicy;
  /** What it offers until then, read when it is first asked for. */
  readonly shipped?: () => Promise<PlayPolicy>;
  /** A benchmark to walk: what it is, and recordings of its trials, made when they are asked for. */
  readonly walk?: WalkSource;
}

const HOME = 'index.html';
const RECORDINGS = '/recordings/';
/** Recordings of a benchmark's trials, by the trial's name. */
const TRIALS = '/trials/';

/** Adds a recording to what is served. @returns its path on the server. */
export function serveRecording({ recordings }: Files, path: string): string {
  const name = basename(path);
  let unique = name;
  for (let n = 2; (recordings.get(unique) ?? path) !== path; n++) unique = `${n}-${name}`;
  recordings.set(unique, path);
  return `${RECORDINGS}${encodeURIComponent(unique)}`;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** The page needs nothing from anywhere else, but may be asked to open a recording from there; `data:` is for the icon. */
const POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; connect-src 'self' http: https:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/** A report is one file, and asks for nothing. */
const REPORT_POLICY =
  "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

/** Answers one request. */
export async function respond(request: IncomingMessage, response: ServerResponse, files: Files): Promise<void> {
  const fail = (status: number, text: string): void => {
    response.writeHead(status, { ...SAFE_HEADERS, 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
  };
  if (request.method !== 'GET' && request.method !== 'HEAD') return fail(405, 'only GET and HEAD');
  const path = requestedPath(request.url ?? '/');
  if (path === undefined) return fail(400, 'bad path');
  if (path === '/' && files.carried !== undefined)
    return give(response, CONTENT_TYPES['.html'], await carryingHome(files), POLICY);
  if (path === RECORDINGS) return list(response, files);
  if (path === `/${POLICY_FILE}` || path === `/${WEIGHTS_FILE}`) {
    const policy = files.policy ?? (await files.shipped?.());
    if (policy && path === `/${POLICY_FILE}`) return give(response, 'application/json', policyNote(policy));
    if (policy) return give(response, 'application/octet-stream', policy.bytes);
  }
  if (path === '/report' && !files.report) return fail(404, 'this run has not written its report yet');
  if (files.walk && path === `/${WALK_FILE}`)
    return give(response, 'application/json', JSON.stringify(files.walk.walk));
  let file: string | undefined;
  try {
    file = await fileOf(path, files);
  } catch (error) {
    // what is wrong with what was asked for is for the page to say
    return fail(422, error instanceof Error ? error.message : String(error));
  }
  const info = file === undefined ? undefined : await stat(file).catch(() => undefined);
  if (file === undefined || !info?.isFile()) return fail(404, 'not found');
  const range = rangeOf(request.headers.range, info.size);
  if (range === 'unsatisfiable') {
    response.setHeader('content-range', `bytes */${info.size}`);
    return fail(416, `range: expected one within ${info.size} bytes`);
  }
  // what has its content's hash in its name is large, and the same for good
  const lasting = path.startsWith('/assets/');
  const zipped = lasting && !range && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  response.writeHead(range ? 206 : 200, {
    ...SAFE_HEADERS,
    'content-type': CONTENT_TYPES[extname(file)] ?? 'application/octet-stream',
    ...(zipped
      ? { 'content-encoding': 'gzip', vary: 'accept-encoding' }
      : { 'content-length': range ? range.end - range.start + 1 : info.size, 'accept-ranges': 'bytes' }),
    ...(range && { 'content-range': `bytes ${range.start}-${range.end}/${info.size}` }),
    'cache-control': lasting ? 'public, max-age=31536000, immutable' : 'no-cache',
    'content-security-policy': path === '/report' ? REPORT_POLICY : POLICY,
  });
  if (request.method === 'HEAD' || info.size === 0) return void response.end();
  const bytes = createReadStream(file, range ?? { end: info.size - 1 });
  // whoever asked may go before the end: then the file is closed, too
  const ended = (): void => undefined;
  if (zipped) pipeline(bytes, createGzip(), response, ended);
  else pipeline(bytes, response, ended);
}

/** Names of the recordings that are served. */
function list(response: ServerResponse, { recordings }: Files): void {
  const names = [...recordings.keys()].map((name) => `${RECORDINGS.slice(1)}${encodeURIComponent(name)}`);
  give(response, 'application/json', JSON.stringify(names));
}

/** Answers with what is true now and may be something else later. */
function give(response: ServerResponse, type: string, body: string | Uint8Array, policy?: string): void {
  response.writeHead(200, {
    ...SAFE_HEADERS,
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-cache',
    ...(policy !== undefined && { 'content-security-policy': policy }),
  });
  response.end(body);
}

/** The page at `/` with what it carries. */
const carryingHome = async ({ root, home = HOME, carried }: Files): Promise<string> =>
  withCarried(await readFile(join(root, home), 'utf8'), carried);

/** The file behind a path; recordings and the report only by their names. @throws UserError if a trial cannot be recorded. */
async function fileOf(
  path: string,
  { root, recordings, report, home = HOME, walk }: Files,
): Promise<string | undefined> {
  if (path === '/report') return report;
  if (walk && path.startsWith(TRIALS)) return walk.record(basename(path, '.mcap'));
  if (path.startsWith(RECORDINGS)) return recordings.get(path.slice(RECORDINGS.length));
  const file = join(root, path === '/' ? home : path);
  return file.startsWith(root + sep) ? file : undefined;
}

/** The decoded path of a request, without hidden files and parent folders; undefined if there is something wrong with it. */
function requestedPath(url: string): string | undefined {
  try {
    const path = decodeURIComponent(url.split(/[?#]/)[0]);
    const bad = !path.startsWith('/') || /[\0\\]/.test(path) || path.split('/').some((name) => name.startsWith('.'));
    return bad ? undefined : normalize(path);
  } catch {
    return undefined;
  }
}

/** One range of bytes, both ends included (RFC 9110, 14.1.2). Several ranges, or nonsense, are answered with the whole file. */
function rangeOf(
  header: string | undefined,
  size: number,
): { readonly start: number; readonly end: number } | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(size - Number(last), 0) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < start) return undefined;
  return start >= size || (first === '' && last === '0') ? 'unsatisfiable' : { start, end };
}
