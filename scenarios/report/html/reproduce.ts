/** What it takes to run something again, and the section of a report that says so. */

import { duration } from '../numbers.ts';
import { type Html, html, section } from './html.ts';

/** What it takes to run it again. */
export interface RunFacts {
  /** The exact command line. */
  readonly command: string;
  readonly scenario: string;
  readonly seed: number;
  /** Tensor engine. */
  readonly engine: string;
  readonly physics: string;
  /** Version by package. */
  readonly versions: Readonly<Record<string, string>>;
  /** Wall-clock time of the whole run; left out where only a report was made. */
  readonly seconds?: number;
}

/** How to run it again. @param extra further facts. */
export function reproduceSection(facts: RunFacts, extra: readonly (readonly [string, string])[]): Html {
  const rows: (readonly [string, string])[] = [
    ['scenario', facts.scenario],
    ['seed', String(facts.seed)],
    ['tensor engine', facts.engine],
    ['physics', facts.physics],
    ...(facts.seconds === undefined ? [] : [['took', duration(facts.seconds)] as const]),
    ...extra,
    ...Object.entries(facts.versions).map(([name, version]) => [`version of ${name}`, version] as const),
  ];
  return section(
    'How to reproduce',
    html`<pre><code>${facts.command}</code></pre>
<dl>${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`,
  );
}
