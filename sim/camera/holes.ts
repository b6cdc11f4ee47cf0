/** Holes: small gaps of a real camera's heightmap, closed where what surrounds them is one surface. */
import type { Heightmap } from './heightmap.ts';

/** Largest gap that is closed, cells. */
const LARGEST = 40;
/** Heights around a gap may differ by so much: beyond it nobody knows what is in there, metres. */
const SPREAD = 0.012;

/**
 * Closes gaps inside a surface (gloss, dark spots) with the mean of the cells around them. Gaps at an edge of an object, which it
 * shadows, stay: so do those of the frames that pretrained policies know.
 */
export function fillHoles(map: Heightmap): Heightmap {
  const { size } = map;
  const [height, colour, observed] = [map.height.slice(), map.colour.slice(), map.observed.slice()];
  const seen = map.observed.slice();
  for (let start = 0; start < seen.length; start++) {
    if (seen[start]) continue;
    const gap = [start];
    const rim = new Set<number>();
    let open = false;
    seen[start] = 1;
    for (let k = 0; k < gap.length; k++) {
      const [row, col] = [Math.floor(gap[k] / size), gap[k] % size];
      if (row === 0 || col === 0 || row === size - 1 || col === size - 1) open = true;
      const next = [col > 0 ? -1 : 0, col + 1 < size ? 1 : 0, row > 0 ? -size : 0, row + 1 < size ? size : 0];
      for (const i of next.map((d) => gap[k] + d)) {
        if (map.observed[i]) rim.add(i);
        else if (!seen[i]) {
          seen[i] = 1;
          gap.push(i);
        }
      }
    }
    const around = [...rim].map((i) => map.height[i]);
    if (open || gap.length > LARGEST || Math.max(...around) - Math.min(...around) > SPREAD) continue;
    const mean = around.reduce((a, b) => a + b, 0) / around.length;
    const [near] = rim;
    for (const i of gap) {
      height[i] = mean;
      observed[i] = 1;
      for (let c = 0; c < 3; c++) colour[3 * i + c] = map.colour[3 * near + c];
    }
  }
  return { ...map, height, colour, observed };
}
