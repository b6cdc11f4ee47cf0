/** Figures that were measured by hand: kept in one JSON file, an entry each, and read from there. */

import { z } from 'zod';
import { count } from '../numbers.ts';
import type { FigureGroup, FigureTable } from './page.ts';

/** A number, one with its 95 % interval, or a text where a number does not say it; null where nothing was measured. */
const figure = z.union([
  z.number(),
  z.strictObject({ value: z.number(), low: z.number(), high: z.number() }),
  z.string().min(1),
  z.null(),
]);

/** How a figure came about; of a whole table, or of a row where rows differ. */
const origin = {
  /** What measures it again. */
  command: z.string().min(1).optional(),
  /** Trials, cases or grasps behind a figure. */
  trials: z.number().int().min(1).optional(),
  /** Training seeds. */
  seeds: z.number().int().min(1).optional(),
  /** Where the raw numbers are, if they were kept. */
  raw: z.string().min(1).optional(),
};

const row = z.strictObject({ what: z.string().min(1), figures: z.array(figure).min(1), ...origin });

const table = z
  .strictObject({
    title: z.string().min(1),
    about: z.string().min(1).optional(),
    /** False: kept in the file alone, a record that no page leans on. */
    page: z.boolean().optional(),
    ...origin,
    columns: z.array(z.strictObject({ name: z.string().min(1), digits: z.number().int().min(0).optional() })).min(1),
    rows: z.array(row).min(1),
  })
  .superRefine(({ title, columns, rows }, context) => {
    for (const { what, figures } of rows) {
      if (figures.length === columns.length) continue;
      const message = `${title}: ${what}: expected ${columns.length} figures, one a column, got ${figures.length}`;
      context.addIssue({ code: 'custom', message });
    }
  });

const measured = z.strictObject({
  groups: z.array(
    z.strictObject({ title: z.string().min(1), about: z.string().min(1).optional(), tables: z.array(table).min(1) }),
  ),
});

type MeasuredTable = z.infer<typeof table>;
type Origin = keyof typeof origin;

/** What each origin is called at the head of a column. */
const ORIGINS = [
  ['trials', 'trials'],
  ['seeds', 'seeds'],
  ['command', 'command'],
  ['raw', 'raw'],
] as const satisfies readonly (readonly [Origin, string])[];

/** Origins that differ from row to row, as columns; commands and paths are set as code. */
function tableOf({ title, about, command, trials, seeds, raw, columns, rows }: MeasuredTable): FigureTable {
  const given = ORIGINS.filter(([key]) => rows.some((each) => each[key] !== undefined));
  const shown = (value: string | number | undefined) =>
    typeof value === 'string' ? `\`${value}\`` : value === undefined ? null : count(value);
  const facts = [
    about,
    trials && `Trials behind each figure: ${count(trials)}.`,
    seeds && `Training seeds: ${seeds}.`,
    raw && `Raw numbers: [${raw}](${raw}).`,
  ].filter((text) => text !== undefined);
  return {
    title,
    ...(facts.length > 0 && { about: facts.join(' ') }),
    ...(command !== undefined && { command }),
    columns: [...columns, ...given.map(([, name]) => ({ name }))],
    rows: rows.map((each) => ({
      what: each.what,
      figures: [...each.figures, ...given.map(([key]) => shown(each[key]))],
    })),
  };
}

/**
 * Reads the text of the file.
 * @param where its name, for messages.
 * @throws SyntaxError if it is no JSON.
 * @throws RangeError if it is not what is expected, with the place.
 */
export function measuredGroups(text: string, where: string): FigureGroup[] {
  const parsed = measured.safeParse(JSON.parse(text));
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw new RangeError(`${where}: ${path.join('.')}: ${message}`);
  }
  const groups = parsed.data.groups.map(({ title, about, tables }) => ({
    title,
    ...(about !== undefined && { about }),
    tables: tables.filter(({ page }) => page !== false).map(tableOf),
  }));
  return groups.filter(({ tables }) => tables.length > 0);
}
