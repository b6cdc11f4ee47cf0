/** Check of the data that a page was given. */
import { WALK_VERSION, type Walk } from '../../../sim/recording/walk.ts';

/** A benchmark. @throws Error if it is none, or of another version. */
export function checkedWalk(value: unknown): Walk {
  const { version, targets } = (value ?? {}) as Partial<Walk>;
  if (version !== WALK_VERSION)
    throw new Error(
      `This page shows benchmarks of version ${WALK_VERSION}, and got one of ${version ?? 'none'}; write it again with graft share.`,
    );
  if (!Array.isArray(targets) || targets.length === 0)
    throw new Error('This benchmark has no targets; measure some first.');
  return value as Walk;
}
