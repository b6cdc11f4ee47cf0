import { describe, expect, it } from 'vitest';
import { type AutoResult, autoGroup } from '../../../../scenarios/report/figures/auto.ts';

const of = (value: number) => ({ value, low: value - 0.05, high: value + 0.05 });

const result: AutoResult = {
  ...{ scenario: 'docs/bench-auto/pile.yaml', budget: 200, seeds: 2, evaluation: 100, leadOverAverage: of(0.09) },
  auto: { rate: of(0.95), chosen: ['choice 1', 'choice 1'], trainSeconds: 84 },
  fixed: Array.from({ length: 10 }, (_, i) => ({
    choice: `choice ${i}`,
    rate: of(0.9 - i / 100),
    lead: of(0.05 + i / 100),
    trainSeconds: 10 + i,
  })),
  ...{ default: 'choice 3', leadOverDefault: of(0.08), leadOverLogMe: of(-0.02) },
  agreement: { searches: 2, choices: 5, tauB: { logMe: 0.4, hScore: null } },
};

describe('figures of automated transfer', () => {
  const older: AutoResult = { ...result, leadOverLogMe: undefined, agreement: undefined };
  const { about, tables } = autoGroup([
    { title: 'piles', folder: 'bench-auto/pile', result },
    { title: 'hard', folder: 'bench-auto/hard', result: older },
  ]);
  const [leads, chosen, scores] = tables;

  it('have a row a target: what it held, and its lead over what else could have been chosen', () => {
    expect(about).toContain('[hard](bench-auto/hard/result.json)');
    expect(leads.command).toBe(
      'npx graft bench auto docs/bench-auto/pile.yaml --budget 200 --seeds 2 --evaluation 100',
    );
    expect(leads.rows.map(({ what }) => what)).toEqual(['piles', 'hard']);
    const values = [95, 8, -2, 9, 5].map((value) => expect.objectContaining({ value: expect.closeTo(value, 9) }));
    expect(leads.rows[0].figures).toEqual(values);
    expect(leads.rows[1].figures[2]).toBeNull();
    for (const { figures } of leads.rows) expect(figures).toHaveLength(leads.columns.length);
  });

  it('name what was chosen, and what would have been the best', () => {
    expect(chosen.rows[0].figures).toEqual(['choice 1', 'choice 0', expect.objectContaining({ value: 90 })]);
  });

  it('say how well each score orders backbones, a column a target', () => {
    expect(scores.columns.map(({ name }) => name)).toEqual(['piles', 'hard']);
    expect(scores.rows[0]).toEqual({ what: 'LogME', figures: [0.4, null] });
    expect(scores.rows[1].figures).toEqual([null, null]);
  });
});
