/** Head: what the markup of every page begins with, in place of a comment. */
import type { Plugin } from 'vite';

const PLACE = '<!-- head -->';

/** A gripper over an object, drawn in the address so that no page asks for a file. */
const ICON = [
  "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E",
  "%3Crect width='32' height='32' rx='7' fill='%230f766e'/%3E",
  "%3Cpath d='M8 9h16M9 9v14M23 9v14' stroke='%23fff' stroke-width='3.4' stroke-linecap='round' fill='none'/%3E",
  "%3Ccircle cx='16' cy='20' r='4' fill='%23fdba74'/%3E%3C/svg%3E",
].join('');

const HEAD = [
  '<meta charset="utf-8" />',
  '<meta name="viewport" content="width=device-width, initial-scale=1" />',
  '<meta name="color-scheme" content="light dark" />',
  `<link rel="icon" href="data:image/svg+xml,${ICON}" />`,
].join('\n    ');

/** Puts it into pages that are built. @throws Error if a page has no place for it. */
export const sharedHead = (): Plugin => ({
  name: 'graft-head',
  transformIndexHtml: {
    order: 'pre',
    handler: (html, { path }) => {
      if (html.includes(PLACE)) return html.replace(PLACE, HEAD);
      throw new Error(`page: expected ${PLACE} in the head of ${path}, got none`);
    },
  },
});
