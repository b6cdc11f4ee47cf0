/** A page of figures: groups of small tables, written as Markdown. */

import { ascii } from '../markdown.ts';
import { decimal } from '../numbers.ts';

/** A number with the bounds of its 95 % interval. */
export interface Figure {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What stands in a cell; null where there is nothing. A text stands as it is. */
export type FigureCell = Figure | number | string | null;

/** A column of figures. */
export interface FigureColumn {
  /** With the unit of its numbers: "held, %". */
  readonly name: string;
  /** Decimals; as the number is written if left out. */
  readonly digits?: number;
}

/** What a row speaks of, and a cell for each column. */
export interface FigureRow {
  readonly what: string;
  readonly figures: readonly FigureCell[];
}

/** Figures that belong together, under a heading of their own. */
export interface FigureTable {
  readonly title: string;
  /** What was measured, and what a reader must know before believing it; a sentence or two. */
  readonly about?: string;
  /** What measures them again. */
  readonly command?: string;
  readonly rows: readonly FigureRow[];
  readonly columns: readonly FigureColumn[];
}

/** Tables of one subject. */
export interface FigureGroup {
  readonly title: string;
  readonly about?: string;
  readonly tables: readonly FigureTable[];
}

/** The anchor that a heading gets where Markdown is shown: lower case, dashes for spaces, no other punctuation. */
export const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, '')
    .trim()
    .replace(/\s/g, '-');

const number = (value: number, digits: number | undefined): string =>
  digits === undefined ? String(value) : decimal(value, digits);

function cellText(cell: FigureCell, { digits }: FigureColumn): string {
  if (cell === null) return '';
  if (typeof cell === 'string') return cell;
  if (typeof cell === 'number') return number(cell, digits);
  return `${number(cell.value, digits)} [${number(cell.low, digits)}, ${number(cell.high, digits)}]`;
}

const line = (cells: readonly string[]): string =>
  `|${cells.map((cell) => ascii(cell).replaceAll('|', '\\|')).join('|')}|`;

/** Columns of a line of prose, as in every page. */
const WIDTH = 100;

/** Prose in lines of at most {@link WIDTH} columns, broken between words. */
function wrapped(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}

function tableText({ title, about, command, rows, columns }: FigureTable): string {
  return [
    `### ${title}`,
    ...(about === undefined ? [] : [wrapped(ascii(about))]),
    ...(command === undefined ? [] : [`\`\`\`sh\n${command}\n\`\`\``]),
    [
      line(['what', ...columns.map(({ name }) => name)]),
      line(['-', ...columns.map(() => '-')]),
      ...rows.map(({ what, figures }) => line([what, ...figures.map((cell, i) => cellText(cell, columns[i]))])),
    ].join('\n'),
  ].join('\n\n');
}

/** The groups below one another, after a list of the groups. @throws RangeError if two headings have the same anchor. */
export function figuresPage(title: string, about: string, groups: readonly FigureGroup[]): string {
  const headings = groups.flatMap((group) => [group.title, ...group.tables.map((table) => table.title)]);
  const anchors = [title, ...headings].map(anchorOf);
  const twice = anchors.find((anchor, i) => anchors.indexOf(anchor) !== i);
  if (twice !== undefined) throw new RangeError(`figuresPage: expected headings of their own, got '${twice}' twice`);
  const contents = groups.map((group) => `[${group.title}](#${anchorOf(group.title)})`).join(', ');
  const parts = groups.flatMap((group) => [
    `## ${group.title}`,
    ...(group.about === undefined ? [] : [wrapped(ascii(group.about))]),
    ...group.tables.map(tableText),
  ]);
  return `${[`# ${title}`, wrapped(about), wrapped(`${contents}.`), ...parts].join('\n\n')}\n`;
}
