/** Parts of a training: machines that run every n-th scene each, and learn the same from all of them. Nobody leads. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { modelHash } from '../../../agent/backbones/own.ts';
import { codeOf, measuredWith } from '../../code.ts';
import type { Scenario } from '../../schema/schema.ts';
import { Interrupted } from '../../terminal/interrupted.ts';
import { note } from '../../terminal/notes.ts';
import type { SceneJob, TrialOutput } from '../../trials/job.ts';
import type { TrialPool } from '../../workers/pool.ts';
import { disagreement } from '../comparable.ts';
import { LostUnit, type Part } from '../experiment.ts';
import { jobId } from '../queue/job.ts';
import { openSharedResults } from '../queue/shared-results.ts';
import type { OpenUnits } from '../units/kind.ts';
import { openBoard, type Whereabouts } from './board.ts';
import { found, jobsOf, outputsIn, saidOf, type TrainUnit, trainKind, unitsOf } from './kind.ts';

/** Milliseconds between two looks for what another part runs: at first, and at most. */
const [LOOK_MS, LOOK_MOST_MS] = [10, 250];
/** Milliseconds after which a person is told who is waited for, and told again. */
const [TELL_MS, REMIND_MS] = [5000, 60_000];
/**
 * Units of an evaluation that each part has in hand at once, and all have: the same number everywhere, so that all share out the
 * same ones, and no more trials at once than a recorder takes.
 */
const [AHEAD, AHEAD_MOST] = [4, 32];

export interface PartsOptions {
  readonly part: Part;
  /** A folder that every part sees. */
  readonly shared: string;
  readonly units: OpenUnits<TrainUnit, unknown>;
  readonly scenario: Scenario;
  readonly training: { readonly seed: number; readonly trials: number };
  readonly tellMs?: number;
  readonly signal: AbortSignal;
}

/** Scenes that are wanted, and where they are found once they are run. */
interface Wanted {
  readonly unit: TrainUnit;
  readonly id: string;
  readonly jobs: readonly SceneJob[];
}

/**
 * A pool that runs its part of the scenes and waits for the others' in the shared folder. Every part makes the same updates of the
 * same trials, so all end with the same bytes. Results stay, so that a part that is started again catches up; what a part that is
 * elsewhere will never run is run here.
 * @param own threads of this process; closed with the pool.
 */
export async function openParts(own: TrialPool, options: PartsOptions): Promise<TrialPool> {
  const { part, shared, units, scenario, training, tellMs = TELL_MS, signal } = options;
  const versions = await measuredWith();
  const results = openSharedResults(shared, trainKind.measured);
  const by = `part ${part.part} of ${part.of}`;
  const board = openBoard(shared, { scenario: saidOf(scenario), training }, part.of);
  /** When a person was told of a part. */
  const told = new Map<number, number>();
  const tell = (of: number): void => {
    const now = performance.now();
    if (now - (told.get(of) ?? Number.NEGATIVE_INFINITY) < REMIND_MS) return;
    told.set(of, now);
    note(`waiting for part ${of} of ${part.of}${whyWaiting(`${of}/${part.of}`, board.of(of), versions)}`);
  };
  const idOf = (unit: TrainUnit): string =>
    jobId({ kind: 'train', name: units.nameOf(unit), key: units.keyOf(unit), versions });
  /** The only result of a unit. @throws LostUnit if there are two. */
  const resultOf = ({ unit, id }: Wanted): TrialOutput[][] | undefined => {
    const [first, other] = results.read(id);
    if (!first || !other) return first && outputsIn(first.files);
    const both = [first, other].map((each) => ({ from: each.by, by: each.versions }));
    throw new LostUnit(`${whereOf(unit)}: ${disagreement(both[0], both[1])}; they lie in ${join(shared, id)}`);
  };
  const runHere = async ({ unit, id, jobs }: Wanted): Promise<TrialOutput[][]> => {
    const shown = new Set(jobs.filter((job) => job.record).map((job) => job.firstTrial));
    const outputs = await own.run(
      jobsOf(unit, scenario, jobs[0].policy).map((job) => ({ ...job, record: shown.has(job.firstTrial) })),
    );
    const kept = outputs.map((trials) => trials.map(({ episode: _, ...rest }) => rest));
    results.write(id, { ...found(kept), by, versions });
    return outputs;
  };
  /**
   * Waits for what a part runs; runs it here, where that part has gone by.
   * @throws Interrupted if the signal fires, LostUnit if another part asks for something else at the same place.
   */
  const waitFor = async (
    wanted: Wanted,
    of: number,
    mine: Whereabouts,
    ended: AbortSignal,
  ): Promise<TrialOutput[][]> => {
    const began = performance.now();
    for (let pause = LOOK_MS; ; pause = Math.min(2 * pause, LOOK_MOST_MS)) {
      const known = resultOf(wanted);
      if (known) return known;
      if (ended.aborted) throw new Interrupted('training interrupted while another part was waited for');
      const waited = performance.now() - began;
      if (pause === LOOK_MOST_MS) {
        for (let each = 1; each <= part.of; each++) checkSame(each, mine);
        const theirs = board.of(of);
        if (waited > tellMs && theirs && !theirs.before && theirs.at !== mine.at) return runHere(wanted);
        if (waited > tellMs) tell(of);
      }
      await sleep(pause);
    }
  };
  const checkSame = (of: number, mine: Whereabouts): void => {
    const theirs = of === part.part ? undefined : board.of(of);
    if (!theirs || theirs.before || theirs.at !== mine.at || theirs.id === mine.id) return;
    // of another graft it may be what is about to be started anew: that is told
    if (codeOf(theirs.versions) !== codeOf(versions)) return;
    const why = disagreement({ from: by, by: versions }, { from: `part ${of}`, by: theirs.versions });
    throw new LostUnit(`${mine.at}: expected all parts to ask for the same (command, objects, weights so far); ${why}`);
  };

  return {
    workers: Math.min(AHEAD * part.of, AHEAD_MOST),
    elsewhere: true,
    run: async (jobs) => {
      // what is shown here is no part of what others wait for
      const unseen = jobs.map((job) => ({ ...job, record: false }));
      const asked = unitsOf(unseen, scenario, modelHash);
      if (!asked) return own.run(jobs);
      const wanted = asked.map((unit): Wanted => ({ unit, id: idOf(unit), jobs }));
      const mine: Whereabouts = { at: whereOf(asked[0]), id: wanted[0].id, versions };
      board.say(part.part, mine);
      const broken = new AbortController();
      const ended = AbortSignal.any([signal, broken.signal]);
      const outputs = wanted.map(async (each, i) => {
        const of = (i % part.of) + 1;
        return of === part.part ? (resultOf(each) ?? runHere(each)) : waitFor(each, of, mine, ended);
      });
      try {
        return (await Promise.all(outputs)).flat();
      } finally {
        broken.abort();
      }
    },
    close: own.close,
  };
}

/** What scenes are of, whatever the weights. */
const whereOf = ({ split, policy, scenes: [{ firstTrial }] }: TrainUnit): string =>
  `${split} scenes from trial ${firstTrial} on, ${policy.kind === 'fixed' ? policy.name : 'learned'}`;

function whyWaiting(
  part: string,
  theirs: ReturnType<ReturnType<typeof openBoard>['of']>,
  own: Whereabouts['versions'],
): string {
  if (!theirs) return `: nobody has started it; it is this command with --part ${part}`;
  const [here, there] = [codeOf(own), codeOf(theirs.versions)];
  if (here !== there) return `, which was started with graft of code ${there}: expected ${here}, as here`;
  if (theirs.before) return `: it has not been started again; when it was last seen it was at: ${theirs.at}`;
  return `, which is at: ${theirs.at}`;
}
