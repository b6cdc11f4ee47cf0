import { UserError } from '../user-error.ts';

/** A file that is no recording, of another version, or damaged. */
export class RecordingError extends UserError {}

/** How a file ended: with its index, in the middle of a record (a crash, a full disk), or with bytes that make no sense. */
export type Ending =
  | { readonly kind: 'whole' }
  | { readonly kind: 'cut'; readonly offset: number }
  | { readonly kind: 'damaged'; readonly offset: number; readonly message: string };

/** What every MCAP file starts and ends with. */
export const MAGIC = Uint8Array.of(0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a);
/** Opcode and length in front of every record. */
export const HEADER_BYTES = 9;
/** No record and no chunk that graft writes comes near this; a longer one is not read into memory. */
export const MAX_BYTES = 128 * 1024 * 1024;

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
