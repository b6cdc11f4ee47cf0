/** Question: what the fields of the page ask, in the contract's words. */
import type { Intrinsics } from '../../../sim/camera/camera.ts';
import type { Question } from './ask.ts';

/** What the fields say; undefined: left to the server. */
export interface Fields {
  readonly count: number | undefined;
  /** 0..1. */
  readonly minProbability: number | undefined;
  /** Name of a preset. */
  readonly hand: string | undefined;
  /** Metres a unit of depth in whole numbers. */
  readonly depthScale: number | undefined;
  readonly centre: readonly [number | undefined, number | undefined];
  readonly size: readonly [number | undefined, number | undefined];
  readonly clean: boolean;
  readonly clear: boolean;
}

/** A camera as its file says it, or the intrinsics that the fields say. */
export type AskedCamera = { readonly camera: unknown } | { readonly intrinsics: Intrinsics };

const whole = (pair: Fields['centre']): pair is readonly [number, number] => pair.every((v) => v !== undefined);

/** The question. @param show what the answer is to show besides grasps. */
export function questionOf(fields: Fields, camera: AskedCamera, show: readonly string[]): Question {
  const { count, minProbability, hand, depthScale, centre, size, clean, clear } = fields;
  return {
    ...camera,
    ...(count !== undefined && { count }),
    ...(minProbability !== undefined && { minProbability }),
    ...(hand !== undefined && { hand: { preset: hand } }),
    ...(depthScale !== undefined && { depthScale }),
    workspace: { ...(whole(centre) && { centre }), ...(whole(size) && { size }) },
    ...{ clean, clear, show },
  };
}

/** Field of view that is guessed where no camera is known, from left to right, degrees. */
export const GUESSED_FOV = 60;

/** Intrinsics of a camera with square pixels that looks straight ahead. @param fovDeg from left to right, degrees. */
export function guessedIntrinsics(widthPx: number, heightPx: number, fovDeg: number): Intrinsics {
  const f = widthPx / 2 / Math.tan((fovDeg * Math.PI) / 360);
  return { widthPx, heightPx, fx: f, fy: f, cx: widthPx / 2, cy: heightPx / 2 };
}

/** Field of view from left to right, degrees. */
export const fovOf = ({ widthPx, fx }: Pick<Intrinsics, 'widthPx' | 'fx'>): number =>
  (360 / Math.PI) * Math.atan(widthPx / 2 / fx);
