import { describe, expect, it } from 'vitest';
import { measuredGroups } from '../../../../scenarios/report/figures/measured.ts';

const file = (table: object): string =>
  JSON.stringify({ groups: [{ title: 'Speed', tables: [{ title: 'Rates', columns: [{ name: 'ms' }], ...table }] }] });

const tablesOf = (text: string) => measuredGroups(text, 'measured.json')[0].tables;

describe('figures measured by hand', () => {
  it('say of a whole table how it came about', () => {
    const text = file({
      about: 'One core.',
      trials: 1200,
      seeds: 3,
      raw: 'bench/raw',
      rows: [{ what: 'a', figures: [1] }],
    });
    expect(tablesOf(text)).toEqual([
      {
        title: 'Rates',
        about: 'One core. Trials behind each figure: 1,200. Training seeds: 3. Raw numbers: [bench/raw](bench/raw).',
        columns: [{ name: 'ms' }],
        rows: [{ what: 'a', figures: [1] }],
      },
    ]);
  });

  it('say it in columns where rows differ, empty where a row does not say', () => {
    const rows = [
      { what: 'a', figures: [{ value: 1, low: 0, high: 2 }], trials: 1500, command: 'npm start' },
      { what: 'b', figures: ['none'] },
    ];
    const [{ columns, rows: shown }] = tablesOf(file({ rows }));
    expect(columns.map(({ name }) => name)).toEqual(['ms', 'trials', 'command']);
    expect(shown.map(({ figures }) => figures)).toEqual([
      [{ value: 1, low: 0, high: 2 }, '1,500', '`npm start`'],
      ['none', null, null],
    ]);
  });

  it('leave out of the page what is kept in the file alone', () => {
    expect(measuredGroups(file({ page: false, rows: [{ what: 'a', figures: [1] }] }), 'measured.json')).toEqual([]);
  });

  it.each([
    [
      'a row with a figure too many',
      { rows: [{ what: 'a', figures: [1, 2] }] },
      'a: expected 1 figures, one a column, got 2',
    ],
    ['an interval with one bound', { rows: [{ what: 'a', figures: [{ value: 1, low: 0 }] }] }, 'rows.0.figures.0'],
    ['a key that nobody reads', { rows: [{ what: 'a', figures: [1], seed: 3 }] }, 'seed'],
    ['no rows', { rows: [] }, 'rows'],
  ])('refuse %s, and say where', (_, table, message) => {
    expect(() => tablesOf(file(table))).toThrow(message);
    expect(() => tablesOf(file(table))).toThrow(/^measured\.json: groups\.0\.tables\.0/);
  });
});
