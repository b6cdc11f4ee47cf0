/** Share: a race as a folder for any web host, or as one file. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SharedRace } from '../../sim/recording/race.ts';
import { builtPages } from '../build.ts';
import type { CarriedRace } from '../page/race/carried.ts';
import { inlineTrialId } from '../page/share/carried.ts';
import type { EmbedSize } from '../page/share/embed.ts';
import { ONE_PAGES, REPORT_FILE } from './files.ts';
import { carryingPage, type Shared, withBytes, writeFolder, writePage } from './share.ts';

/** What is written where; as of a run. */
interface ShareRaceRequest {
  readonly race: SharedRace;
  readonly out: string;
  readonly size: EmbedSize;
}

/** Name of the file with an arm's recording. */
export const recordingOf = (arm: string): string => `${arm}.mcap`;

/** Where a race's files are, for its page; without an address they are in it. */
interface Addresses {
  readonly report?: string;
  /** Folder of the arms' recordings, with a slash at its end. */
  readonly recordings?: string;
}

/** What the page has of a race. */
export const carriedRace = ({ info, arms, report }: SharedRace, at: Addresses): CarriedRace => ({
  info: { ...info, ...(report !== undefined && at.report !== undefined && { reportUrl: at.report }) },
  arms: arms.map(({ record: _, ...arm }) => {
    const name = recordingOf(arm.name);
    return { ...arm, recording: { name, ...(at.recordings !== undefined && { address: at.recordings + name }) } };
  }),
});

/** Writes a folder: a page, the recordings of the arms and the report beside it. */
export const shareRaceFolder = ({ race, out, size }: ShareRaceRequest): Promise<Shared> =>
  writeFolder({ out, size, title: race.title }, async (folder) => {
    for (const { name, record } of race.arms) await record(join(folder, recordingOf(name)));
    if (race.report !== undefined) await cp(race.report, join(folder, REPORT_FILE));
    const carried = { ...carriedRace(race, { report: `./${REPORT_FILE}`, recordings: './' }), embed: size };
    const page = join(await builtPages(), ONE_PAGES.race.file);
    await writeFile(join(folder, 'index.html'), await carryingPage(page, race, carried, true));
  });

/** Writes one file with everything in it but the report. */
export async function shareRaceFile({ race, out, size }: ShareRaceRequest): Promise<Shared> {
  const folder = await mkdtemp(join(tmpdir(), 'graft-share-'));
  try {
    const path = join(await builtPages(), ONE_PAGES.race.file);
    let page = await carryingPage(path, race, { ...carriedRace(race, {}), embed: size }, false);
    for (const { name, record } of race.arms) {
      const file = join(folder, recordingOf(name));
      await record(file);
      page = withBytes(page, inlineTrialId(name), await readFile(file));
    }
    return await writePage({ out, size, title: race.title }, page);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
