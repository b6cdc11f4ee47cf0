/** Share: a benchmark as a folder for any web host, or as one file, with recordings of some of its trials. */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SharedWalk, Walk } from '../../sim/recording/walk.ts';
import { builtPages } from '../build.ts';
import { type Embeddable, inlineTrialId } from '../page/share/carried.ts';
import type { EmbedSize } from '../page/share/embed.ts';
import { ONE_PAGES, REPORT_FILE, TRIALS_FOLDER } from './files.ts';
import { carryingPage, type Shared, withBytes, writeFolder, writePage } from './share.ts';

/** What is written where; as of a run. */
interface ShareWalkRequest {
  readonly shared: SharedWalk;
  readonly out: string;
  readonly size: EmbedSize;
}

/** What the page has of it. */
type CarriedWalk = Walk & Embeddable;

/** Writes a folder: a page, the recordings and the report beside it. */
export const shareWalkFolder = ({ shared, out, size }: ShareWalkRequest): Promise<Shared> =>
  writeFolder({ out, size, title: shared.title }, async (folder) => {
    const { walk, report } = shared;
    await mkdir(join(folder, TRIALS_FOLDER));
    const recorded: string[] = [];
    await shared.record(async (name, path) => {
      await cp(path, join(folder, TRIALS_FOLDER, `${name}.mcap`));
      recorded.push(name);
    });
    if (report !== undefined) await cp(report, join(folder, REPORT_FILE));
    const carried: CarriedWalk = {
      ...walk,
      recorded,
      embed: size,
      ...(report !== undefined && { report: `./${REPORT_FILE}` }),
    };
    const page = join(await builtPages(), ONE_PAGES.walk.file);
    await writeFile(join(folder, 'index.html'), await carryingPage(page, shared, carried, true));
  });

/** Writes one file with everything in it but the report. */
export async function shareWalkFile({ shared, out, size }: ShareWalkRequest): Promise<Shared> {
  const trials: { readonly name: string; readonly bytes: Uint8Array }[] = [];
  await shared.record(async (name, path) => void trials.push({ name, bytes: await readFile(path) }));
  const carried: CarriedWalk = { ...shared.walk, embed: size, recorded: trials.map(({ name }) => name) };
  const path = join(await builtPages(), ONE_PAGES.walk.file);
  let page = await carryingPage(path, shared, carried, false);
  for (const { name, bytes } of trials) page = withBytes(page, inlineTrialId(name), bytes);
  return writePage({ out, size, title: shared.title }, page);
}
