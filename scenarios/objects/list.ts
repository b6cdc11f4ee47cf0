/** List of a folder's objects: table, summary, contact sheet. */
import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { encode } from 'fast-png';
import { writeAtomically } from '../files.ts';
import { InputError, loadScenario, withObjects } from '../load.ts';
import { contactSheet } from './contact-sheet.ts';
import type { ObjectReport } from './library.ts';
import { loadObjects } from './read.ts';

/** Tiles on one sheet, at most. */
const MAX_TILES = 400;

/**
 * `graft objects`: what a folder holds, with the gripper and the settings of a scenario.
 * @param options.out where to write the contact sheet, if one is wanted.
 * @returns one report for each object, good or bad, and the same as text.
 * @throws InputError if there is no such folder, no object file in it, or the sheet cannot be written.
 */
export async function listObjects(
  path: string,
  options: { readonly scenario: string; readonly out?: string },
): Promise<{ objects: readonly ObjectReport[]; lines: readonly string[] }> {
  const { scenario } = loadScenario(options.scenario);
  const settings = withObjects(scenario, path).objects!;
  const { models, reports } = await loadObjects({ settings, gripper: scenario.gripper });
  const lines = [...table(reports), '', summary(reports, scenario.gripper.stroke)];
  if (options.out !== undefined) {
    const out = resolve(options.out);
    const sheet = contactSheet(reports.slice(0, MAX_TILES), models);
    try {
      mkdirSync(dirname(out), { recursive: true });
      writeAtomically(out, encode({ ...sheet, channels: 3, depth: 8 }));
    } catch (error) {
      throw new InputError(
        `${out}: expected a file that can be written, got: ${error instanceof Error ? error.message : error}`,
      );
    }
    lines.push(`contact sheet: ${out}${reports.length > MAX_TILES ? ` (the first ${MAX_TILES})` : ''}`);
  }
  return { objects: reports, lines };
}

const millimetres = (length: number): string => (1000 * length).toFixed(0);

function table(reports: readonly ObjectReport[]): string[] {
  const wide = Math.max(4, ...reports.map((r) => r.name.length));
  const head = `${'name'.padEnd(wide)}  hulls      size, mm       mass, kg  width, mm  graspable`;
  return [
    head,
    ...reports.flatMap((r) => {
      if (!r.size || r.mass === null) return [`${r.name.padEnd(wide)}  left out: ${r.error}`];
      const size = r.size.map((s) => millimetres(s).padStart(4)).join(' x');
      const width = r.width === null ? '-' : millimetres(r.width);
      const cells = [
        r.name.padEnd(wide),
        String(r.hulls).padStart(5),
        size.padStart(17),
        r.mass.toFixed(3).padStart(9),
        width.padStart(9),
        ` ${r.graspable ? 'yes' : r.width === null ? 'no: no faces oppose each other' : 'no: too wide'}`,
      ];
      return [cells.join('  '), ...r.warnings.map((w) => `${' '.repeat(wide)}  note: ${w}`)];
    }),
  ];
}

function summary(reports: readonly ObjectReport[], stroke: number): string {
  const [ok, graspable] = [reports.filter((r) => r.ok).length, reports.filter((r) => r.graspable).length];
  const left = reports.length > ok ? `, ${reports.length - ok} left out` : '';
  return `${ok} of ${reports.length} objects read${left}; ${graspable} graspable with a stroke of ${millimetres(stroke)} mm`;
}
