import { describe, expect, it } from 'vitest';
import { autoGroup } from '../../../../scenarios/report/figures/auto.ts';

const of = (value: number) => ({ value, low: value - 0.05, high: value + 0.05 });

describe('figures of automated transfer', () => {
  it('name the best and the worst of the fixed choices, in per cent', () => {
    const fixed = Array.from({ length: 10 }, (_, i) => ({
      choice: `choice ${i}`,
      rate: of(0.9 - i / 100),
      lead: of(0.05 + i / 100),
      trainSeconds: 10 + i,
    }));
    const result = { scenario: 'pile', budget: 200, seeds: 2, evaluation: 100, fixed, leadOverAverage: of(0.09) };
    const { tables } = autoGroup({ ...result, auto: { rate: of(0.95), trainSeconds: 84 } }, 'bench-auto');
    const [{ rows, command }] = tables;
    expect(command).toBe('npx graft bench auto pile --budget 200 --seeds 2 --evaluation 100');
    expect(rows.map(({ what }) => what).slice(2)).toEqual([0, 1, 2, 3, 7, 8, 9].map((i) => `choice ${i}`));
    expect(rows[0].figures[0]).toMatchObject({ value: 95, high: 100 });
  });
});
