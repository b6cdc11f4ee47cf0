/** Files of a page that carries a run: those beside it, and those of the play page. */
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PlayPolicy } from '../../sim/recording/live-view.ts';
import type { SharedRun } from '../../sim/recording/shared-run.ts';
import type { Carried } from '../page/share/carried.ts';
import { POLICY_FILE, policyNote, WEIGHTS_FILE } from '../policy-note.ts';
import { RECORDING_FILE, REPORT_FILE } from './files.ts';

/** Writes a policy for the play page into a folder with the pages. */
export async function writePolicy(folder: string, policy: PlayPolicy): Promise<void> {
  await writeFile(join(folder, WEIGHTS_FILE), policy.bytes);
  await writeFile(join(folder, POLICY_FILE), policyNote(policy));
}

/** Writes a run's recording and report beside a page. @returns what the page carries then. */
export async function writeBeside(folder: string, run: SharedRun): Promise<Omit<Carried, 'play'>> {
  await run.record(join(folder, RECORDING_FILE));
  if (run.report) await cp(run.report, join(folder, REPORT_FILE));
  return {
    ...carriedOf(run),
    recording: { name: RECORDING_FILE, address: `./${RECORDING_FILE}` },
    ...(run.report && { report: { name: REPORT_FILE, address: `./${REPORT_FILE}` } }),
  };
}

/** What a page carries of a run besides files. */
export const carriedOf = ({ curve, result }: SharedRun): Pick<Carried, 'curve' | 'result'> => ({
  ...(curve && { curve }),
  ...(result && { result }),
});

/** Copies a page and all files that it may ask for. @param change what becomes of its markup. */
export async function copyPage(
  from: string,
  to: string,
  page: string,
  change: (html: string) => string,
): Promise<void> {
  const names = (await readdir(join(from, 'assets'))).map((name) => `assets/${name}`);
  const wanted = new Set<string>();
  const look = async (file: string): Promise<void> => {
    const text = await readFile(join(from, file), 'latin1');
    for (const name of names) {
      // scripts and styles name those beside them without the folder
      if (wanted.has(name) || !text.includes(name.slice('assets/'.length))) continue;
      wanted.add(name);
      if (/\.(js|css)$/.test(name)) await look(name);
    }
  };
  await look(page);
  for (const file of wanted) {
    await mkdir(dirname(join(to, file)), { recursive: true });
    await cp(join(from, file), join(to, file));
  }
  await writeFile(join(to, page), change(await readFile(join(from, page), 'utf8')));
}
