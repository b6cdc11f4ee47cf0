/** Result of the ablations, and its tables in Markdown. */
import { intervalText, markdownRow, rateText } from '../../report/markdown.ts';

/** What one ablation reached; 95 % intervals. */
export interface AblationResult {
  readonly name: string;
  /** What was changed. */
  readonly settings: readonly string[];
  /** Training seeds that are measured. */
  readonly seeds: number;
  /** Null before the first run. */
  readonly success: { readonly rate: number; readonly low: number; readonly high: number } | null;
  /** Minus the group's first, on the same scenes; null for this itself, and before a seed is measured with both. */
  readonly againstFirst: { readonly difference: number; readonly low: number; readonly high: number } | null;
  /** Of a run, the mean over the seeds; null before the first run. */
  readonly trainSeconds: number | null;
}

/** The machine-readable result of `graft bench ablations`. */
export interface AblationsJson {
  readonly trials: number;
  readonly evaluation: number;
  readonly seeds: number;
  /** False if time ran out, or parts are elsewhere; the same command goes on. */
  readonly complete: boolean;
  readonly groups: readonly { readonly title: string; readonly rows: readonly AblationResult[] }[];
  readonly out: string;
  readonly command: string;
}

/** A table a group, in Markdown; ablations without a run are left out. */
export const ablationsMarkdown = ({ groups }: Pick<AblationsJson, 'groups'>): string =>
  groups.map(({ title, rows }) => `${[`### ${title}`, '', ...HEAD, ...rows.flatMap(line)].join('\n')}\n`).join('\n');

const HEAD = ['| | setting | held, % | difference, points | training, s |', '|---|---|---|---|---|'];

function line({ name, settings, success, againstFirst, trainSeconds }: AblationResult): string[] {
  if (!success || trainSeconds === null) return [];
  const difference = againstFirst ? `${rateText(againstFirst.difference)} ${intervalText(againstFirst)}` : '';
  const cells = [
    name,
    settings.map((s) => `\`${s}\``).join(' '),
    `${rateText(success.rate)} ${intervalText(success)}`,
    difference,
    trainSeconds.toFixed(0),
  ];
  return [markdownRow(cells)];
}
