/** Board of a training's parts: what each of them is at, in files of the shared folder. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeAtomically, writingTo } from '../../files.ts';
import { comparable } from '../comparable.ts';

const whereabouts = z.strictObject({
  /** Of which scenes, in words. */
  at: z.string(),
  /** Under which name it looks for the first of them. */
  id: z.string(),
  versions: z.record(z.string(), z.string()),
  /** Another one for every process. */
  process: z.string(),
});

/** What a part is at. */
export type Whereabouts = Omit<z.infer<typeof whereabouts>, 'process'>;

/** What the parts of one training are at. */
export interface Board {
  /** @throws StorageError if the folder cannot be written. */
  readonly say: (part: number, at: Whereabouts) => void;
  /** What a part is at; what it said before this process began tells nothing of now. */
  readonly of: (part: number) => (Whereabouts & { readonly before: boolean }) | undefined;
}

/**
 * Opens the board of a training.
 * @param about what tells the training from others. @param parts how many there are.
 * @throws InputError if the folder cannot be made.
 */
export function openBoard(shared: string, about: unknown, parts: number): Board {
  const name = createHash('sha256')
    .update(comparable([about, parts]))
    .digest('hex')
    .slice(0, 24);
  const folder = join(shared, `parts-${name}`);
  writingTo(folder, () => void mkdirSync(folder, { recursive: true }));
  const own = randomUUID();
  const fileOf = (part: number): string => join(folder, `${part}.json`);
  const read = (part: number): z.infer<typeof whereabouts> | undefined => {
    try {
      return whereabouts.safeParse(JSON.parse(readFileSync(fileOf(part), 'utf8'))).data;
    } catch {
      // nobody has said anything yet; or half of it, and the next look finds the whole
      return undefined;
    }
  };
  const before = new Set(Array.from({ length: parts }, (_, i) => read(i + 1)?.process));
  return {
    say: (part, at) => writeAtomically(fileOf(part), JSON.stringify({ ...at, process: own })),
    of: (part) => {
      const said = read(part);
      return said && { ...said, before: before.has(said.process) };
    },
  };
}
