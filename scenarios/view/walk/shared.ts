/** Shared benchmark: which of its trials go along with a page, and their recordings. */
import {
  endsOf,
  type SharedWalk,
  trialName,
  type Walk,
  type WalkArm,
  type WalkRun,
  type WalkTarget,
} from '../../../sim/recording/walk.ts';
import { InputError } from '../../load.ts';
import { Interrupted } from '../../terminal/interrupted.ts';
import { openWalk } from './open.ts';

/** What is asked for. */
export interface SharedWalkRequest {
  readonly from: string;
  /** How many scenes to take along, each with the grasps of two arms. */
  readonly scenes: number;
  readonly onScene: (done: number, of: number) => void;
  readonly signal: AbortSignal;
}

/** A benchmark that can be sent on, and what is missing. */
export interface WalkSharing extends SharedWalk {
  /** Scenes that were taken along, once it has been recorded. */
  readonly taken: () => number;
  readonly notes: string[];
}

/** Two grasps on one scene, by their trials' names. */
type Pair = readonly [string, string];

/** Opens a benchmark to be sent on. @throws InputError as `readWalk`. */
export async function sharedWalk({ from, scenes, onScene, signal }: SharedWalkRequest): Promise<WalkSharing> {
  const { walk, report, record, close } = await openWalk(from);
  const { report: _, ...shown } = walk;
  const pairs = chosenPairs(walk, scenes);
  const notes: string[] = [];
  const lost = walk.targets.flatMap(({ name, arms }) =>
    arms.filter((a) => a.unwatchable).map((a) => `${name}/${a.name}`),
  );
  if (lost.length > 0)
    notes.push(`${lost.length} arms cannot be watched: the benchmark was measured by a version that kept no grasps`);
  let taken = 0;
  return {
    title: `graft benchmark: ${walk.title}`,
    description: walk.verdict,
    walk: shown,
    ...(report !== undefined && { report }),
    taken: () => taken,
    notes,
    record: async (take) => {
      try {
        const done = new Set<string>();
        for (const [i, pair] of pairs.entries()) {
          if (signal.aborted) throw new Interrupted(`share interrupted after ${i} scenes`);
          try {
            const paths = [await record(pair[0]), await record(pair[1])];
            for (const [side, name] of pair.entries()) if (!done.has(name)) await take(name, paths[side]);
            for (const name of pair) done.add(name);
            taken++;
          } catch (error) {
            if (!(error instanceof InputError)) throw error;
            notes.push(`left out ${pair.join(' and ')}: ${error.message}`);
          }
          onScene(i + 1, pairs.length);
        }
      } finally {
        await close();
      }
    },
  };
}

/** The scenes that say most: on which two arms differ, in turn of every target, and of either arm. */
export function chosenPairs(walk: Pick<Walk, 'headline' | 'targets'>, most: number): Pair[] {
  const queues = walk.targets.flatMap((target) => {
    const pair = watchablePair(walk, target);
    return pair ? [differing(target, pair)] : [];
  });
  const chosen: Pair[] = [];
  for (let k = 0; chosen.length < most && queues.some((queue) => k < queue.length); k++)
    for (const queue of queues) if (queue[k] && chosen.length < most) chosen.push(queue[k]);
  return chosen;
}

/** The verdict's arms, or the first ones that can be watched. */
function watchablePair({ headline }: Pick<Walk, 'headline'>, { arms }: WalkTarget): [WalkArm, WalkArm] | undefined {
  const free = arms.filter(({ unwatchable }) => unwatchable === undefined);
  const rank = ({ name }: WalkArm): number => (name === headline.frozen ? 0 : name === headline.scratch ? 1 : 2);
  const [a, b] = [...free].sort((x, y) => rank(x) - rank(y));
  return a && b ? [a, b] : undefined;
}

/** Scenes on which one arm held and the other failed with the last weights, the two kinds in turn; all others if there are none. */
function differing({ name }: WalkTarget, [a, b]: readonly [WalkArm, WalkArm]): Pair[] {
  const kinds: [Pair[], Pair[]] = [[], []];
  const alike: Pair[] = [];
  const last = ({ points }: WalkRun) => points[points.length - 1];
  for (const run of a.runs) {
    const other = b.runs.find(({ seed }) => seed === run.seed);
    if (!other) continue;
    const [ends, others] = [endsOf(last(run)), endsOf(last(other))];
    for (const [scene, end] of ends.entries()) {
      const against = others[scene];
      if (against === undefined || end === 'invalid' || against === 'invalid') continue;
      const trial = (arm: WalkArm, { seed, points }: WalkRun): string =>
        trialName({ target: name, arm: arm.name, trials: points[points.length - 1].trials, seed, scene });
      const list = (end === 'held') === (against === 'held') ? alike : kinds[end === 'held' ? 0 : 1];
      list.push([trial(a, run), trial(b, other)]);
    }
  }
  if (kinds.every((kind) => kind.length === 0)) return alike;
  const longest = Math.max(...kinds.map((kind) => kind.length));
  return Array.from({ length: longest }, (_, k) => kinds.flatMap((kind) => kind.slice(k, k + 1))).flat();
}
