/** Share: a run as a folder for any web host, or as one file that also opens from a disk. */
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { SharedRun } from '../../sim/recording/shared-run.ts';
import { builtPages } from '../build.ts';
import { type Carried, inlineId } from '../page/share/carried.ts';
import { type EmbedSize, embedSnippet } from '../page/share/embed.ts';
import { EMBED_FILE, NOTICES_FILE, ONE_PAGES, PLAY_PAGE, RECORDING_FILE, REPORT_FILE } from './files.ts';
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
export const shareFolder = (request: ShareRequest): Promise<Shared> =>
  writeFolder({ ...request, title: request.run.title }, (folder) => fillFolder(folder, request));

/** Where a page goes, and what is said of it in the snippet. */
interface Written extends Pick<ShareRequest, 'out' | 'size'> {
  readonly title: string;
}

/** Writes a whole folder or nothing, with the snippet. @param fill writes what is in it. */
export async function writeFolder(
  { out, size, title }: Written,
  fill: (folder: string) => Promise<void>,
): Promise<Shared> {
  const partial = `${out}.partial`;
  await rm(partial, { recursive: true, force: true });
  try {
    await mkdir(partial, { recursive: true });
    await fill(partial);
    const snippet = embedSnippet(`${SOMEWHERE}index.html`, title, size);
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
  await copyPage(pages, folder, PLAY_PAGE, (html) => withPolicy(withCarried(html, { embed: size })));
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
  const recorded = withBytes(page, inlineId('recording'), await recordingBytes(run));
  const whole = run.report ? withBytes(recorded, inlineId('report'), await readFile(run.report)) : recorded;
  return writePage({ out, size, title: run.title }, whole);
}

/** Writes a whole file or nothing. */
export async function writePage({ out, size, title }: Written, whole: string): Promise<Shared> {
  const partial = `${out}.partial`;
  try {
    await writeFile(partial, whole);
    await rename(partial, out);
  } finally {
    await rm(partial, { force: true });
  }
  return {
    sizeBytes: Buffer.byteLength(whole),
    snippet: embedSnippet(`${SOMEWHERE}${basename(out)}`, title, size),
  };
}

const pageOf = (pages: string, run: SharedRun, carried: Carried): Promise<string> =>
  carryingPage(join(pages, ONE_PAGES.run.file), run, carried, carried.recording?.address !== undefined);

/** A page in one file with what it carries. @param connects whether it fetches files from beside it. */
export async function carryingPage(
  path: string,
  { title, description }: Pick<SharedRun, 'title' | 'description'>,
  carried: unknown,
  connects: boolean,
): Promise<string> {
  const page = withTitle(withCarried(await readFile(path, 'utf8'), carried), title, description);
  return withPolicy(page, onePagePolicy(page, connects));
}

/** The page with a file in it, in base64. */
export const withBytes = (html: string, id: string, bytes: Uint8Array): string =>
  withData(html, id, 'application/octet-stream', Buffer.from(bytes).toString('base64'));

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
