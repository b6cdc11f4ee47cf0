import { describe, expect, it } from 'vitest';
import type { TrainReport } from '../../../../scenarios/report/training/data.ts';
import { trainReportHtml } from '../../../../scenarios/report/training/report.ts';
import { exampleScene, readable, trainFixture } from '../../../support/reports.ts';

const HOSTILE = '<script>alert("x")</script>&\'';

describe('a report', () => {
  const make = () => trainReportHtml(trainFixture());

  it('loads nothing and runs nothing', async () => {
    const markup = await make();
    const addresses = new Set(markup.match(/[a-z]+:\/\/[^"'\s<)]+/g));
    expect([...addresses].filter((address) => !address.startsWith('http://www.w3.org/'))).toEqual([]);
    expect(markup).not.toMatch(/<script|<link rel="stylesheet"|@import|url\((?!data:)|\son\w+=/);
    expect(markup).toContain("default-src 'none'");
  });

  it('is the same for the same input', async () => expect(await make()).toBe(await make()));

  it('has no value that was never computed', async () => {
    expect(await make()).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });
});

describe('training report', () => {
  it('shows the numbers it was given', async () => {
    const text = readable(await trainReportHtml(trainFixture()));
    expect(text).toContain('After 400 training trials pretrained holds 82 % of the evaluation grasps (247 of 300');
    expect(text).toContain('95 % interval [78, 86]');
    expect(text).toContain('pretrained 247 of 300 82.3 % [77.6, 86.2]');
    expect(text).toContain('depth-centroid 211 of 300 70.3 % [64.9, 75.2] 12.0 [5.0, 19.0]');
    expect(text).toContain('oracle 285 of 300 95.0 % [91.9, 96.9] \u221212.7 [\u221218.7, \u22126.7]');
    expect(text).toContain('mug 72 of 100 72.0 %');
    expect(text).toContain('2 trials diverged in simulation and are not counted');
    for (const fact of [
      'graft train tabletop --seed 7',
      '9f3c1e07aa52',
      'c0ffee12ab34',
      'wasm, 2 threads',
      '20.20.2',
    ]) {
      expect(text).toContain(fact);
    }
  });

  it('escapes every name', async () => {
    const plain = trainFixture();
    const hostile: TrainReport = {
      ...plain,
      arm: HOSTILE,
      command: HOSTILE,
      scenario: HOSTILE,
      engine: HOSTILE,
      backbone: { name: HOSTILE, hash: HOSTILE, card: HOSTILE },
      versions: { [HOSTILE]: HOSTILE },
      hashes: { [HOSTILE]: HOSTILE },
      final: { ...plain.final, families: { [HOSTILE]: { held: 1, trials: 2 } }, reasons: { [HOSTILE]: 3 } },
      baselines: plain.baselines.map((baseline) => ({ ...baseline, policy: HOSTILE })),
      examples: [exampleScene(HOSTILE, [{ policy: HOSTILE, outcome: HOSTILE }])],
    };
    const markup = await trainReportHtml(hostile);
    expect(markup).not.toContain('<script');
    expect(markup).not.toMatch(/="[^"]*"x"/);
    expect(markup).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;&#39;');
  });

  it('works without anything to show', async () => {
    const empty: TrainReport = {
      ...trainFixture(),
      training: [],
      final: { rate: 0, low: 0, high: 1, trials: 0, invalid: 0, reasons: {}, families: {}, calibration: [] },
      baselines: [],
      examples: [],
      hashes: {},
      versions: {},
    };
    const markup = await trainReportHtml(empty);
    expect(readable(markup)).toContain('was not evaluated, so nothing is claimed');
    expect(markup).not.toMatch(/NaN|undefined/);
  });
});
