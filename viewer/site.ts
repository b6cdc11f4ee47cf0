/** The site that `graft view --build` writes. */
import { existsSync } from 'node:fs';
import { cp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlayPolicy } from '../sim/recording/live-view.ts';
import type { SharedRun } from '../sim/recording/shared-run.ts';
import { builtPages } from './build.ts';
import { EMBED_DEFAULT } from './page/share/embed.ts';
import { ONE_PAGES, PLAY_PAGE } from './share/files.ts';
import { withCarried } from './share/html.ts';
import { writeBeside, writePolicy } from './share/pages.ts';

/** The viewer's page among the built pages, and its name on a site that opens with the play page. */
const [VIEWER, VIEWER_BESIDE] = ['index.html', 'viewer.html'];

/**
 * Writes a site that any web server can serve, from any path: the play page and the viewer. It opens with the run's recording,
 * or with the play page if there is none.
 * @param folder must not exist yet.
 * @param policy that the play page offers.
 * @throws Error if the folder exists.
 */
export async function writeSite(folder: string, policy?: PlayPolicy, run?: SharedRun): Promise<void> {
  if (existsSync(folder)) throw new Error(`${folder}: expected a folder that does not exist yet, got one that does`);
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await cp(await builtPages(), partial, { recursive: true });
  for (const { file } of Object.values(ONE_PAGES)) await rm(join(partial, file));
  if (policy) await writePolicy(partial, policy);
  const embed = EMBED_DEFAULT;
  const read = (file: string): Promise<string> => readFile(join(partial, file), 'utf8');
  await writeFile(join(partial, PLAY_PAGE), withCarried(await read(PLAY_PAGE), { embed }));
  if (run) {
    const carried = { ...(await writeBeside(partial, run)), play: true, embed };
    await writeFile(join(partial, VIEWER), withCarried(await read(VIEWER), carried));
  } else {
    await writeFile(join(partial, VIEWER_BESIDE), withCarried(await read(VIEWER), { play: true, embed }));
    const play = (await read(PLAY_PAGE)).replaceAll(`./${VIEWER}`, `./${VIEWER_BESIDE}`);
    for (const page of [PLAY_PAGE, VIEWER]) await writeFile(join(partial, page), play);
  }
  await rename(partial, folder);
}
