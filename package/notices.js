// @ts-check
// Licences of the packages that a bundle contains.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {object} ThirdParty
 * @property {string} name
 * @property {string} version
 * @property {string} folder
 */

/**
 * The packages that modules come from, by name, each once.
 * @param {Iterable<string>} moduleIds paths, as a bundler names modules.
 * @returns {ThirdParty[]}
 */
export function packagesOf(moduleIds) {
  /** @type {Map<string, ThirdParty>} */
  const packages = new Map();
  for (const id of moduleIds) {
    const [, folder] = /^\0?(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)/.exec(id.split('?')[0]) ?? [];
    if (!folder || !existsSync(join(folder, 'package.json'))) continue;
    const { name, version } = manifestOf(folder);
    packages.set(`${name}@${version}`, { name, version, folder });
  }
  return [...packages.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** @param {string} folder */
const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** Texts of licences, for packages that come without one. */
const LICENCES = fileURLToPath(new URL('./licences/', import.meta.url));

/**
 * The notices that must go with a bundle: the licence that each package comes with, or its name and the text at the end.
 * @param {readonly ThirdParty[]} packages
 */
export function noticesOf(packages) {
  /** @type {Set<string>} */
  const named = new Set();
  const sections = packages.map((each) => {
    const text = ownText(each.folder);
    if (text) return `${each.name} ${each.version}\n\n${text}\n`;
    const { license = 'unknown', author } = manifestOf(each.folder);
    for (const id of license.match(/[\w.-]+/g) ?? []) if (id !== 'AND' && id !== 'OR') named.add(id);
    const by = author ? `Author: ${author.name ?? author}\n` : '';
    return `${each.name} ${each.version}\n\nLicence: ${license}\n${by}`;
  });
  const texts = [...named].sort().filter((id) => existsSync(join(LICENCES, `${id}.txt`)));
  const standard = texts.map((id) => `${id}\n\n${readFileSync(join(LICENCES, `${id}.txt`), 'utf8').trim()}\n`);
  return [...sections, ...standard].join(`\n${'-'.repeat(80)}\n\n`);
}

/** @param {string} folder */
const ownText = (folder) =>
  readdirSync(folder)
    .filter((file) => /^(licen[cs]e|copying|notice)([-._].*)?$/i.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8').trim())
    .join('\n\n');
