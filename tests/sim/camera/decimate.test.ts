import { describe, expect, it } from 'vitest';
import { deproject } from '../../../sim/camera/camera.ts';
import { decimate } from '../../../sim/camera/decimate.ts';
import { IDENTITY_POSE } from '../../../sim/math/pose.ts';

const intrinsics = { widthPx: 11, heightPx: 8, fx: 20, fy: 21, cx: 5.3, cy: 4.1 };
const depth = Float32Array.from({ length: 88 }, (_, i) => 0.5 + 0.01 * i);
const colour = Uint8Array.from({ length: 264 }, (_, i) => i % 256);
const mask = Uint8Array.from({ length: 88 }, (_, i) => i % 2);

describe('a decimated picture', () => {
  it.each([2, 3, 4])('at stride %i shows the very points that its pixels showed', (stride) => {
    const few = decimate({ intrinsics, depth, colour, mask }, stride);
    const all = deproject({ intrinsics, pose: IDENTITY_POSE }, depth);
    const points = deproject({ intrinsics: few.intrinsics, pose: IDENTITY_POSE }, few.depth);
    expect(points.length).toBe(few.intrinsics.widthPx * few.intrinsics.heightPx * 3);
    for (let i = 0; i < few.depth.length; i++) {
      const at = depth.indexOf(few.depth[i]);
      expect(at).toBeGreaterThanOrEqual(0);
      for (let c = 0; c < 3; c++) {
        expect(points[3 * i + c]).toBeCloseTo(all[3 * at + c], 6);
        expect(few.colour?.[3 * i + c]).toBe(colour[3 * at + c]);
      }
      expect(few.mask?.[i]).toBe(mask[at]);
    }
  });

  it('at stride 1 is the picture', () => {
    const pictures = { intrinsics, depth };
    expect(decimate(pictures, 1)).toBe(pictures);
  });
});
