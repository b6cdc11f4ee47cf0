import { describe, expect, it } from 'vitest';
import { anchorOf, figuresPage } from '../../../../scenarios/report/figures/page.ts';

const table = (title: string) => ({
  title,
  about: 'About it.',
  command: 'npx graft bench speed',
  columns: [{ name: 'held, %', digits: 1 }, { name: 'note' }],
  rows: [
    { what: 'a | b', figures: [{ value: -0.04, low: -9.06, high: 91 }, 'as it is'] },
    { what: 'c', figures: [92, null] },
    { what: 'd', figures: [null, 0.75] },
  ],
});

describe('a page of figures', () => {
  it('is Markdown: a heading, what it is, the command, and a row a figure, with intervals in their brackets', () => {
    expect(figuresPage('Figures', 'All.', [{ title: 'Speed', about: 'Fast.', tables: [table('Rates')] }])).toBe(
      [
        '# Figures',
        'All.',
        '[Speed](#speed).',
        '## Speed',
        'Fast.',
        '### Rates',
        'About it.',
        '```sh\nnpx graft bench speed\n```',
        '|what|held, %|note|\n|-|-|-|\n|a \\| b|0.0 [-9.1, 91.0]|as it is|\n|c|92.0||\n|d||0.75|\n',
      ].join('\n\n'),
    );
  });

  it('has ASCII minus and spaces, so that it can be searched', () => {
    const row = { what: '80\u00a0%', figures: ['\u22121\u00a0%', null] };
    const page = figuresPage('F', '', [{ title: 'G', tables: [{ ...table('T'), rows: [row] }] }]);
    expect(page).toContain('|80 %|-1 %||');
  });

  it('wraps prose at 100 columns, between words', () => {
    const about = Array.from({ length: 40 }, (_, i) => `word${i}`).join(' ');
    const page = figuresPage('F', about, [{ title: 'G', about, tables: [{ ...table('T'), about }] }]);
    expect(Math.max(...page.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(page.replaceAll('\n', ' ').split(about)).toHaveLength(4);
  });

  it('refuses two headings of one anchor: links would lead to the first', () => {
    const groups = [{ title: 'Speed', tables: [table('Rates'), table('rates')] }];
    expect(() => figuresPage('Figures', '', groups)).toThrow("expected headings of their own, got 'rates' twice");
  });
});

describe('an anchor', () => {
  it('is what Markdown makes of a heading', () => {
    expect(anchorOf('Rapier settings, simulated in metres')).toBe('rapier-settings-simulated-in-metres');
    expect(anchorOf('Clutter: GSR / DR')).toBe('clutter-gsr--dr');
  });
});
