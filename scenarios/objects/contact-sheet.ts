/** Contact sheet: a picture and a caption for each object. */
import { intrinsicsFromFov, lookAt } from '../../sim/camera/camera.ts';
import { LIGHTING_DEFAULTS, renderFrame } from '../../sim/camera/render.ts';
import { IDENTITY_QUAT } from '../../sim/math/pose.ts';
import { bounds } from '../../sim/objects/mesh-check.ts';
import type { ObjectModel } from '../../sim/objects/object.ts';
import { drawText, fill, fitText, type Picture, type Rgb, textWidth } from './bitmap-font.ts';
import type { ObjectReport } from './library.ts';

const TILE = 200;
/** Rendered this many times larger and averaged: the rasteriser does not smooth edges. */
const FINER = 3;
const CAPTION = 50;
const GAP = 8;
const PAPER: Rgb = [246, 246, 243];
const INK: Rgb = [35, 35, 38];
const FAINT: Rgb = [112, 112, 116];
const GOOD: Rgb = [36, 128, 78];
const BAD: Rgb = [190, 52, 40];

/** A tile for each object, as it lies in its file, with name, size, mass and whether the gripper can hold it. */
export function contactSheet(reports: readonly ObjectReport[], models: readonly ObjectModel[]): Picture {
  const columns = Math.min(Math.max(Math.ceil(Math.sqrt(reports.length * 1.3)), 1), 8);
  const rows = Math.ceil(reports.length / columns);
  const width = columns * (TILE + GAP) + GAP;
  const height = rows * (TILE + CAPTION + GAP) + GAP;
  const sheet: Picture = { width, height, data: new Uint8Array(width * height * 3) };
  fill(sheet, 0, 0, width, height, PAPER);
  const byName = new Map(models.map((m) => [m.family, m]));
  reports.forEach((report, i) => {
    const x = GAP + (i % columns) * (TILE + GAP);
    const y = GAP + Math.floor(i / columns) * (TILE + CAPTION + GAP);
    const model = byName.get(report.name);
    if (model) paste(sheet, photograph(model), x, y);
    else {
      fill(sheet, x, y, TILE, TILE, [232, 228, 226]);
      wrapped(sheet, report.error ?? '', x + 8, y + 8, TILE - 16, TILE - 16);
    }
    caption(sheet, report, x, y + TILE);
  });
  return sheet;
}

/** Longest side of an object in its picture, metres. */
const SHOWN = 0.2;

/** The object on the table, as large as every other, smoothed. */
function photograph({ mesh, colour }: ObjectModel): Picture {
  const { min, max } = bounds(mesh);
  const s = SHOWN / Math.hypot(max[0] - min[0], max[1] - min[1], max[2] - min[2]);
  const position = [(-(min[0] + max[0]) / 2) * s, (-(min[1] + max[1]) / 2) * s, -min[2] * s] as const;
  const scaled = { positions: mesh.positions.map((x) => x * s), indices: mesh.indices };
  const middle = ((max[2] - min[2]) * s) / 2;
  const size = TILE * FINER;
  const camera = {
    intrinsics: intrinsicsFromFov(size, size, 26),
    pose: lookAt([0.275, -0.425, 0.325 + middle], [0, 0, middle * 0.9]),
  };
  const lighting = {
    ...LIGHTING_DEFAULTS,
    tableColour: [0.72, 0.72, 0.7] as const,
    towardsLight: [0.5, -0.35, 1] as const,
  };
  const instance = { mesh: scaled, pose: { position, quaternion: IDENTITY_QUAT }, colour };
  const lit = renderFrame(camera, [instance], { ...lighting, shadows: false });
  const shaded = renderFrame(camera, [instance], lighting);
  // the object casts a shadow on the table, but none on itself: the shadow map is too coarse for a portrait
  const fine = lit.colour.map((c, i) => (lit.segmentation[Math.floor(i / 3)] === 1 ? shaded.colour[i] : c));
  const data = new Uint8Array(TILE * TILE * 3);
  for (let v = 0; v < TILE; v++)
    for (let u = 0; u < TILE; u++)
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let k = 0; k < FINER * FINER; k++)
          sum += fine[3 * ((v * FINER + Math.floor(k / FINER)) * size + u * FINER + (k % FINER)) + c];
        data[3 * (v * TILE + u) + c] = sum / FINER ** 2;
      }
  return { width: TILE, height: TILE, data };
}

function paste(sheet: Picture, tile: Picture, x: number, y: number): void {
  for (let v = 0; v < tile.height; v++)
    sheet.data.set(tile.data.subarray(3 * v * tile.width, 3 * (v + 1) * tile.width), 3 * ((y + v) * sheet.width + x));
}

/** Name, size and mass, and whether the gripper can hold it. */
function caption(sheet: Picture, report: ObjectReport, x: number, y: number): void {
  drawText(sheet, fitText(report.name, TILE, 2), x, y + 7, 2, INK);
  if (!report.size || report.mass === null) {
    drawNote(sheet, 'left out', x, y + 27, BAD);
    return;
  }
  const size = report.size.map((s) => (1000 * s).toFixed(0)).join(' x ');
  const mass = report.mass < 1 ? `${(1000 * report.mass).toFixed(0)} g` : `${report.mass.toFixed(2)} kg`;
  drawText(sheet, fitText(`${size} mm, ${mass}`, TILE, 1), x, y + 27, 1, FAINT);
  const width = report.width === null ? 'no faces oppose' : `${(1000 * report.width).toFixed(0)} mm`;
  const verdict = report.graspable ? `graspable at ${width}` : report.width === null ? width : `too wide at ${width}`;
  drawNote(
    sheet,
    `${verdict}, ${report.hulls} hull${report.hulls === 1 ? '' : 's'}`,
    x,
    y + 38,
    report.graspable ? GOOD : BAD,
  );
}

const drawNote = (sheet: Picture, text: string, x: number, y: number, colour: Rgb): void =>
  drawText(sheet, fitText(text, TILE, 1), x, y, 1, colour);

/** Small text over several lines. */
function wrapped(sheet: Picture, text: string, x: number, y: number, width: number, height: number): void {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = lines.length > 0 ? `${lines[lines.length - 1]} ${word}` : word;
    if (lines.length > 0 && textWidth(longer, 1) <= width) lines[lines.length - 1] = longer;
    else lines.push(fitText(word, width, 1));
  }
  lines.slice(0, Math.floor(height / 11)).forEach((line, i) => {
    drawText(sheet, line, x, y + 11 * i, 1, BAD);
  });
}
