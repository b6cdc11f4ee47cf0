import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { encodeNpy, npyNumbers } from '../../../../scenarios/export/npy.ts';
import { type InputFile, joined, kindOfFile, sortFiles } from '../../../../viewer/grasps/page/inputs.ts';

const png = (name: string, depth: 8 | 16, channels: 1 | 3 = 1): InputFile => {
  const data = depth === 16 ? new Uint16Array(4 * channels) : new Uint8Array(4 * channels);
  return { name, bytes: encode({ width: 2, height: 2, data, channels, depth }) };
};
const npy = (name: string, values: Float32Array | Uint8Array, shape: readonly number[]): InputFile => ({
  name,
  bytes: encodeNpy(npyNumbers(values, shape)),
});
const text = (name: string, content: string): InputFile => ({ name, bytes: new TextEncoder().encode(content) });

const depthNpy = npy('b.npy', new Float32Array(4), [2, 2]);
const camera = text('camera.yaml', 'fx: 1');

describe('a file', () => {
  it.each([
    ['floats', depthNpy, 'depth'],
    ['a grey PNG of 16 bits', png('a.png', 16), 'depth'],
    ['a colour PNG of 16 bits', png('a.png', 16, 3), 'colour'],
    ['a PNG of 8 bits', png('depth.png', 8), 'colour'],
    ['bytes in three channels', npy('a.npy', new Uint8Array(12), [2, 2, 3]), 'colour'],
    ['bytes in one channel', npy('a.npy', new Uint8Array(4), [2, 2]), 'mask'],
    ['a PNG that is called mask', png('bin-Mask.png', 8), 'mask'],
    ['YAML', camera, 'camera'],
    ['a damaged file that is called depth', text('depth.npy', 'nothing'), 'depth'],
    ['anything else', text('notes.txt', 'hello'), undefined],
  ] as const)('of %s is told by its name and content', (_, file, kind) => expect(kindOfFile(file)).toBe(kind));
});

describe('a drop', () => {
  it('takes of each kind the one that is named or stored for it, and says what it leaves out', () => {
    const all = [png('a.png', 16), png('z-colour.png', 8, 3), png('segments.png', 8, 3), text('x.txt', ''), depthNpy];
    const { inputs, left } = sortFiles(all);
    expect(inputs).toEqual({ depth: depthNpy, colour: all[1] });
    expect(left).toEqual([
      'a.png: left out, b.npy is the depth',
      'segments.png: left out, z-colour.png is the colour',
      'x.txt: expected a .npy, PNG, JSON or YAML file, got another',
    ]);
  });

  it('with a new depth picture leaves the colours and the mask of the old one, and keeps the camera', () => {
    const before = { depth: depthNpy, colour: png('c.png', 8, 3), mask: png('mask.png', 8), camera };
    expect(joined(before, sortFiles([png('next.png', 16)]))).toEqual({ depth: png('next.png', 16), camera });
    const mask = png('other-mask.png', 8);
    expect(joined(before, sortFiles([mask]))).toEqual({ ...before, mask });
  });
});
