/** Plots of a benchmark: learning curves, performance profiles, ratios of trials. */

import type { TopLevelSpec } from 'vega-lite';
import { CONFIG, INK, PALETTE, PERCENT_SCALE, type PlotSize } from '../html/plot.ts';
import type { SpanEstimate } from '../spans.ts';
import type { BenchArm, BenchProfile } from './data.ts';

const DASHES = [
  [1, 0],
  [7, 4],
  [2, 3],
  [9, 3, 2, 3],
] as const;

/** What an arm is drawn in, the same in every plot of a report. */
export interface ArmStyle {
  readonly name: string;
  readonly colour: string;
  readonly dash: readonly number[];
}

/** Learners first, in solid lines as long as the colours last; then dashed ones. Policies that do not learn are dashed. */
export function armStyles(arms: readonly Pick<BenchArm, 'name' | 'kind'>[]): ArmStyle[] {
  const of = (kind: BenchArm['kind']) => [...new Set(arms.filter((arm) => arm.kind === kind).map(({ name }) => name))];
  const style = (name: string, i: number, rounds: number): ArmStyle => ({
    name,
    colour: PALETTE[i % PALETTE.length],
    dash: DASHES[(Math.floor(i / PALETTE.length) + rounds) % DASHES.length],
  });
  const learners = of('learner');
  // the colours go on where the learners' end, so that few arms have a colour each
  return [
    ...learners.map((name, i) => style(name, i, 0)),
    ...of('fixed').map((name, i) => style(name, learners.length + i, 1)),
  ];
}

function encodings(styles: readonly ArmStyle[], width: number, named = true) {
  const domain = styles.map(({ name }) => name);
  const legend = named
    ? ({
        title: null,
        orient: 'bottom',
        columns: width < 450 ? 2 : 4,
        symbolType: 'stroke',
        symbolSize: 600,
      } as const)
    : null;
  return {
    colour: { field: 'arm', type: 'nominal', scale: { domain, range: styles.map((s) => s.colour) }, legend } as const,
    dash: { field: 'arm', type: 'nominal', scale: { domain, range: styles.map((s) => [...s.dash]) }, legend } as const,
  };
}

/**
 * Success against training trials on a log scale: a line an arm, a band for those named. Rates in per cent.
 * @param link of a point, on a page that names the arms itself: then there is no legend, and marks are described by their arm.
 */
export function benchCurvesSpec(
  arms: readonly BenchArm[],
  styles: readonly ArmStyle[],
  banded: readonly string[],
  { width, height }: PlotSize,
  link?: (arm: string, trials: number) => string,
): TopLevelSpec {
  const budgets = [
    ...new Set(arms.filter((a) => a.kind === 'learner').flatMap((a) => a.curve.map((p) => p.trials))),
  ].sort((a, b) => a - b);
  const ends = budgets.length > 0 ? [budgets[0], budgets[budgets.length - 1]] : [1, 2];
  const rows = arms.flatMap(({ name, kind, curve }) =>
    (kind === 'learner' ? curve : ends.map((trials) => ({ ...curve[0], trials }))).map(
      ({ trials, rate, low, high }) => ({
        arm: name,
        kind,
        trials,
        rate: 100 * rate,
        low: 100 * low,
        high: 100 * high,
        ...(link && { href: link(name, trials) }),
      }),
    ),
  );
  const lowest = Math.min(...rows.map(({ low, arm, rate }) => (banded.includes(arm) ? low : rate)), 100);
  const from = Math.max(Math.floor((lowest - 1) / 10) * 10, 0);
  const scale = { domain: [from, 100], nice: false, zero: false };
  const axis = { title: 'grasps held, %', tickCount: 6 };
  const { colour, dash } = encodings(
    styles.filter(({ name }) => arms.some((arm) => arm.name === name)),
    width,
    link === undefined,
  );
  const described = link && { description: { field: 'arm', type: 'nominal' } as const };
  const x = {
    field: 'trials',
    type: 'quantitative',
    scale: { type: 'log', base: 2, nice: false },
    axis: { title: 'training trials', values: budgets, grid: false, format: ',d', labelOverlap: true },
  } as const;
  return {
    width,
    height,
    config: CONFIG,
    data: { values: rows },
    layer: [
      {
        transform: [{ filter: { field: 'arm', oneOf: [...banded] } }, { filter: "datum.kind == 'learner'" }],
        mark: { type: 'area', opacity: 0.17 },
        encoding: {
          x,
          y: { field: 'low', type: 'quantitative', scale, axis },
          y2: { field: 'high' },
          color: colour,
          ...described,
        },
      },
      {
        mark: { type: 'line', strokeWidth: 2.2 },
        encoding: {
          x,
          y: { field: 'rate', type: 'quantitative', scale, axis },
          color: colour,
          strokeDash: dash,
          ...described,
        },
      },
      {
        transform: [{ filter: "datum.kind == 'learner'" }],
        mark: { type: 'point', filled: true, size: link ? 90 : 38, opacity: 1 },
        encoding: {
          x,
          y: { field: 'rate', type: 'quantitative' },
          color: colour,
          ...described,
          ...(link && { href: { field: 'href', type: 'nominal' } }),
        },
      },
    ],
  };
}

/** Share of runs that hold at least so much, with bands for the arms named. */
export function profileSpec(
  profiles: readonly BenchProfile[],
  styles: readonly ArmStyle[],
  banded: readonly string[],
  { width, height }: PlotSize,
): TopLevelSpec {
  const rows = profiles.flatMap(({ arm, points }) =>
    points.map(({ level, share, low, high }) => ({
      arm,
      level: 100 * level,
      share: 100 * share,
      low: 100 * low,
      high: 100 * high,
    })),
  );
  const { colour, dash } = encodings(
    styles.filter(({ name }) => profiles.some(({ arm }) => arm === name)),
    width,
  );
  const x = {
    field: 'level',
    type: 'quantitative',
    scale: PERCENT_SCALE,
    axis: { title: 'grasps held, %', tickCount: 6, grid: false },
  } as const;
  const axis = { title: 'runs that hold at least so many, %', tickCount: 6 };
  return {
    width,
    height,
    config: CONFIG,
    data: { values: rows },
    layer: [
      {
        transform: [{ filter: { field: 'arm', oneOf: [...banded] } }],
        mark: { type: 'area', opacity: 0.17 },
        encoding: {
          x,
          y: { field: 'low', type: 'quantitative', scale: PERCENT_SCALE, axis },
          y2: { field: 'high' },
          color: colour,
        },
      },
      {
        mark: { type: 'line', strokeWidth: 2.2 },
        encoding: {
          x,
          y: { field: 'share', type: 'quantitative', scale: PERCENT_SCALE, axis },
          color: colour,
          strokeDash: dash,
        },
      },
    ],
  };
}

/** The axis of ratios: beyond these an interval is drawn as going on. */
const RATIO_ENDS = [1 / 16, 64] as const;

/** A ratio with its interval for each target, on a log axis; a triangle where only a bound is known. */
export function ratiosSpec(
  ratios: readonly { readonly target: string; readonly short: string; readonly ratio: SpanEstimate }[],
  title: string,
  { width }: Pick<PlotSize, 'width'>,
): TopLevelSpec {
  const clip = (value: number): number => Math.min(Math.max(value, RATIO_ENDS[0]), RATIO_ENDS[1]);
  const narrow = width < 350;
  const names = ratios.map(({ target, short }) => (narrow ? short : target));
  const values = ratios.map(({ ratio: { point, low, high } }, i) => {
    const exact = point.low === point.high;
    const shape = exact
      ? 'circle'
      : point.low > 0
        ? 'triangle-right'
        : point.high < Number.POSITIVE_INFINITY
          ? 'triangle-left'
          : 'none';
    return {
      target: names[i],
      shape,
      at: clip(shape === 'triangle-left' ? point.high : point.low),
      low: clip(low),
      high: clip(high),
    };
  });
  const y = {
    field: 'target',
    type: 'nominal',
    sort: names,
    axis: { title: null, ticks: false, labelLimit: 320, labelPadding: 8, domain: false },
  } as const;
  const x = {
    type: 'quantitative' as const,
    scale: { type: 'log' as const, base: 2, domain: [...RATIO_ENDS] as number[], nice: false },
    axis: {
      title,
      values: narrow ? [0.125, 1, 8, 64] : [0.0625, 0.25, 0.5, 1, 2, 4, 8, 16, 64],
      labelExpr: "datum.value < 1 ? '1/' + format(1 / datum.value, 'd') : format(datum.value, 'd')",
    },
  };
  return {
    width: narrow ? width - 50 : width,
    height: { step: 26 },
    config: CONFIG,
    data: { values },
    layer: [
      { mark: { type: 'rule', strokeDash: [5, 4], color: INK, opacity: 0.6 }, encoding: { x: { datum: 1, ...x } } },
      {
        mark: { type: 'rule', strokeWidth: 3, color: PALETTE[0], opacity: 0.55 },
        encoding: { y, x: { field: 'low', ...x }, x2: { field: 'high' } },
      },
      {
        transform: [{ filter: "datum.shape != 'none'" }],
        mark: { type: 'point', filled: true, size: 80, opacity: 1, color: PALETTE[0] },
        encoding: {
          y,
          x: { field: 'at', ...x },
          shape: { field: 'shape', type: 'nominal', scale: null, legend: null },
        },
      },
    ],
  };
}
