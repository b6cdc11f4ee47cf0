/** Parts of a training: machines that run every n-th scene each, and learn the same from all of them. Nobody leads. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { codeOf, measuredWith } from '../../code.ts';
import { writeAtomically, writingTo } from '../../files.ts';
import type { Scenario } from '../../schema/schema.ts';
import { Interrupted } from '../../terminal/interrupted.ts';
import { note } from '../../terminal/notes.ts';
import type { SceneJob, TrialOutput } from '../../trials/job.ts';
import type { TrialPool } from '../../workers/pool.ts';
import { comparable, disagreement } from '../comparable.ts';
import { LostUnit, type Part } from '../experiment.ts';
import { jobId } from '../queue/job.ts';
import type { SharedFiles } from '../queue/shared-files.ts';
import { type Answer, openSharedResults } from '../queue/shared-results.ts';
import type { OpenUnits } from '../units/kind.ts';
import { found, jobsOf, outputsIn, type TrainUnit, trainKind, unitsOf } from './kind.ts';

/** Milliseconds between two looks for what another part runs: at first, and at most. */
const [LOOK_MS, LOOK_MOST_MS] = [10, 250];
/** Milliseconds after which a person is told who is waited for, and told again. */
const [TELL_MS, REMIND_MS] = [5000, 60_000];
/** Units of an evaluation that each part has in hand at once: the same number everywhere, so that all share out the same ones. */
const AHEAD = 4;

export interface PartsOptions {
  readonly part: Part;
  /** A folder that every part sees. */
  readonly shared: string;
  readonly files: SharedFiles;
  readonly units: OpenUnits<TrainUnit, unknown>;
  readonly scenario: Scenario;
  readonly training: { readonly seed: number; readonly trials: number };
  readonly tellMs?: number;
  readonly signal: AbortSignal;
}

/** What a part is at: its latest scenes, and under which name it looks for them. */
const whereabouts = z.strictObject({ at: z.string(), id: z.string(), versions: z.record(z.string(), z.string()) });
type Whereabouts = z.infer<typeof whereabouts>;

/**
 * A pool that runs its part of the scenes and waits for the others' in the shared folder. Every part makes the same updates of the
 * same trials, so all end with the same bytes; results stay, so that a part that is started again catches up.
 * @param own threads of this process; closed with the pool.
 */
export async function openParts(own: TrialPool, options: PartsOptions): Promise<TrialPool> {
  const { part, shared, files, units, scenario, training, tellMs = TELL_MS, signal } = options;
  const versions = await measuredWith();
  const results = openSharedResults(shared, trainKind.measured);
  const by = `part ${part.part} of ${part.of}`;
  /** When a person was told of a part. */
  const told = new Map<number, number>();
  const tell = (of: number, theirs: Whereabouts | undefined): void => {
    const now = performance.now();
    if (now - (told.get(of) ?? Number.NEGATIVE_INFINITY) < REMIND_MS) return;
    told.set(of, now);
    note(`waiting for part ${of} of ${part.of}${whyWaiting(`${of}/${part.of}`, theirs, versions)}`);
  };
  const board = openBoard(shared, { scenario, training, parts: part.of });

  const idOf = (unit: TrainUnit): string =>
    jobId({ kind: 'train', name: units.nameOf(unit), key: units.keyOf(unit), versions });
  /** The only result of a unit. @throws LostUnit if there are two. */
  const resultOf = (id: string): TrialOutput[][] | undefined => {
    const [first, other] = results.read(id);
    if (first && other) throw new LostUnit(`training: ${disagreement(measurement(first), measurement(other))}`);
    return first && outputsIn(first.files);
  };
  const runHere = async (unit: TrainUnit, id: string, jobs: readonly SceneJob[]): Promise<TrialOutput[][]> => {
    const known = resultOf(id);
    if (known) return known;
    const shown = new Set(jobs.filter((job) => job.record).map((job) => job.firstTrial));
    const outputs = await own.run(
      jobsOf(unit, scenario, jobs[0].policy).map((job) => ({ ...job, record: shown.has(job.firstTrial) })),
    );
    const kept = outputs.map((trials) => trials.map(({ episode: _, ...rest }) => rest));
    results.write(id, { ...found(kept), by, versions });
    return outputs;
  };
  /** @param of the part that runs them. @throws Interrupted if the signal fires, LostUnit if that part goes another way. */
  const waitFor = async (id: string, of: number, mine: Whereabouts): Promise<TrialOutput[][]> => {
    const began = performance.now();
    for (let pause = LOOK_MS; ; pause = Math.min(2 * pause, LOOK_MOST_MS)) {
      const known = resultOf(id);
      if (known) return known;
      if (signal.aborted) throw new Interrupted('training interrupted while another part was waited for');
      if (pause === LOOK_MOST_MS) {
        const theirs = board.of(of);
        // of other code it is what an earlier start left, or a person's mistake: it is told
        if (theirs?.at === mine.at && theirs.id !== mine.id && codeOf(theirs.versions) === codeOf(versions))
          throw new LostUnit(
            `${mine.at}: ${disagreement({ from: by, by: versions }, { from: `part ${of}`, by: theirs.versions })}`,
          );
        if (performance.now() - began > tellMs) tell(of, theirs);
      }
      await sleep(pause);
    }
  };

  return {
    workers: AHEAD * part.of,
    run: async (jobs) => {
      // what is shown here is no part of what others wait for
      const asked = unitsOf(
        jobs.map((job) => ({ ...job, record: false })),
        scenario,
        files,
      );
      if (!asked) return own.run(jobs);
      const ids = asked.map(idOf);
      const mine: Whereabouts = { at: whereOf(asked[0]), id: ids[0], versions };
      board.say(part.part, mine);
      const outputs = asked.map((unit, i) => {
        const of = (i % part.of) + 1;
        return of === part.part ? runHere(unit, ids[i], jobs) : waitFor(ids[i], of, mine);
      });
      return (await Promise.all(outputs)).flat();
    },
    close: own.close,
  };
}

/** What scenes are of, whatever the weights. */
const whereOf = ({ split, policy, scenes: [{ firstTrial }] }: TrainUnit): string =>
  `${split} scenes from trial ${firstTrial} on, ${policy.kind === 'fixed' ? policy.name : 'learned'}`;

function whyWaiting(part: string, theirs: Whereabouts | undefined, own: Whereabouts['versions']): string {
  if (!theirs) return `: nobody has started it; it is this command with --part ${part}`;
  const [here, there] = [codeOf(own), codeOf(theirs.versions)];
  if (here !== there) return `, which was started with graft of code ${there}: expected ${here}, as here`;
  return `, which was at: ${theirs.at}`;
}

const measurement = ({ by: from, versions: by }: Answer<unknown>) => ({ from, by });

/** What every part of one training is at, in files of the shared folder. */
function openBoard(shared: string, about: unknown) {
  const name = createHash('sha256').update(comparable(about)).digest('hex').slice(0, 24);
  const folder = join(shared, `parts-${name}`);
  writingTo(folder, () => void mkdirSync(folder, { recursive: true }));
  const fileOf = (part: number): string => join(folder, `${part}.json`);
  return {
    say: (part: number, at: Whereabouts): void => writeAtomically(fileOf(part), JSON.stringify(at)),
    of: (part: number): Whereabouts | undefined => {
      if (!existsSync(fileOf(part))) return undefined;
      try {
        return whereabouts.safeParse(JSON.parse(readFileSync(fileOf(part), 'utf8'))).data;
      } catch {
        // another file system's half of it: the next look finds the whole
        return undefined;
      }
    },
  };
}
