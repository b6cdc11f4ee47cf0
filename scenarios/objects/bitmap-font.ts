/** An RGB picture, [height, width, 3]. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export type Rgb = readonly [number, number, number];

/** Seven rows a glyph, top first; five columns a row as the bits of one base-32 digit, leftmost highest. */
const GLYPHS: Readonly<Record<string, string>> = {
  A: 'ehhvhhh',
  B: 'uhhuhhu',
  C: 'ehggghe',
  D: 'sihhhis',
  E: 'vgguggv',
  F: 'vgguggg',
  G: 'ehgnhhf',
  H: 'hhhvhhh',
  I: 'e44444e',
  J: '72222ic',
  K: 'hikokih',
  L: 'ggggggv',
  M: 'hrllhhh',
  N: 'hhpljhh',
  O: 'ehhhhhe',
  P: 'uhhuggg',
  Q: 'ehhhlid',
  R: 'uhhukih',
  S: 'fgge11u',
  T: 'v444444',
  U: 'hhhhhhe',
  V: 'hhhhha4',
  W: 'hhhllla',
  X: 'hha4ahh',
  Y: 'hhha444',
  Z: 'v1248gv',
  0: 'ehjlphe',
  1: '4c4444e',
  2: 'eh1248v',
  3: 'v2421he',
  4: '26aiv22',
  5: 'vgu11he',
  6: '68guhhe',
  7: 'v124888',
  8: 'ehhehhe',
  9: 'ehhf12c',
  '.': '00000cc',
  ',': '0000c48',
  ':': '0cc0cc0',
  '-': '000v000',
  _: '000000v',
  '/': '012 48g'.replace(' ', '4'),
  '(': '2488842',
  ')': '8422248',
  '+': '044v440',
  "'": 'c480000',
  '<': '248g842',
  '>': '8421248',
  '?': 'eh12404',
  '%': 'opi4bj3'.replace('i', '2'),
};

const ADVANCE = 6;

/** Width of a line in pixels at a scale. */
export const textWidth = (text: string, scale: number): number => Math.max(text.length * ADVANCE - 1, 0) * scale;

/** The text cut so that it fits; what is cut off shows as two dots. */
export const fitText = (text: string, width: number, scale: number): string => {
  const room = Math.floor((width / scale + 1) / ADVANCE);
  return text.length <= room ? text : `${text.slice(0, Math.max(room - 2, 0))}..`;
};

/** Writes capitals, digits and a few signs; letters that the font lacks come out as a question mark. */
export function drawText(picture: Picture, text: string, x: number, y: number, scale: number, colour: Rgb): void {
  [...text.toUpperCase()].forEach((letter, i) => {
    if (letter === ' ') return;
    const glyph = GLYPHS[letter] ?? GLYPHS['?'];
    [...glyph].forEach((digit, row) => {
      const bits = Number.parseInt(digit, 32);
      for (let col = 0; col < 5; col++) {
        if (bits & (16 >> col)) fill(picture, x + (i * ADVANCE + col) * scale, y + row * scale, scale, scale, colour);
      }
    });
  });
}

/** Fills a rectangle, cut to the picture. */
export function fill(p: Picture, x: number, y: number, width: number, height: number, [r, g, b]: Rgb): void {
  for (let v = Math.max(y, 0); v < Math.min(y + height, p.height); v++) {
    for (let u = Math.max(x, 0); u < Math.min(x + width, p.width); u++) p.data.set([r, g, b], 3 * (v * p.width + u));
  }
}
