/** Pictures of scenes: camera frame, heightmap with affordance and grasp. */

import { encode } from 'fast-png';
import type { ReportExample, ReportImage } from '../example.ts';
import { percent } from '../numbers.ts';
import { type Html, html, note, section, when } from './html.ts';

type Rgb = readonly [number, number, number];

/** Viridis (S. van der Walt and N. Smith, 2015) at seven points. */
const VIRIDIS: readonly Rgb[] = [
  [68, 1, 84],
  [68, 57, 131],
  [49, 104, 142],
  [33, 145, 140],
  [53, 183, 121],
  [144, 215, 67],
  [253, 231, 37],
];

function viridis(value: number): Rgb {
  const at = Math.min(Math.max(value, 0), 1) * (VIRIDIS.length - 1);
  const i = Math.min(Math.floor(at), VIRIDIS.length - 2);
  return mix(VIRIDIS[i], VIRIDIS[i + 1], at - i);
}

const mix = (a: Rgb, b: Rgb, t: number): Rgb => [
  a[0] + t * (b[0] - a[0]),
  a[1] + t * (b[1] - a[1]),
  a[2] + t * (b[2] - a[2]),
];

/**
 * The picture as a data URL (PNG).
 * @throws RangeError if the picture has not 3 bytes a pixel.
 */
export function pngUrl({ width, height, rgb }: ReportImage): string {
  if (rgb.length !== 3 * width * height) {
    throw new RangeError(`pngUrl: expected ${width} x ${height} x 3 bytes, got ${rgb.length}`);
  }
  const png = encode({ width, height, data: rgb, channels: 3, depth: 8 });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}

/** Share of the affordance's colour where it is predicted; the rest is the height. */
const AFFORDANCE_OPACITY = 0.75;

/**
 * A heightmap seen from above, world +X to the right and +Y up: grey by height, and where something is predicted, the
 * affordance's colour over it.
 * @param affordance [size, size], or null.
 */
export function mapImage({ size, height }: ReportExample['heightmap'], affordance: Float32Array | null): ReportImage {
  const top = height.reduce((most, value) => Math.max(most, value), 0.01);
  const rgb = new Uint8Array(3 * size * size);
  for (let row = 0; row < size; row++) {
    for (let col = 0; col < size; col++) {
      const cell = row * size + col;
      const level = 45 + 200 * Math.min(Math.max(height[cell] / top, 0), 1);
      const grey: Rgb = [level, level, level];
      const predicted = affordance?.[cell] ?? 0;
      const colour = predicted > 0 ? mix(grey, viridis(predicted), AFFORDANCE_OPACITY) : grey;
      rgb.set(colour.map(Math.round), 3 * ((size - 1 - row) * size + col));
    }
  }
  return { width: size, height: size, rgb };
}

/** The map with the grasp: the closing line between two finger marks. */
function mapSvg({ heightmap, affordance, grasp, title }: ReportExample): Html {
  const { size } = heightmap;
  return html`<svg viewBox="0 0 ${size} ${size}" role="img" aria-label="Heightmap: ${title}">
<image href="${pngUrl(mapImage(heightmap, affordance))}" width="${size}" height="${size}" style="image-rendering:pixelated"/>
${grasp ? graspMark(grasp, size) : ''}</svg>`;
}

/** Half the width of a finger mark, cells. */
const FINGER = 2.5;

function graspMark({ row, col, yaw, openingCells }: NonNullable<ReportExample['grasp']>, size: number): Html {
  const reach = openingCells / 2;
  const path = `M${-reach} 0H${reach}M${-reach} ${-FINGER}V${FINGER}M${reach} ${-FINGER}V${FINGER}`;
  const place = `translate(${col + 0.5} ${size - row - 0.5}) rotate(${(-yaw * 180) / Math.PI})`;
  return html`<g transform="${place}" fill="none" stroke-linecap="round">
<path d="${path}" stroke="#0a0c10" stroke-width="2.2"/><path d="${path}" stroke="#fff" stroke-width="1"/>
<circle r="1.4" fill="#ff3d7f" stroke="#0a0c10" stroke-width="0.5"/></g>`;
}

function exampleCard(example: ReportExample): Html {
  const { image, outcomes, probability, title } = example;
  return html`<article class="example"><h3>${title}</h3>
<div class="pictures" style="grid-template-columns:${image.width / image.height}fr 1fr">
<img src="${pngUrl(image)}" width="${image.width}" height="${image.height}" alt="Camera frame: ${title}">
${mapSvg(example)}</div>
<ul>${outcomes.map(
    ({ policy, outcome }) =>
      html`<li>${policy} <span class="${outcome === 'held' ? 'held' : 'failed'}">${
        outcome === 'held' ? '\u2713' : '\u2717'
      }\u00a0${outcome}</span></li>`,
  )}</ul>
${when(example.grasp !== null && outcomes.length > 0, () => html`<p class="soft">${drawnText(example)}</p>`)}
</article>`;
  function drawnText({ outcomes: [first] }: ReportExample): string {
    return `Drawn: the grasp of ${first.policy}${probability === null ? '' : `, predicted to hold at ${percent(probability)}`}.`;
  }
}

/** Scenes side by side: camera frame, map with the grasp, outcome of each policy. */
export function examplesSection(title: string, about: string, examples: readonly ReportExample[]): Html {
  return when(examples.length > 0, () =>
    section(
      title,
      note(about),
      html`<div class="examples">${examples.map(exampleCard)}</div>`,
      when(
        examples.some(({ affordance }) => affordance !== null),
        () => COLOUR_SCALE,
      ),
    ),
  );
}

const COLOUR_SCALE = html`<p class="scale">predicted chance of holding: 0\u00a0% <i style="background:linear-gradient(90deg,${VIRIDIS.map(
  (rgb) => `rgb(${rgb.join(' ')})`,
).join(',')})"></i> 100\u00a0%</p>`;

/** One scene and what each policy did in it: the frame once, a map with grasp and outcome for each. */
function sceneRow(examples: readonly ReportExample[]): Html {
  const [{ image, title }] = examples;
  return html`<div class="scene"><figure><img src="${pngUrl(image)}" width="${image.width}" height="${image.height}" alt="Camera frame: ${title}">
<figcaption>${title}</figcaption></figure>
<div class="maps">${examples.map(policyMap)}</div></div>`;
}

function policyMap(example: ReportExample): Html {
  const [{ policy, outcome }] = example.outcomes;
  const held = outcome === 'held';
  const predicted = example.probability === null ? '' : ` (${percent(example.probability)})`;
  return html`<figure>${mapSvg(example)}<figcaption>${policy}<br><span class="${held ? 'held' : 'failed'}">${
    held ? '\u2713' : '\u2717'
  }\u00a0${outcome}</span>${predicted}</figcaption></figure>`;
}

/** Scenes below one another, each with the maps of all policies. @param scenes an example for each policy. */
export function scenesGrid(scenes: readonly (readonly ReportExample[])[]): Html {
  const shown = scenes.filter((examples) => examples.length > 0);
  return when(shown.length > 0, () => html`${shown.map(sceneRow)}${COLOUR_SCALE}`);
}
