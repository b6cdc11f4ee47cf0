import { describe, expect, it } from 'vitest';
import {
  decodeBinary,
  decodeClient,
  decodeText,
  encodeCamera,
  encodeGeometry,
  encodeMaps,
  encodePoses,
  encodeText,
} from '../../viewer/protocol.ts';

/** The bytes as they arrive from a socket: a buffer of their own. */
const wire = (bytes: Uint8Array): ArrayBuffer => bytes.slice().buffer as ArrayBuffer;

const mesh = { positions: Float32Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0), indices: Uint32Array.of(0, 1, 2) };
const image = { width: 3, height: 1, rgb: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9) };
const poses = { episode: 7, frame: 3, time: 0.5, phase: 2, poses: Float32Array.from({ length: 28 }, (_, i) => i / 8) };
const map = { size: 2, cell: 0.004, height: Float32Array.of(0, 0.01, 0.1, 0.25) };

const MESSAGES = {
  geometry: encodeGeometry(9, mesh),
  camera: encodeCamera(7, image, Float32Array.of(0, 0.5, 1.2)),
  maps: encodeMaps(7, map, Float32Array.of(0, 0.2, 0.4, 1)),
  poses: encodePoses(poses),
};

describe('binary messages', () => {
  it('bring geometry back exactly', () => {
    expect(decodeBinary(wire(MESSAGES.geometry))).toEqual({ kind: 'geometry', id: 9, mesh });
  });

  it('bring poses back exactly', () => {
    expect(decodeBinary(wire(MESSAGES.poses))).toEqual({ kind: 'poses', ...poses });
  });

  it('bring the camera frame back, depth to a tenth of a millimetre', () => {
    const decoded = decodeBinary(wire(MESSAGES.camera));
    if (decoded.kind !== 'camera') throw new Error(decoded.kind);
    expect(decoded).toMatchObject({ episode: 7, width: 3, height: 1, rgb: image.rgb });
    [0, 0.5, 1.2].forEach((d, i) => {
      expect(decoded.depth![i]).toBeCloseTo(d, 4);
    });
    expect(decodeBinary(wire(encodeCamera(7, image)))).toMatchObject({ depth: null });
  });

  it('bring maps back within their rounding', () => {
    const decoded = decodeBinary(wire(MESSAGES.maps));
    if (decoded.kind !== 'maps') throw new Error(decoded.kind);
    expect(decoded.size).toBe(2);
    map.height.forEach((h, i) => {
      expect(Math.abs(decoded.height[i] - h)).toBeLessThan(6e-6);
    });
    [0, 0.2, 0.4, 1].forEach((p, i) => {
      expect(Math.abs(decoded.affordance![i] - p)).toBeLessThan(0.5 / 255 + 1e-6);
    });
    expect(decodeBinary(wire(encodeMaps(7, map, null)))).toMatchObject({ affordance: null });
  });

  it.each(Object.entries(MESSAGES))('are refused when cut or lengthened by a byte: %s', (kind, bytes) => {
    for (let length = 0; length < bytes.length; length++) {
      if (kind === 'poses' && length > 16 && (length - 16) % 28 === 0 && length >= 16 + 3 * 28) continue;
      expect(() => decodeBinary(wire(bytes.subarray(0, length)))).toThrow(/expected .* got/);
    }
    expect(() => decodeBinary(wire(Uint8Array.of(...bytes, 0)))).toThrow(/expected .* got/);
  });

  it('are refused when of unknown kind', () => {
    expect(() => decodeBinary(new Uint8Array(64).fill(200).buffer)).toThrow('expected kind 1 to 4, got 200');
  });

  it('name the expected size of poses', () => {
    expect(() => decodeBinary(wire(MESSAGES.poses.subarray(0, 40)))).toThrow(
      'poses message: expected 28 * n bytes after the header, n >= 3, got 24',
    );
  });

  it('are refused with numbers that cannot be drawn', () => {
    const broken = encodePoses({ ...poses, poses: poses.poses.with(4, Number.NaN) });
    expect(() => decodeBinary(wire(broken))).toThrow('finite');
    expect(() => decodeBinary(wire(encodePoses({ ...poses, phase: 5 })))).toThrow('phase below 5, got 5');
    const outside = encodeGeometry(1, { ...mesh, indices: Uint32Array.of(0, 1, 3) });
    expect(() => decodeBinary(wire(outside))).toThrow('vertex indices below 3, got 3');
  });

  it('are refused when their sizes claim more than could be sent', () => {
    const huge = MESSAGES.geometry.slice();
    new DataView(huge.buffer).setUint32(8, 0xffffffff, true);
    expect(() => decodeBinary(wire(huge))).toThrow(/geometry message: expected \d+ bytes/);
  });
});

describe('text messages', () => {
  it('come back as they were', () => {
    const message = { type: 'result', rate: 0.9, low: 0.8, high: 0.95, trials: 100 } as const;
    expect(decodeText(encodeText(message))).toEqual(message);
  });

  it.each(['', '{', 'null', '[]', '{"type":7}', '{"type":"shutdown"}'])('are refused: %s', (text) => {
    expect(() => decodeText(text)).toThrow(/^message: expected/);
    expect(() => decodeClient(text)).toThrow(/^message: expected/);
  });

  it('of a page carry nothing but their type', () => {
    expect(decodeClient('{"type":"pause","x":[1]}')).toEqual({ type: 'pause' });
  });
});
