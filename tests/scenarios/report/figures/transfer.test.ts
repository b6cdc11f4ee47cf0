import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseBenchResult } from '../../../../scenarios/report/bench/result.ts';
import type { Figure, FigureCell, FigureTable } from '../../../../scenarios/report/figures/page.ts';
import { adaptGroup, oneTargetGroup, transferGroup } from '../../../../scenarios/report/figures/transfer.ts';

const resultOf = (folder: string) =>
  parseBenchResult(readFileSync(new URL(`../../../../docs/${folder}/result.json`, import.meta.url), 'utf8'));

const full = resultOf('bench-full');
const { tables } = transferGroup(full, 'bench-full');

const table = (title: string): FigureTable => tables.find((each) => each.title === title)!;
const rowOf = (title: string, what: string): readonly FigureCell[] =>
  table(title).rows.find((row) => row.what === what)!.figures;

describe('figures of the transfer benchmark', () => {
  it('are those of the stored result, in per cent and points', () => {
    const [unseen] = full.details;
    const pair = unseen.comparisons.find(({ a, b }) => a === 'zero-shot' && b === 'scratch')!;
    const [seeds, held, equals, difference] = rowOf('Before any trial', unseen.title);
    expect(seeds).toBe(pair.seeds);
    expect((held as Figure).value).toBe(100 * unseen.arms.find(({ name }) => name === 'zero-shot')!.curve[0].rate);
    expect(equals).toMatch(/^\d+ \(at least \d+\)$/);
    expect((difference as Figure).low).toBe(100 * pair.differences.at(-1)!.low);
  });

  it('call levels by their name: of grasps held, or of what the oracle holds', () => {
    expect(rowOf('Trials to the same success', 'a suction cup')[0]).toMatch(/^53\u00a0% \(90\u00a0% of the oracle/);
    expect(table('Over all targets').rows.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['median, 90 % of grasps held', 'median, 90 % of the oracle\u2019s success']),
    );
  });

  it('mark a ratio that its interval does not tell from 1, and no other', () => {
    expect(rowOf('Cost to the same success', '`passive`')[0]).toMatch(/^1\.4x\u2020 \(at least 0\.\d+x\)$/);
    expect(rowOf('Cost to the same success', '`grasp-head`')[0]).toMatch(/^> 3\.2x \(at least 1\.3x\)$/);
  });

  it('set what own trials are worth beside the policy before any, on the same scenes', () => {
    const adapt = resultOf('bench-adapt');
    const about = { title: 'Fast adaptation', preset: 'adapt', before: 'shipped', about: '' };
    const [{ rows, columns }] = adaptGroup(adapt, about).tables;
    expect(rows.map(({ what }) => what)).toEqual(
      adapt.details.flatMap(({ title }) => [`${title}, \`shipped-head\``, `${title}, \`shipped-finetuned\``]),
    );
    const [hard] = adapt.details;
    const pair = hard.comparisons.find(({ a, b }) => a === 'shipped-finetuned' && b === 'shipped')!;
    const before = hard.arms.find(({ name }) => name === 'shipped')!.curve[0];
    const { figures } = rows[1];
    expect(figures).toHaveLength(columns.length);
    expect((figures[0] as Figure).value).toBe(100 * before.rate);
    expect((figures[4] as Figure).low).toBe(100 * pair.differences.at(-1)!.low);
  });

  it('have a cell for each column', () => {
    const about = { title: 'Quick benchmark', preset: 'quick', about: '' };
    const quick = oneTargetGroup(resultOf('bench-quick'), about).tables;
    for (const { title, columns, rows } of [...tables, ...quick])
      for (const { what, figures } of rows) expect(figures, `${title}: ${what}`).toHaveLength(columns.length);
  });
});
