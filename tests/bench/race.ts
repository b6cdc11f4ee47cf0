/**
 * What a watched race costs and shows: `npx tsx tests/bench/race.ts [url]`. Opens the page of a race that runs (by default at the
 * port of `graft race --view`) in Chromium, which draws in software, and counts pictures of both scenes a second while something
 * moves, and how far the two are apart. Saves a picture of the page to GRAFT_PICTURE, if that is set.
 */
import { launchChromium } from '../support/process/chromium.ts';

const url = process.argv[2] ?? 'http://127.0.0.1:8090/';
const SECONDS = 20;
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

const browser = await launchChromium('all');
const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
await page.goto(url);
await page.waitForFunction(() => Math.min(...window.graftRace.shownCounts) > 0, undefined, { timeout: 600_000 });
await page.waitForTimeout(3000);

// a picture counts if both scenes are at a new time; half a second without one means that nothing moved
const { pictures, moving, apart } = await page.evaluate(async (seconds) => {
  const end = performance.now() + 1000 * seconds;
  let [pictures, moving, last] = [0, 0, performance.now()];
  let before = [...window.graftRace.shownCounts];
  const apart: number[] = [];
  while (performance.now() < end) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const { shownCounts, times } = window.graftRace;
    if (shownCounts.some((count, i) => count === before[i])) continue;
    const now = performance.now();
    before = [...shownCounts];
    apart.push(Math.abs(times[0] - times[1]));
    if (now - last < 500) {
      pictures++;
      moving += now - last;
    }
    last = now;
  }
  return { pictures, moving, apart };
}, SECONDS);
say(`both scenes: ${((1000 * pictures) / moving).toFixed(1)} pictures a second while something moves`);
say(`apart, median: ${(1000 * median(apart)).toFixed(0)} ms`);
say(JSON.stringify(await page.evaluate(() => window.graftRace)));
if (process.env.GRAFT_PICTURE) await page.screenshot({ path: process.env.GRAFT_PICTURE });
await browser.close();
