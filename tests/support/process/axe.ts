import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Everything that axe-core finds on a page as it is, whatever its impact, one line each. */
export async function axeFindings(page: Page): Promise<string[]> {
  // by the debugger, which a page's own policy for scripts does not stop
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map((n) => `${impact} ${id}: ${n.target.join(' ')}: ${n.failureSummary}`),
  );
}
