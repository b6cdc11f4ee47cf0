/** sRGB 0..255. */
export type Rgb = readonly [number, number, number];

/** Viridis (S. van der Walt and N. Smith, 2015) at eleven points. */
const VIRIDIS: readonly Rgb[] = [
  [68, 1, 84],
  [72, 36, 117],
  [65, 68, 135],
  [53, 95, 141],
  [42, 120, 142],
  [33, 145, 140],
  [34, 168, 132],
  [68, 191, 112],
  [122, 209, 81],
  [189, 223, 38],
  [253, 231, 37],
];

/** Colour of a value in 0..1, clamped. */
export function viridis(value: number): Rgb {
  const at = Math.min(Math.max(value, 0), 1) * (VIRIDIS.length - 1);
  const i = Math.min(Math.floor(at), VIRIDIS.length - 2);
  const [a, b, t] = [VIRIDIS[i], VIRIDIS[i + 1], at - i];
  return [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), a[2] + t * (b[2] - a[2])];
}

/** Value of a custom property of the style sheet, such as `--held`. */
export const themeColour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();
