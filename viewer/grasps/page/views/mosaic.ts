/** Mosaic: the heightmaps of an answer as one, in the workspace frame. */
import type { Answer } from '../../../../scenarios/predict/answer.ts';
import { compose, invert } from '../../../../sim/math/pose.ts';

/** Heights, and what the policy expects there; rows run along +Y of the workspace, columns along +X. */
export interface Mosaic {
  /** Cells along a side. */
  readonly size: number;
  /** Metres. */
  readonly cell: number;
  /** Middle in the workspace frame, metres. */
  readonly centre: readonly [number, number];
  /** [size, size] metres over the table. */
  readonly height: Float32Array;
  /** [size, size] best predicted probability, 0 where nothing was scored; null if the policy predicts none. */
  readonly affordance: Float32Array | null;
}

interface Tile {
  readonly x: number;
  readonly y: number;
  readonly height: Float32Array;
  readonly affordance: Float32Array | null;
}

/** Little-endian float32, base64. */
function floats(base64: string): Float32Array {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

/** Puts the heightmaps of an answer together: each cell is of the tile whose middle is nearest. Undefined if there are none. */
export function mosaicOf({
  maps = [],
  T_frame_workspace,
}: Pick<Answer, 'maps' | 'T_frame_workspace'>): Mosaic | undefined {
  if (maps.length === 0) return undefined;
  const toWorkspace = invert(T_frame_workspace);
  const tiles = maps.map(({ pose, height, affordance }): Tile => {
    const [x, y] = compose(toWorkspace, pose).position;
    return { x, y, height: floats(height), affordance: affordance === null ? null : floats(affordance) };
  });
  const [{ size: tileSize, cell }] = maps;
  const [xs, ys] = [tiles.map(({ x }) => x), tiles.map(({ y }) => y)];
  const spread = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);
  const middle = (values: readonly number[]): number => (Math.max(...values) + Math.min(...values)) / 2;
  const size = tileSize + Math.ceil(Math.max(spread(xs), spread(ys)) / cell - 1e-6);
  const centre = [middle(xs), middle(ys)] as const;
  const height = new Float32Array(size * size);
  const affordance = tiles.some((t) => t.affordance) ? new Float32Array(size * size) : null;
  for (let i = 0; i < size * size; i++) {
    const x = centre[0] + ((i % size) + 0.5 - size / 2) * cell;
    const y = centre[1] + (Math.floor(i / size) + 0.5 - size / 2) * cell;
    const tile = nearest(tiles, x, y);
    const [col, row] = [x - tile.x, y - tile.y].map((d) => Math.floor(d / cell + tileSize / 2 + 1e-6));
    if (Math.min(col, row) < 0 || Math.max(col, row) >= tileSize) continue;
    height[i] = tile.height[row * tileSize + col];
    if (affordance && tile.affordance) affordance[i] = tile.affordance[row * tileSize + col];
  }
  return { size, cell, centre, height, affordance };
}

function nearest(tiles: readonly Tile[], x: number, y: number): Tile {
  const away = (t: Tile): number => Math.max(Math.abs(t.x - x), Math.abs(t.y - y));
  return tiles.reduce((best, t) => (away(t) < away(best) ? t : best));
}

/** Index of the cell that a point of the workspace lies in; -1 outside. */
export function cellAt({ size, cell, centre }: Mosaic, x: number, y: number): number {
  const [col, row] = [x - centre[0], y - centre[1]].map((d) => Math.floor(d / cell + size / 2));
  return col >= 0 && row >= 0 && col < size && row < size ? row * size + col : -1;
}
