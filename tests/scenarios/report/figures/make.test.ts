import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { makeFigures } from '../../../../scenarios/report/figures/make.ts';
import { anchorOf } from '../../../../scenarios/report/figures/page.ts';

const ROOT = new URL('../../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

describe('docs/figures.md', () => {
  it('is what `npm run figures` makes of the committed results', () => {
    expect(makeFigures() === read('docs/figures.md'), 'docs/figures.md is stale: npm run figures').toBe(true);
  });

  it('has small tables: a dozen rows at most', () => {
    const tables = makeFigures().match(/^\|.*(\n\|.*)*/gm) ?? [];
    expect(tables.length).toBeGreaterThan(25);
    for (const table of tables) expect(table.split('\n').length - 2, table.slice(0, 80)).toBeLessThanOrEqual(12);
  });

  it('has the headings that pages link to', () => {
    const anchors = new Set(
      makeFigures()
        .match(/^#+ .*$/gm)
        ?.map((heading) => anchorOf(heading.replace(/^#+ /, ''))),
    );
    const pages = [
      'README.md',
      ...readdirSync(new URL('docs/', ROOT))
        .filter((name) => name.endsWith('.md'))
        .map((name) => `docs/${name}`),
    ];
    for (const page of pages) {
      const own = page === 'docs/figures.md' ? [...read(page).matchAll(/\]\((#[^)]+)\)/g)] : [];
      for (const [, link] of [...read(page).matchAll(/figures\.md(#[^)\s]+)/g), ...own]) {
        expect(anchors.has(link.slice(1)), `${page} links to ${link}`).toBe(true);
      }
    }
  });
});
