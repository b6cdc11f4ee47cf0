/** Pictures of the grasp page: camera, map and scene, which show one answer. */
import type { Answer } from '../../../../scenarios/predict/answer.ts';
import { type Camera, deproject, project } from '../../../../sim/camera/camera.ts';
import { type HandSettings, kindOf } from '../../../../sim/hand/settings.ts';
import { transform } from '../../../../sim/math/pose.ts';
import { element } from '../../../page/panel.ts';
import type { Rgb } from '../../../page/scene/colours.ts';
import { choices, drawMap } from '../../../page/scene/images.ts';
import type { Choice } from './choice.ts';
import { type Mark, Marks, type Point } from './marks.ts';
import { type Mosaic, mosaicOf } from './mosaic.ts';
import {
  affordanceColours,
  type CameraPicture,
  depthColours,
  drawPicture,
  type Located,
  PICTURE_MODES,
  type PictureMode,
  ramp,
} from './picture.ts';
import { type AnsweredCamera, handLines, type PlacedGrasp, placedCamera, placedGrasps } from './placed.ts';
import { Stage } from './stage.ts';
import { bridged, type Surface, surfaceOf } from './surface.ts';

const SURFACE_MODES = ['colour', 'height', 'affordance'] as const;
const MAP_MODES = ['affordance', 'height'] as const;

/** Vertices of the surface, at most. */
const VERTICES_MAX = 100_000;
/** What is shown of the surroundings: so many halves of the map to each side, and so far below and above the table, metres. */
const [AROUND, BELOW, ABOVE] = [1.35, -0.15, 0.4];

/** Behind the finger tips, where a grasp's number stands, metres. */
const LABEL = -0.09;
const NOWHERE: Point = [-1, -1];

/** An answer, and what it is about. */
export interface Answered {
  readonly answer: Answer;
  readonly camera: AnsweredCamera;
  readonly hand: HandSettings;
}

/** What an answer is drawn from. */
interface Drawn extends Located {
  readonly camera: Camera;
  readonly grasps: readonly PlacedGrasp[];
  readonly hand: HandSettings;
  readonly surface: Surface;
  /** Single missing pixels bridged. */
  readonly depth: Float32Array;
}

/** The three pictures. */
export class Pictures {
  readonly stage: Stage | undefined;
  readonly #pictureMarks: Marks;
  readonly #mapMarks: Marks;
  #picture: CameraPicture | undefined;
  #drawn: Drawn | undefined;
  #mode: PictureMode = 'colour';
  #surfaceMode: (typeof SURFACE_MODES)[number] = 'colour';
  #mapMode: (typeof MAP_MODES)[number] = 'affordance';

  constructor(choice: Choice) {
    this.stage = openStage(choice);
    this.#pictureMarks = new Marks(element<SVGSVGElement>('picture-marks'), choice);
    this.#mapMarks = new Marks(element<SVGSVGElement>('map-marks'), choice);
    choices('picture-modes', PICTURE_MODES, (mode) => {
      this.#mode = mode;
      this.#drawPicture();
    });
    choices('surface-modes', SURFACE_MODES, (mode) => {
      this.#surfaceMode = mode;
      this.#drawSurface();
    });
    choices('map-modes', MAP_MODES, (mode) => {
      this.#mapMode = mode;
      this.#drawMap();
    });
    this.#offer();
  }

  /** Shows a picture before there is an answer to it; undefined clears everything. */
  showPicture(picture: CameraPicture | undefined): void {
    this.#picture = picture;
    this.#drawn = undefined;
    this.#drawAll();
  }

  /** Shows an answer to the picture; undefined: there is none. */
  showAnswer(answered: Answered | undefined): void {
    this.#drawn = answered && this.#picture && drawnFrom(this.#picture, answered);
    this.#drawAll();
  }

  #drawAll(): void {
    this.#offer();
    this.#drawPicture();
    this.#drawMap();
    this.#drawSurface();
    const drawn = this.#drawn;
    if (drawn) this.stage?.showWorkspace(drawn.mosaic);
    this.stage?.showGrasps(drawn?.grasps ?? [], drawn?.hand);
  }

  /** What there is to choose, and what of it is shown. */
  #offer(): void {
    const chances = this.#drawn ? this.#drawn.mosaic.affordance !== null : true;
    const colour = this.#picture ? this.#picture.colour !== undefined : true;
    const has = { affordance: chances, colour };
    offer('picture-modes', this.#mode, has, colour ? 'colour' : 'depth');
    offer('surface-modes', this.#surfaceMode, { affordance: chances }, 'colour');
    offer('map-modes', this.#mapMode, has, 'height');
  }

  #drawPicture(): void {
    const canvas = element<HTMLCanvasElement>('picture');
    const [picture, drawn] = [this.#picture, this.#drawn];
    if (!picture) {
      canvas.width = 4;
      canvas.height = 3;
      this.#pictureMarks.show([4, 3], []);
      return;
    }
    drawPicture(canvas, picture, this.#mode, drawn);
    const on = (p: readonly [number, number, number]): Point | undefined => {
      const [u, v, depth] = project(drawn!.camera, p);
      return depth > 0 ? [u, v] : undefined;
    };
    this.#pictureMarks.show([picture.widthPx, picture.heightPx], drawn ? marksOf(drawn, on, false) : []);
  }

  #drawMap(): void {
    const canvas = element<HTMLCanvasElement>('map');
    const mosaic = this.#drawn?.mosaic;
    const chances = this.#mapMode === 'affordance' ? (mosaic?.affordance ?? null) : null;
    element('map-legend').style.visibility = chances ? 'visible' : 'hidden';
    if (!mosaic) {
      canvas.width = 1;
      this.#mapMarks.show([1, 1], []);
      return;
    }
    const { size, cell, height, centre } = mosaic;
    drawMap(canvas, { size, cell, height, affordance: chances }, undefined);
    const on = ([x, y]: readonly [number, number, number]): Point => [
      (x - centre[0]) / cell + size / 2,
      size / 2 - (y - centre[1]) / cell,
    ];
    this.#mapMarks.show([size, size], marksOf(this.#drawn!, on, true));
  }

  #drawSurface(): void {
    const [picture, drawn] = [this.#picture, this.#drawn];
    if (!picture || !drawn) {
      this.stage?.clearSurface();
      return;
    }
    const [colour, lit] = surfaceColours(picture, drawn, this.#surfaceMode);
    this.stage?.showSurface(drawn.surface, colour, lit);
  }
}

/** Disables what a group of buttons cannot show, and presses what is shown: the mode, or another in its place. */
function offer(id: string, mode: string, has: Readonly<Record<string, boolean>>, instead: string): void {
  const shown = has[mode] === false ? instead : mode;
  for (const button of element(id).querySelectorAll('button')) {
    button.disabled = has[button.value] === false;
    button.setAttribute('aria-pressed', String(button.value === shown));
  }
}

function openStage(choice: Choice): Stage | undefined {
  try {
    return new Stage(element<HTMLCanvasElement>('view'), choice);
  } catch (error) {
    console.warn(error);
    element('notice').hidden = false;
    element('notice').textContent =
      'The 3D view needs WebGL 2, which this browser does not offer. Turn on hardware acceleration or use another browser; everything else on this page works.';
    return undefined;
  }
}

function drawnFrom(picture: CameraPicture, { answer, camera: asked, hand }: Answered): Drawn | undefined {
  const mosaic = mosaicOf(answer);
  if (!mosaic) return undefined;
  const camera = placedCamera(asked, answer);
  const depth = bridged(picture.depth, picture.widthPx);
  const points = deproject(camera, depth);
  const half = AROUND * (mosaic.size * mosaic.cell) * 0.5 + Math.max(...mosaic.centre.map(Math.abs));
  const surface = surfaceOf(camera, points, depth, { half, low: BELOW, high: ABOVE }, VERTICES_MAX);
  return { mosaic, points, camera, grasps: placedGrasps(answer), hand, surface, depth };
}

/** Colours of the surface's pixels, and whether light should fall on them: a camera's own colours have it already. */
function surfaceColours(
  picture: CameraPicture,
  drawn: Drawn,
  mode: (typeof SURFACE_MODES)[number],
): [(pixel: number) => Rgb, boolean] {
  const { colour } = picture;
  if (mode === 'affordance' && drawn.mosaic.affordance) return [affordanceColours(picture, drawn), !colour];
  if (mode === 'height') return [heightColours(drawn), true];
  if (colour) return [(i) => [colour[3 * i], colour[3 * i + 1], colour[3 * i + 2]], false];
  return [depthColours({ ...picture, depth: drawn.depth }), true];
}

function heightColours({ mosaic, points }: { mosaic: Mosaic; points: Float32Array }): (pixel: number) => Rgb {
  const top = mosaic.height.reduce((m, h) => Math.max(m, h), 0.02);
  return (i) => ramp(Math.max(0, points[3 * i + 2] / top));
}

/** The grasps as lines. @param on where a point of the workspace is in the picture; undefined: nowhere. */
function marksOf(
  { grasps, hand }: Drawn,
  on: (p: readonly [number, number, number]) => Point | undefined,
  flat: boolean,
): Mark[] {
  return grasps.map((grasp) => {
    const lines = handLines(grasp, kindOf(hand), hand.fingerWidth, flat);
    const label = on(flat ? grasp.pose.position : transform(grasp.pose, [0, 0, LABEL]));
    const seen = lines.map((line) => line.map(on).filter((p) => p !== undefined));
    return { lines: seen.filter((line) => line.length > 1), label: label ?? NOWHERE };
  });
}
