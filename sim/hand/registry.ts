/** Registry of the hands: a new one is a file, a line here, its shape in `geometry.ts` and a preset in `presets.ts`. */
import { cup } from './cup.ts';
import { registerGeometry } from './geometry.ts';
import type { Approach, HandKind } from './hand.ts';
import { jaws } from './jaws.ts';
import { type HandSettings, kindOf } from './settings.ts';

/** Every kind of hand that a trial can be made with, by name. */
const KINDS = new Map<string, HandKind>();

/** Makes a kind of hand known, so that settings can name it. The last one of a name counts. */
export function registerHand<S extends HandSettings, A extends Approach>(kind: HandKind<S, A>): void {
  // what a kind is called with are its own settings and approach
  KINDS.set(kind.kind, kind as unknown as HandKind);
  registerGeometry(kind.kind, kind.geometry);
}

registerHand(jaws);
registerHand(cup);

/** The kind that settings name. @throws RangeError if there is none of that name. */
export function handKind(settings: HandSettings): HandKind {
  const kind = KINDS.get(kindOf(settings));
  if (kind) return kind;
  throw new RangeError(`hand: expected one of ${[...KINDS.keys()].join(', ')}, got '${kindOf(settings)}'`);
}
