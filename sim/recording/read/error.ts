/** Errors of recordings, and the ways in which a file can end. */
import { UserError } from '../../user-error.ts';

/** A file that is no recording, of another version, or damaged. */
export class RecordingError extends UserError {}

/** How a file ended: with its index, in the middle of a record (a crash, a full disk), or with bytes that make no sense. */
export type Ending =
  | { readonly kind: 'whole' }
  | { readonly kind: 'cut'; readonly offset: number }
  | { readonly kind: 'damaged'; readonly offset: number; readonly message: string };

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
