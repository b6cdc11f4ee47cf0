/** Plots: what every one of them looks like, and the drawing of a Vega-Lite specification as SVG. */

import type { TopLevelSpec } from 'vega-lite';

/** Colours that the common forms of colour blindness keep apart (M. Okabe and K. Ito, 2008); the palest comes last. */
export const PALETTE = [
  '#0072B2',
  '#D55E00',
  '#009E73',
  '#CC79A7',
  '#E69F00',
  '#56B4E9',
  '#8C8C8C',
  '#C9B900',
] as const;

/** Where text and rules take the colour of the page around the plot, so that one SVG suits light and dark. */
export const INK = 'currentColor';

/** Size of the plotted area, CSS pixels. */
export interface PlotSize {
  readonly width: number;
  readonly height: number;
}

/** Fonts and colours of every plot. */
export const CONFIG = {
  background: 'transparent',
  font: 'sans-serif',
  view: { stroke: null },
  axis: {
    labelColor: INK,
    titleColor: INK,
    tickColor: INK,
    domainColor: INK,
    gridColor: INK,
    gridOpacity: 0.13,
    domainOpacity: 0.5,
    tickOpacity: 0.5,
    labelFlush: false,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titlePadding: 8,
  },
  legend: {
    labelColor: INK,
    titleColor: INK,
    labelFontSize: 12,
    titleFontSize: 12,
    symbolStrokeWidth: 2.5,
    symbolSize: 90,
    symbolOpacity: 1,
    labelLimit: 220,
  },
} satisfies TopLevelSpec['config'];

/**
 * Draws a Vega-Lite specification as SVG text. Needs no browser and no network.
 * @throws Error if the specification is not valid.
 */
export async function renderPlot(spec: TopLevelSpec): Promise<string> {
  // loaded by the first plot: most commands draw none, and these take longer to load than all else
  const [{ parse, View }, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** Of success in per cent. */
export const SUCCESS_AXIS = { title: 'grasps held, %', values: [0, 20, 40, 60, 80, 100] };

/** Of success in per cent. */
export const PERCENT_SCALE = { domain: [0, 100], nice: false };

/** Colour of the i-th of several things. */
export const paletteColour = (_: unknown, i: number): string => PALETTE[i % PALETTE.length];

/** A row of plotted data, in per cent. */
export function percentRow(arm: string, trials: number, rate: { rate: number; low: number; high: number }) {
  return { arm, trials, rate: 100 * rate.rate, low: 100 * rate.low, high: 100 * rate.high };
}
