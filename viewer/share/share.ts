/** Share: a run as a folder for any web host, or as one file that also opens from a disk. */
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { SharedRun } from '../../sim/recording/shared-run.ts';
import { builtPages } from '../build.ts';
import { type Carried, inlineId } from '../page/share/carried.ts';
import { type EmbedSize, embedSnippet } from '../page/share/embed.ts';
import { EMBED_FILE, NOTICES_FILE, ONE_PAGE_FILE, PLAY_PAGE, RECORDING_FILE, REPORT_FILE } from './files.ts';
import { onePagePolicy, withCarried, withData, withPolicy, withTitle } from './html.ts';
import { carriedOf, copyPage, writeBeside, writePolicy } from './pages.ts';

/** What is written where. */
export interface ShareRequest {
  readonly run: SharedRun;
  /** A folder that is empty or does not exist yet; of one file, a path that does not exist yet. */
  readonly out: string;
  /** Of the frame in the snippet. */
  readonly size: EmbedSize;
}

/** What was written. */
export interface Shared {
  /** Of all files, bytes. */
  readonly sizeBytes: number;
  /** Shows the page in another one, once its address is filled in. */
  readonly snippet: string;
}

/** Where the page will be, which only its owner knows. */
const SOMEWHERE = 'https://example.org/shared/';

/** Writes a folder: a page, the recording and the report beside it, and the play page if the run's policy runs there. */
export async function shareFolder(request: ShareRequest): Promise<Shared> {
  const { run, out, size } = request;
  const partial = `${out}.partial`;
  await rm(partial, { recursive: true, force: true });
  try {
    await mkdir(partial, { recursive: true });
    await fillFolder(partial, request);
    const snippet = embedSnippet(`${SOMEWHERE}index.html`, run.title, size);
    await writeFile(join(partial, EMBED_FILE), `${snippet}\n`);
    const sizeBytes = await bytesIn(partial);
    if (existsSync(out)) await rmdir(out);
    await rename(partial, out);
    return { sizeBytes, snippet };
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function fillFolder(folder: string, { run, size }: ShareRequest): Promise<void> {
  const pages = await builtPages();
  const carried = { ...(await writeBeside(folder, run)), play: run.policy !== undefined, embed: size };
  await writeFile(join(folder, 'index.html'), await pageOf(pages, run, carried));
  if (!run.policy) return;
  await writePolicy(folder, run.policy);
  await copyPage(pages, folder, PLAY_PAGE, (html) => withPolicy(html));
  await cp(join(pages, NOTICES_FILE), join(folder, NOTICES_FILE));
}

/** Writes one file with everything in it. */
export async function shareFile({ run, out, size }: ShareRequest): Promise<Shared> {
  const carried: Carried = {
    ...carriedOf(run),
    recording: { name: RECORDING_FILE },
    ...(run.report && { report: { name: REPORT_FILE } }),
    play: false,
    embed: size,
  };
  const page = await pageOf(await builtPages(), run, carried);
  const recorded = withBytes(page, 'recording', await recordingBytes(run));
  const whole = run.report ? withBytes(recorded, 'report', await readFile(run.report)) : recorded;
  const partial = `${out}.partial`;
  try {
    await writeFile(partial, whole);
    await rename(partial, out);
  } finally {
    await rm(partial, { force: true });
  }
  return {
    sizeBytes: Buffer.byteLength(whole),
    snippet: embedSnippet(`${SOMEWHERE}${basename(out)}`, run.title, size),
  };
}

async function pageOf(pages: string, { title, description }: SharedRun, carried: Carried): Promise<string> {
  const html = await readFile(join(pages, ONE_PAGE_FILE), 'utf8');
  const page = withTitle(withCarried(html, carried), title, description);
  return withPolicy(page, onePagePolicy(page, carried.recording?.address !== undefined));
}

const withBytes = (html: string, what: 'recording' | 'report', bytes: Uint8Array): string =>
  withData(html, inlineId(what), 'application/octet-stream', Buffer.from(bytes).toString('base64'));

async function recordingBytes({ record }: SharedRun): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'graft-share-'));
  try {
    const path = join(folder, RECORDING_FILE);
    await record(path);
    return await readFile(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function bytesIn(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = files.filter((f) => f.isFile()).map(async (f) => (await stat(join(f.parentPath, f.name))).size);
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
}
