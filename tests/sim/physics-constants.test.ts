import { describe, expect, it } from 'vitest';
import { isKnownLayout, PHYSICS_DEFAULTS, writeUnexposed } from '../../sim/physics-constants.ts';

/** The first bytes of an empty world's snapshot, as Rapier 0.20 writes them with the default settings. */
function stock(): DataView {
  const view = new DataView(new ArrayBuffer(128));
  view.setFloat32(20, PHYSICS_DEFAULTS.contactFrequencyHz, true);
  view.setFloat32(28, 60, true);
  view.setFloat32(40, PHYSICS_DEFAULTS.lengthUnit * 10, true);
  view.setFloat32(48, 3, true);
  view.setUint32(60, PHYSICS_DEFAULTS.solverIterations, true);
  view.setUint32(68, PHYSICS_DEFAULTS.internalPgsIterations, true);
  view.setUint32(76, 1, true);
  view.setUint8(92, 1);
  view.setUint8(93, 1);
  view.setFloat32(94, 0.05, true);
  view.setUint32(100, 0, true);
  return view;
}

describe('the layout of a snapshot', () => {
  it('is known with the settings it was taken with, and with no others', () => {
    expect(isKnownLayout(stock(), PHYSICS_DEFAULTS)).toBe(true);
    expect(isKnownLayout(stock(), { ...PHYSICS_DEFAULTS, solverIterations: 5 })).toBe(false);
  });

  it.each([20, 28, 40, 48, 60, 68, 76, 92, 93, 94, 100])('is not known if byte %d is another', (at) => {
    const view = stock();
    view.setUint8(at, view.getUint8(at) ^ 1);
    expect(isKnownLayout(view, PHYSICS_DEFAULTS)).toBe(false);
  });

  it('is another one once the hidden settings are written: they are written once', () => {
    const view = stock();
    writeUnexposed(view, PHYSICS_DEFAULTS);
    expect(isKnownLayout(view, PHYSICS_DEFAULTS)).toBe(false);
    expect(view.getFloat32(28, true)).toBe(120);
    expect(view.getUint32(100, true)).toBe(1);
  });
});
