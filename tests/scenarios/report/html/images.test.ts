import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { mapImage, pngUrl } from '../../../../scenarios/report/html/images.ts';

describe('report images', () => {
  it('survive encoding', () => {
    const rgb = Uint8Array.from({ length: 3 * 4 * 2 }, (_, i) => 10 * i);
    const url = pngUrl({ width: 4, height: 2, rgb });
    const decoded = decode(Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'));
    expect(decoded).toMatchObject({ width: 4, height: 2, channels: 3 });
    expect(new Uint8Array(decoded.data)).toEqual(rgb);
  });

  it('draw the row of lowest y at the bottom, and colour only where something is predicted', () => {
    const height = Float32Array.of(0.1, 0, 0, 0);
    const { rgb } = mapImage({ size: 2, height }, Float32Array.of(0, 0, 0, 1));
    const pixel = (row: number, col: number) => [...rgb.subarray(3 * (2 * row + col), 3 * (2 * row + col) + 3)];
    expect(pixel(1, 0)).toEqual([245, 245, 245]);
    expect(pixel(1, 1)).toEqual([45, 45, 45]);
    const [red, , blue] = pixel(0, 1);
    expect(red).toBeGreaterThan(blue + 50);
  });

  it('reject a picture of another size', () => {
    expect(() => pngUrl({ width: 2, height: 2, rgb: new Uint8Array(3) })).toThrow('expected 2 x 2 x 3 bytes, got 3');
  });
});
