import { describe, expect, it } from 'vitest';
import { depthOf, gridOf, pictureOf, seenAt } from '../../../../sim/recording/read/seen.ts';
import { StoredTrial } from '../../../../sim/recording/read/stored-trial.ts';

const image = { width: 2, height: 1, encoding: 'rgb8', data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
const depth = { width: 2, height: 1, encoding: '16UC1', data: Uint8Array.of(0xe8, 0x03, 0, 0) };
const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
const grid = { columnCount: 2, cellSize: { x: 0.004, y: 0.004 }, data: floats(0, 0.25, 0.5, 1) };

describe('what the policy saw', () => {
  it('is read from the messages of images and grids', () => {
    expect(pictureOf(image)).toEqual({ width: 2, height: 1, rgb: image.data });
    expect(depthOf(depth)).toEqual({ width: 2, height: 1, depth: Float32Array.of(1, 0) });
    expect(gridOf(grid)).toEqual({ size: 2, cell: 0.004, values: Float32Array.of(0, 0.25, 0.5, 1) });
  });

  it('is read from bytes that are not aligned', () => {
    const shifted = new Uint8Array(17);
    shifted.set(grid.data, 1);
    expect(gridOf({ ...grid, data: shifted.subarray(1) }).values).toEqual(gridOf(grid).values);
  });

  it.each([
    [{ encoding: 'mono8' }, 'expected encoding rgb8, got mono8'],
    [{ width: 0 }, 'expected 1 to 4096 pixels a side, got 0 x 1'],
    [{ height: 5000 }, 'expected 1 to 4096 pixels a side, got 2 x 5000'],
    [{ width: undefined }, 'expected 1 to 4096 pixels a side, got undefined x 1'],
    [{ data: new Uint8Array(5) }, 'expected 6 bytes, got 5'],
    [{ data: undefined }, 'expected 6 bytes, got none'],
  ])('is refused as an image with %o', (changes, message) => {
    expect(() => pictureOf({ ...image, ...changes })).toThrow(`colour image: ${message}`);
  });

  it.each([
    [{ columnCount: 3 }, 'expected a square of floats, got 16 bytes in 3 columns'],
    [{ columnCount: undefined }, 'expected a square of floats'],
    [{ data: undefined }, 'expected a square of floats'],
    [{ cellSize: undefined }, 'expected cells larger than 0, got 0'],
    [{ cellSize: { x: -1 } }, 'expected cells larger than 0, got -1'],
  ])('is refused as a grid with %o', (changes, message) => {
    expect(() => gridOf({ ...grid, ...changes })).toThrow(`grid: ${message}`);
  });

  it('has a camera only with its pose and nine numbers', () => {
    const messages: Record<string, object> = {
      '/camera/calibration': { width: 2, height: 1, K: [100, 0, 1, 0, 101, 0.5, 0, 0, 1] },
      '/tf_static': {
        transforms: [
          { childFrameId: 'camera', translation: { x: 0, y: 0, z: 1 }, rotation: { x: 1, y: 0, z: 0, w: 0 } },
        ],
      },
    };
    const seen = (...topics: string[]) => {
      const trial = new StoredTrial('x', ({ topic }) => messages[topic] as Readonly<Record<string, unknown>>, []);
      for (const topic of topics) trial.add({ topic: topic as '/tf_static', time: 0, data: new Uint8Array(0) });
      return seenAt(trial);
    };
    expect(seen('/camera/calibration', '/tf_static').camera).toEqual({
      pose: { position: [0, 0, 1], quaternion: [1, 0, 0, 0] },
      intrinsics: { widthPx: 2, heightPx: 1, fx: 100, fy: 101, cx: 1, cy: 0.5 },
    });
    expect(seen('/tf_static')).toEqual({});
    messages['/camera/calibration'] = { K: [1, 2, 3] };
    expect(() => seen('/camera/calibration', '/tf_static')).toThrow('calibration: expected K of 9 numbers, got 3');
  });
});
