import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { calibrationBins } from '../../agent/plots-evaluation.ts';
import { type BenchReport, benchReportHtml, type TrainReport, trainReportHtml } from '../../agent/report.ts';
import { mapImage, pngUrl } from '../../agent/report-images.ts';
import { benchVerdict, trainVerdict } from '../../agent/report-verdict.ts';
import { benchFixture, exampleScene, trainFixture } from '../support/reports.ts';

const HOSTILE = '<script>alert("x")</script>&\'';

/** Text as a reader sees it, tables as rows of cells. */
const readable = (markup: string): string =>
  markup
    .replace(/<(style|svg)[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&quot;', '"')
    .replace(/\s+/g, ' ');

const comparison = (
  trials: number,
  difference: number,
  low: number,
  high: number,
  a = 'pretrained',
  b = 'scratch',
) => ({
  a,
  b,
  trials,
  difference,
  low,
  high,
});

describe.each([
  ['training report', () => trainReportHtml(trainFixture())],
  ['benchmark report', () => benchReportHtml(benchFixture())],
])('%s', (_, make) => {
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

describe('benchmark report', () => {
  it('shows the numbers it was given', async () => {
    const text = readable(await benchReportHtml(benchFixture()));
    expect(text).toContain('45.0 % [40.5, 49.0] 62.0 % [57.5, 66.0] 76.0 % [71.5, 80.0]');
    expect(text).toContain('86.0 % [81.5, 90.0] 157 3 min 23.4 ms');
    expect(text).toContain('not reached');
    expect(text).toContain('70.0 % [67.0, 73.0]');
    expect(text).toContain('pretrained minus scratch 100 12.0 [5.0, 19.0] pretrained better');
    expect(text).toContain('scratch minus pretrained 400 \u22121.0 [\u22126.0, 4.0] no difference shown');
    expect(text).toContain(
      'pretrained minus depth-centroid 25 \u221225.0 [\u221230.0, \u221220.0] depth-centroid better',
    );
    expect(text).toContain('training seeds 0, 1, 2, 3, 4');
  });

  it('states each difference with its interval, either way round, and only where the interval excludes 0', () => {
    expect(
      benchVerdict({
        comparisons: [
          comparison(100, 0.12, 0.05, 0.19),
          comparison(400, -0.01, -0.06, 0.04, 'scratch', 'pretrained'),
          comparison(25, -0.3, -0.4, -0.2),
        ],
      }).verdict,
    ).toBe(
      'After 100 trials pretrained beats scratch by 12 points [5,\u00a019] on object families never seen in training; ' +
        'after 25 trials scratch beats pretrained by 30 points [20,\u00a040]; after 400 trials there is no difference ' +
        'that this many trials can show (pretrained minus scratch: 1 point [\u22124,\u00a06]).',
    );
  });

  it('claims nothing for an interval that touches 0', () => {
    expect(benchVerdict({ comparisons: [comparison(50, 0.05, 0, 0.1)] }).verdict).toBe(
      'After 50 trials there is no difference between pretrained and scratch on object families never seen in training ' +
        'that this many trials can show (pretrained minus scratch: 5 points [0,\u00a010]).',
    );
  });

  it('keeps a small bound apart from 0 when it rounds', () => {
    expect(benchVerdict({ comparisons: [comparison(0, 0.021, 0.002, 0.04)] }).verdict).toContain(
      'Before any trial pretrained beats scratch by 2.1 points [0.2,\u00a04.0]',
    );
  });

  it('escapes every name', async () => {
    const plain = benchFixture();
    const hostile: BenchReport = {
      ...plain,
      preset: HOSTILE,
      families: [HOSTILE],
      arms: plain.arms.map((arm, i) => ({ ...arm, name: `${i}${HOSTILE}`, description: HOSTILE })),
      comparisons: [comparison(100, 0.1, 0.05, 0.15, HOSTILE, 'scratch')],
    };
    const markup = await benchReportHtml(hostile);
    expect(markup).not.toContain('<script');
    expect(markup).toContain('&lt;script&gt;');
  });

  it('works without anything to show', async () => {
    const empty: BenchReport = {
      ...benchFixture(),
      families: [],
      seeds: [],
      arms: [],
      comparisons: [],
      examples: [],
    };
    const markup = await benchReportHtml(empty);
    expect(readable(markup)).toContain('no difference between them is claimed');
    expect(markup).not.toMatch(/NaN|undefined/);
  });

  it('works for learners measured before any trial, and for fixed policies alone', async () => {
    const plain = benchFixture();
    const [first, ...others] = plain.arms;
    const start = { trials: 0, rate: 0.2, low: 0.1, high: 0.3, perSeed: [0.2] };
    const zero = await benchReportHtml({ ...plain, arms: [{ ...first, curve: [start, ...first.curve] }, ...others] });
    expect(readable(zero)).toContain('0 trials');
    const fixed = await benchReportHtml({ ...plain, arms: plain.arms.filter(({ kind }) => kind === 'fixed') });
    expect(`${zero}${fixed}`).not.toMatch(/NaN|undefined/);
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
