/** Thinning: a recording with some of another one's trials, message for message. */
import type { TrialMark } from '../marks.ts';
import type { Recording } from '../read/reader.ts';
import { LASTING_TOPICS } from '../read/stored-trial.ts';
import { CHUNK_BYTES, createFile } from './mcap-writer.ts';

/** zstd level: what is sent to others may take longer than what a run waits for. */
const SENT_LEVEL = 6;

/** So many of a list, spread evenly over it, in its order. */
export const spread = <T>(list: readonly T[], count: number): readonly T[] =>
  count >= list.length
    ? list
    : Array.from({ length: count }, (_, i) => list[Math.floor(((i + 0.5) * list.length) / count)]);

/**
 * Writes a recording with some trials of another one, at their own times, into a new file.
 * @throws RecordingError if one of them is damaged; Error if the file exists or cannot be written.
 */
export async function writeThinned(path: string, recording: Recording, marks: readonly TrialMark[]): Promise<void> {
  const file = await createFile(path, recording.metadata, CHUNK_BYTES, SENT_LEVEL);
  const written = new Map<string, Uint8Array>();
  for (const mark of marks) {
    for (const message of (await recording.trial(mark)).whole()) {
      const { topic, data, time } = message;
      // what lasts need not be written again
      if (LASTING_TOPICS.includes(topic)) {
        if (time === mark.start && isSame(written.get(topic), data)) continue;
        written.set(topic, data);
      }
      await file.put(message);
    }
  }
  await file.end(marks);
}

const isSame = (a: Uint8Array | undefined, b: Uint8Array): boolean => a !== undefined && Buffer.compare(a, b) === 0;
