import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { run } from '../../cli/main.ts';

/** The README and the pages below docs: their size, their links, and the files and verbs that they name. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DOCS = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
const PAGES = ['README.md', ...DOCS.map((name) => `docs/${name}`)];
const text = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

/** Words as `wc -w` counts them. */
const words = (page: string): number => text(page).trim().split(/\s+/).length;

/** Fenced blocks of a page, and what is left without them. */
function split(page: string): { readonly prose: string; readonly blocks: readonly string[] } {
  const parts = text(page).split(/^```.*$/m);
  return { prose: parts.filter((_, i) => i % 2 === 0).join('\n'), blocks: parts.filter((_, i) => i % 2 === 1) };
}

/** All that a page sets in type: code spans and the lines of fenced blocks. */
function code(page: string): string[] {
  const { prose, blocks } = split(page);
  const spans = [...prose.matchAll(/`([^`]+)`/g)].map((match) => match[1].replace(/\s+/g, ' '));
  return [...spans, ...blocks.flatMap((block) => block.split('\n'))];
}

/** Anchors as GitHub makes them of headings; those of raw HTML as they stand. */
const anchors = (page: string): string[] => [
  ...[...split(page).prose.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  ),
  ...[...text(page).matchAll(/<a (?:id|name)="([^"]+)"/g)].map((match) => match[1]),
];

/** What `graft <words> --help` says. */
async function help(...words: readonly string[]): Promise<string> {
  const stream = new PassThrough({ encoding: 'utf8' });
  const interruption = (): AbortSignal => new AbortController().signal;
  expect(await run([...words, '--help'], { stdout: stream, stderr: stream, interruption })).toBe(0);
  return String(stream.read());
}

/** Commands that a help text lists. */
const verbsOf = (text: string): string[] =>
  text.includes('Commands:')
    ? [...text.slice(text.indexOf('Commands:')).matchAll(/^ {2}([a-z]+)/gm)].map((match) => match[1])
    : [];

const ROOMS = readdirSync(ROOT, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !/^(\.|node_modules$|runs$)/.test(entry.name))
  .map((entry) => entry.name);
const FILE = new RegExp(`(?<![\\w./<-])(?:${ROOMS.join('|')})/[\\w./<>*-]*`, 'g');

describe('the documentation', () => {
  it('has a README of at most 130 lines', () => {
    expect(text('README.md').split('\n').length - 1).toBeLessThanOrEqual(130);
  });

  it('has at most 9 pages of at most 10,000 words together, beside the generated figures', () => {
    const written = DOCS.filter((name) => name !== 'figures.md');
    expect(written.length).toBeLessThanOrEqual(9);
    expect(written.map((name) => words(`docs/${name}`)).reduce((a, b) => a + b)).toBeLessThanOrEqual(10_000);
  });

  it.each(PAGES)('wraps %s at 100 columns outside tables and code', (page) => {
    const wide = split(page)
      .prose.split('\n')
      .filter((line) => line.length > 100 && !line.startsWith('|'));
    expect(wide).toEqual([]);
  });

  it.each(PAGES)('links from %s to files and headings that exist', (page) => {
    for (const [, target] of split(page).prose.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [file, anchor] = target.split('#');
      const path = file === '' ? page : join(dirname(page), file);
      expect(existsSync(join(ROOT, path)), `${page} links to ${target}`).toBe(true);
      if (anchor) expect(anchors(path), `${page} links to ${target}`).toContain(anchor);
    }
  });

  it.each(PAGES)('names in %s only files that exist', (page) => {
    const named = code(page).flatMap((line) => [...line.matchAll(FILE)].map(([path]) => path.replace(/[.,:]$/, '')));
    for (const path of named.filter((candidate) => !/[<>*]/.test(candidate))) {
      expect(existsSync(join(ROOT, path)), `${page} names ${path}`).toBe(true);
    }
  });

  it('names only verbs and options that graft has', async () => {
    const verbs = verbsOf(await help());
    for (const page of PAGES) {
      for (const line of code(page)) {
        for (const [, verb, next, rest] of line.matchAll(/\bgraft ([a-z]+)(?: ([a-z]+))?([^|#]*)/g)) {
          expect(verbs, `${page}: ${line}`).toContain(verb);
          const below = verbsOf(await help(verb));
          if (verb === 'bench') expect(below, `${page}: ${line}`).toContain(next);
          const known = await help(verb, ...(below.includes(next) ? [next] : []));
          for (const [option] of rest.matchAll(/--[a-z][a-z-]*/g)) expect(known, `${page}: ${line}`).toContain(option);
        }
      }
    }
  });

  it('lists every verb in the README', async () => {
    const rows = text('README.md')
      .split('\n')
      .flatMap((line) => line.match(/^\| (`.*?) \|/)?.[1] ?? []);
    const named = rows.flatMap((cell) => [...cell.matchAll(/`([a-z]+)/g)].map((match) => match[1]));
    expect(new Set(named)).toEqual(new Set(verbsOf(await help()).filter((verb) => verb !== 'help')));
  });
});
