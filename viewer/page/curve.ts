/** Success curve: rolling rates with their intervals, drawn as SVG. */
import type { TrialSummary } from '../../sim/recording/marks.ts';

const WINDOW = 50;
const POINTS_MAX = 240;
const Z95 = 1.959964;

/** Success over a window of trials; all rates 0..1. */
export interface RatePoint {
  /** Trials so far. */
  readonly count: number;
  readonly rate: number;
  readonly low: number;
  readonly high: number;
}

/** Wilson's score interval at 95 % (E. B. Wilson, 1927). */
export function wilson(successes: number, trials: number): { readonly low: number; readonly high: number } {
  const [p, z2] = [successes / trials, Z95 * Z95];
  const centre = (p + z2 / (2 * trials)) / (1 + z2 / trials);
  const half = (Z95 / (1 + z2 / trials)) * Math.sqrt((p * (1 - p)) / trials + z2 / (4 * trials * trials));
  return { low: Math.max(centre - half, 0), high: Math.min(centre + half, 1) };
}

/** Success rate over the last {@link WINDOW} trials, once ten are there; trials that diverged do not count. */
export function rollingRates(trials: readonly TrialSummary[]): RatePoint[] {
  const counted = trials.filter(({ outcome }) => outcome !== 'invalid');
  const stride = Math.max(1, Math.ceil(counted.length / POINTS_MAX));
  const points: RatePoint[] = [];
  let held = 0;
  counted.forEach(({ outcome }, i) => {
    held += outcome === 'held' ? 1 : 0;
    if (i >= WINDOW) held -= counted[i - WINDOW].outcome === 'held' ? 1 : 0;
    const [count, n] = [i + 1, Math.min(i + 1, WINDOW)];
    const kept = count % stride === 0 || count === counted.length;
    if (count >= 10 && kept) points.push({ count, rate: held / n, ...wilson(held, n) });
  });
  return points;
}

const BOX = { left: 40, right: 364, top: 8, bottom: 112 } as const;

/** A curve of the plot. */
interface Trace {
  /** Class of its elements. */
  readonly kind: string;
  /** In front of its rate, where the curve ends. */
  readonly label: string;
  /** What the plot is said to show of it, to those who cannot see it. */
  readonly spoken: string;
  readonly trials: readonly TrialSummary[];
}

/** Draws success against trials for training and evaluation. @param planned length of the x axis at least. */
export const drawCurve = (svg: SVGSVGElement, trials: readonly TrialSummary[], planned: number): void =>
  drawTraces(
    svg,
    (['training', 'evaluation'] as const).map((split) => ({
      kind: split,
      label: split === 'training' ? '' : 'evaluation ',
      spoken: split,
      trials: trials.filter((t) => t.split === split),
    })),
    planned,
  );

/** Least distance between two labels, one above the other. */
const LABEL_STEP = 12;

/** Draws success against trials for each of several curves. @param planned length of the x axis at least. */
export function drawTraces(svg: SVGSVGElement, traces: readonly Trace[], planned: number): void {
  const series = traces.flatMap((trace) => {
    const points = rollingRates(trace.trials);
    const last = points.at(-1);
    return last ? [{ ...trace, points, last }] : [];
  });
  const longest = Math.max(10, ...series.map(({ last }) => last.count));
  const end = Math.max(longest, planned);
  const x = (count: number): number => BOX.left + ((BOX.right - BOX.left) * count) / end;
  const y = (rate: number): number => BOX.bottom - (BOX.bottom - BOX.top) * rate;
  const heights = apart(series.map(({ last }) => Math.max(y(last.rate) - 7, 14)));
  svg.innerHTML =
    axes(end, x, y) + series.map((each, i) => drawTrace(each, each.points, { x, y, height: heights[i] })).join('');
  const latest = series.map(({ spoken, last }) => `${spoken} ${percent(last.rate)} after ${last.count} trials`);
  svg.setAttribute('aria-label', `Success rate: ${latest.join(', ') || 'fewer than ten trials yet'}`);
}

/** Heights of labels, moved down until none lies on another. */
export function apart(heights: readonly number[]): number[] {
  const moved = [...heights];
  const order = moved.map((_, i) => i).sort((a, b) => heights[a] - heights[b]);
  for (let k = 1; k < order.length; k++) moved[order[k]] = Math.max(moved[order[k]], moved[order[k - 1]] + LABEL_STEP);
  // all of them up again if the lowest has left the plot
  const over = Math.max(...moved.map((height) => height - BOX.bottom), 0);
  return moved.map((height) => height - over);
}

type Scale = (value: number) => number;

/** Round numbers from 0 to at most `end`, about five. */
export function ticks(end: number): number[] {
  const rough = Math.max(end / 5, 1);
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * decade).find((m) => m >= rough) ?? rough;
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, i) => i * step);
}

function axes(end: number, x: Scale, y: Scale): string {
  const parts: string[] = [];
  for (const rate of [0, 0.25, 0.5, 0.75, 1]) {
    parts.push(
      `<line class="${rate ? 'grid' : 'axis'}" x1="${BOX.left}" x2="${BOX.right}" y1="${y(rate)}" y2="${y(rate)}"/>`,
    );
    if (rate % 0.5 === 0)
      parts.push(`<text x="${BOX.left - 6}" y="${y(rate) + 3.5}" text-anchor="end">${percent(rate)}</text>`);
  }
  for (const count of ticks(end)) {
    const label = `<text x="${x(count)}" y="${BOX.bottom + 14}" text-anchor="${x(count) > BOX.right - 12 ? 'end' : 'middle'}">`;
    parts.push(`${label}${count.toLocaleString('en')}</text>`);
  }
  parts.push(`<text x="${(BOX.left + BOX.right) / 2}" y="${BOX.bottom + 30}" text-anchor="middle">trials</text>`);
  return parts.join('');
}

function drawTrace(
  { kind, label }: Trace,
  points: readonly RatePoint[],
  { x, y, height }: { readonly x: Scale; readonly y: Scale; readonly height: number },
): string {
  const last = points[points.length - 1];
  const path = (list: readonly RatePoint[], of: (p: RatePoint) => number): string =>
    list.map((p) => `${x(p.count).toFixed(1)} ${y(of(p)).toFixed(1)}`).join('L');
  const band = `M${path(points, (p) => p.high)}L${path([...points].reverse(), (p) => p.low)}Z`;
  const right = x(last.count) > BOX.right - 90;
  const at = `x="${x(last.count) + (right ? -4 : 6)}" y="${height}"`;
  return (
    `<path class="band ${kind}" d="${band}"/><path class="line ${kind}" d="M${path(points, (p) => p.rate)}"/>` +
    `<circle class="${kind}" cx="${x(last.count)}" cy="${y(last.rate)}" r="3"/>` +
    `<text class="${kind}" ${at} text-anchor="${right ? 'end' : 'start'}">${label}${percent(last.rate)}</text>`
  );
}

/** 0.834 as `83 %`. */
export const percent = (rate: number, digits = 0): string => `${(100 * rate).toFixed(digits)} %`;
