/** Values that several sections of a scenario share. */
import { z } from 'zod';

/** A length in metres, or another number between two. */
export const length = (low: number, high: number) => z.number().min(low).max(high);
/** A whole number between two. */
export const count = (low: number, high: number) => z.number().int().min(low).max(high);
/** A time, seconds. */
export const seconds = z.number().min(0).max(10);
/** A range to draw from: [low, high]. */
export const range = (low: number, high: number) =>
  z
    .tuple([length(low, high), length(low, high)])
    .refine(([a, b]) => a <= b, { error: 'expected [low, high] with low <= high' });
/** A point, metres. */
export const point = z.tuple([length(-3, 3), length(-3, 3), length(-3, 3)]);
