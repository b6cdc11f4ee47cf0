import { type HandGeometry, type HandPart, jawGeometry } from '../../sim/hand/geometry.ts';
import { jawsOf } from '../../sim/hand/jaws.ts';
import type { HandSettings } from '../../sim/hand/settings.ts';

/** A third kind of hand, as someone would add it: jaws whose pads stand out from thin fingers. One file, one preset. */

/** Length of the pad at the tip, and how far the root behind it stands back from the pad's face, metres. */
const PAD = 0.02;
const STEP = 0.004;

/** The pad and the root of what would be a straight finger. */
function stepped(finger: HandPart): HandPart[] {
  if (finger.solid.kind !== 'box') return [finger];
  const [x, y, z] = finger.solid.half;
  const side = finger.body === 1 ? 1 : -1;
  const box = (half: readonly [number, number, number], at: readonly [number, number, number]): HandPart => ({
    ...finger,
    solid: { kind: 'box', half },
    pose: { ...finger.pose, position: at },
  });
  const root = 2 * z - PAD;
  return [
    box([x, y, PAD / 2], [side * x, 0, -PAD / 2]),
    box([x - STEP / 2, y, root / 2], [side * (x + STEP / 2), 0, -PAD - root / 2]),
  ];
}

function geometry(settings: HandSettings): HandGeometry {
  const straight = jawGeometry(settings);
  return { ...straight, parts: straight.parts.flatMap((part) => (part.body === 0 ? [part] : stepped(part))) };
}

export const stepHand = jawsOf('stepped', geometry);

/** The preset: as strong as a Franka hand. */
export const STEPPED: HandSettings = {
  kind: 'stepped',
  stroke: 0.08,
  force: 20,
  closingSpeed: 0.1,
  fingerLength: 0.055,
  fingerWidth: 0.022,
  fingerThickness: 0.012,
  fingerMass: 0.03,
  padFriction: 1,
};
