import { describe, expect, it } from 'vitest';
import { reproduceSection } from '../../../../scenarios/report/html/reproduce.ts';
import { FACTS } from '../../../support/reports.ts';

describe('how to reproduce', () => {
  it('has the command, the facts and the versions', () => {
    const { html } = reproduceSection(FACTS, [['preset', 'full']]);
    expect(html).toContain('<pre><code>graft bench transfer --seeds 10 --out report.html</code></pre>');
    expect(html).toContain('<dt>took</dt><dd>84 min</dd>');
    expect(html).toContain('<dt>preset</dt><dd>full</dd>');
    expect(html).toContain('<dt>version of node</dt><dd>20.20.2</dd>');
  });

  it('does not say how long it took where only a report was made', () => {
    const { seconds: _, ...facts } = FACTS;
    expect(reproduceSection(facts, []).html).not.toContain('took');
  });
});
