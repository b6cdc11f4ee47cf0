import { describe, expect, it } from 'vitest';
import { drawText, fill, fitText, type Picture, textWidth } from '../../../scenarios/objects/bitmap-font.ts';

const picture = (width: number, height: number): Picture => ({
  width,
  height,
  data: new Uint8Array(3 * width * height),
});

/** The pixels that are set, as rows of `#` and `.`. */
const rows = ({ width, height, data }: Picture): string[] =>
  Array.from({ length: height }, (_, v) =>
    Array.from({ length: width }, (_, u) => (data[3 * (v * width + u)] ? '#' : '.')).join(''),
  );

function written(text: string, scale = 1): string[] {
  const p = picture(textWidth(text, scale), 7 * scale);
  drawText(p, text, 0, 0, scale, [255, 255, 255]);
  return rows(p);
}

const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:-_/()+'<>?%"];

describe('the bitmap font', () => {
  it('has a sign of its own for every letter, digit and mark, within five columns and seven rows', () => {
    const signs = LETTERS.map((letter) => written(letter).join('\n'));
    expect(new Set(signs).size).toBe(LETTERS.length);
    for (const sign of signs) {
      expect(sign).toContain('#');
      expect(sign.split('\n').every((row) => row.length === 5)).toBe(true);
    }
  });

  it('draws letters as they look', () => {
    expect(written('T')).toEqual(['#####', '..#..', '..#..', '..#..', '..#..', '..#..', '..#..']);
    expect(written('L-')).toEqual([
      ...['#..........', '#..........', '#..........', '#.....#####', '#..........', '#..........', '#####......'],
    ]);
  });

  it('takes small letters for capitals, and what it lacks for a question mark', () => {
    expect(written('ab c')).toEqual(written('AB C'));
    expect(written('é')).toEqual(written('?'));
  });

  it('scales every pixel to a square', () => {
    const [one, three] = [written('Q7'), written('Q7', 3)];
    expect(three).toEqual(one.flatMap((row) => Array(3).fill(row.replace(/./g, '$&$&$&'))));
  });

  it('draws nothing beyond the picture, whatever the place', () => {
    const p = picture(20, 10);
    for (const [x, y] of [
      [-3, -3],
      [17, 8],
      [100, 100],
    ])
      drawText(p, 'MM', x, y, 2, [1, 2, 3]);
    expect(p.data).toHaveLength(600);
    const cut = picture(4, 4);
    fill(cut, -2, 1, 4, 100, [9, 8, 7]);
    expect(rows(cut)).toEqual(['....', '##..', '##..', '##..']);
    expect([...cut.data.subarray(12, 15)]).toEqual([9, 8, 7]);
  });
});

describe('a text that must fit', () => {
  it('is cut with two dots where it is too wide, and never wider than its room', () => {
    expect(fitText('short', 100, 1)).toBe('short');
    expect(fitText('much too long', 41, 1)).toBe('much ..');
    for (let width = 0; width < 120; width++)
      for (const scale of [1, 2]) {
        const text = fitText('a name that goes on', width, scale);
        if (text !== '..') expect(textWidth(text, scale)).toBeLessThanOrEqual(width);
      }
  });
});
