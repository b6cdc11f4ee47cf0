import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { mapImage, pngUrl } from '../../../scenarios/report/html/images.ts';
import type { TrainReport } from '../../../scenarios/report/training/data.ts';
import { calibrationBins } from '../../../scenarios/report/training/plots.ts';
import { trainReportHtml } from '../../../scenarios/report/training/report.ts';
import { trainVerdict } from '../../../scenarios/report/training/verdict.ts';
import { exampleScene, trainFixture } from '../../support/reports.ts';

const HOSTILE = '<script>alert("x")</script>&\'';

/** Text as a reader sees it, tables as rows of cells. */
const readable = (markup: string): string =>
  markup
    .replace(/<(style|svg)[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&quot;', '"')
    .replace(/\s+/g, ' ');

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

  it('claims no difference whose interval includes 0', () => {
    expect(trainVerdict(trainFixture()).claims).toEqual([
      'On the same scenes pretrained beats depth-centroid by 12 points [5,\u00a019].',
      'Against antipodal there is no difference that this many trials can show (pretrained minus antipodal: 1 point [\u22124,\u00a06]).',
      'On the same scenes oracle beats pretrained by 13 points [7,\u00a019].',
    ]);
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

describe('report images', () => {
  it('survive encoding', () => {
    const rgb = Uint8Array.from({ length: 3 * 4 * 2 }, (_, i) => 10 * i);
    const url = pngUrl({ width: 4, height: 2, rgb });
    const decoded = decode(Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'));
    expect(decoded).toMatchObject({ width: 4, height: 2, channels: 3 });
    expect(new Uint8Array(decoded.data)).toEqual(rgb);
  });

  it('draw the row of lowest y at the bottom, and colour only where something is predicted', () => {
    const height = Float32Array.of(0.1, 0, 0, 0);
    const { rgb } = mapImage({ size: 2, height }, Float32Array.of(0, 0, 0, 1));
    const pixel = (row: number, col: number) => [...rgb.subarray(3 * (2 * row + col), 3 * (2 * row + col) + 3)];
    expect(pixel(1, 0)).toEqual([245, 245, 245]);
    expect(pixel(1, 1)).toEqual([45, 45, 45]);
    const [red, , blue] = pixel(0, 1);
    expect(red).toBeGreaterThan(blue + 50);
  });

  it('reject a picture of another size', () => {
    expect(() => pngUrl({ width: 2, height: 2, rgb: new Uint8Array(3) })).toThrow('expected 2 x 2 x 3 bytes, got 3');
  });
});

describe('calibrationBins', () => {
  it('puts each prediction into one bin, certainty into the last', () => {
    const bins = calibrationBins(
      [
        { probability: 0, held: false },
        { probability: 0.95, held: true },
        { probability: 1, held: false },
      ],
      10,
    );
    expect(bins.map(({ predicted, count, rate }) => [predicted, count, rate])).toEqual([
      [0, 1, 0],
      [0.975, 2, 0.5],
    ]);
  });
});
