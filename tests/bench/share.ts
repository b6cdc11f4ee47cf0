/**
 * What a shared run weighs, and how soon it shows something: `npx tsx tests/bench/share.ts <run>`. A finished run's folder is shared
 * with 100 of its trials, as a folder and as one file; the folder is opened from loopback in headless Chromium, five times.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { run } from '../../cli/main.ts';
import { launchChromium } from '../support/process/chromium.ts';
import { serveFolder } from '../support/process/static-server.ts';

const OPENINGS = 5;
const [shared] = process.argv.slice(2);
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

const folder = mkdtempSync(join(tmpdir(), 'graft-bench-'));
const [whole, single] = [join(folder, 'page'), join(folder, 'page.html')];
const { stdout, stderr } = process;
for (const args of [[whole], [single, '--single']])
  await run(['share', shared, '--trials', '100', '--out', ...args], {
    stdout,
    stderr,
    interruption: () => new AbortController().signal,
  });
const files = readdirSync(whole, { recursive: true, encoding: 'utf8' }).filter((f) =>
  statSync(join(whole, f)).isFile(),
);
const sizeOf = (names: readonly string[]): string => {
  const all = names.map((name) => readFileSync(join(whole, name)));
  const packed = all.map((bytes) => gzipSync(bytes).length);
  return `${megabytes(all.reduce((sum, { length }) => sum + length, 0))}, ${megabytes(packed.reduce((a, b) => a + b, 0))} compressed`;
};
say(`folder: ${sizeOf(files)}`);
for (const name of files.filter((f) => statSync(join(whole, f)).size > 5e5)) say(`  ${name}: ${sizeOf([name])}`);
const html = readFileSync(single);
say(`one file: ${megabytes(html.length)}, ${megabytes(gzipSync(html).length)} compressed`);

const server = await serveFolder(whole, '/shared/', true);
const browser = await launchChromium('all');
const first: number[] = [];
for (let i = 0; i < OPENINGS; i++) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  await page.goto(server.url);
  await page.waitForFunction(() => window.graftViewer?.shownCount > 0, undefined, { timeout: 120_000 });
  first.push(await page.evaluate(() => performance.now()));
  await page.close();
}
await browser.close();
await server.close();
rmSync(folder, { recursive: true });
say(`first picture: ${first.map((ms) => ms.toFixed(0)).join(', ')} ms`);
