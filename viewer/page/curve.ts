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

/** Draws success against trials for training and evaluation. @param planned length of the x axis at least. */
export function drawCurve(svg: SVGSVGElement, trials: readonly TrialSummary[], planned: number): void {
  const series = (['training', 'evaluation'] as const).map((split) => ({
    split,
    points: rollingRates(trials.filter((t) => t.split === split)),
  }));
  const longest = Math.max(10, ...series.map(({ points }) => points.at(-1)?.count ?? 0));
  const end = Math.max(longest, planned);
  const x = (count: number): number => BOX.left + ((BOX.right - BOX.left) * count) / end;
  const y = (rate: number): number => BOX.bottom - (BOX.bottom - BOX.top) * rate;
  svg.innerHTML = axes(end, x, y) + series.map(({ split, points }) => trace(split, points, x, y)).join('');
  const latest = series.flatMap(({ split, points }) => {
    const last = points.at(-1);
    return last ? [`${split} ${percent(last.rate)} after ${last.count} trials`] : [];
  });
  svg.setAttribute('aria-label', `Success rate: ${latest.join(', ') || 'fewer than ten trials yet'}`);
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

function trace(split: string, points: readonly RatePoint[], x: Scale, y: Scale): string {
  const last = points.at(-1);
  if (!last) return '';
  const path = (list: readonly RatePoint[], of: (p: RatePoint) => number): string =>
    list.map((p) => `${x(p.count).toFixed(1)} ${y(of(p)).toFixed(1)}`).join('L');
  const band = `M${path(points, (p) => p.high)}L${path([...points].reverse(), (p) => p.low)}Z`;
  const label = `${split === 'training' ? '' : 'evaluation '}${percent(last.rate)}`;
  const right = x(last.count) > BOX.right - 90;
  const at = `x="${x(last.count) + (right ? -4 : 6)}" y="${Math.max(y(last.rate) - 7, 14)}"`;
  return (
    `<path class="band ${split}" d="${band}"/><path class="line ${split}" d="M${path(points, (p) => p.rate)}"/>` +
    `<circle class="${split}" cx="${x(last.count)}" cy="${y(last.rate)}" r="3"/>` +
    `<text class="${split}" ${at} text-anchor="${right ? 'end' : 'start'}">${label}</text>`
  );
}

/** 0.834 as `83 %`. */
export const percent = (rate: number, digits = 0): string => `${(100 * rate).toFixed(digits)} %`;
