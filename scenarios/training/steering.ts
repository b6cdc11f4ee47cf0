/** Steering of a training: it stands still, goes a trial at a time, and takes changes and grasps from whoever watches. */
import { graspShapes } from '../../agent/policy/action-space.ts';
import type { RunSteering, SteeringRequest, SteeringState } from '../../sim/recording/steering.ts';
import { UserError } from '../../sim/user-error.ts';
import type { Scenario } from '../schema/schema.ts';
import type { Changed, PersonsGrasp, SceneJob, TrialOutput, TrialRecord } from '../trials/job.ts';
import type { TrialPool } from '../workers/pool.ts';
import { firstFreeScene, type HandCounts, type HandMove, handCounts } from './by-hand.ts';
import { type LiveSetting, liveSettings, tidied, withChanged } from './live-settings.ts';
import type { RoundChange } from './round.ts';

/** Grasps of a person that may wait to be tried. */
const GRASPS_MAX = 8;

/** Who runs jobs: several at once, each for itself. */
type Runner = Pick<TrialPool, 'workers' | 'run'>;

/** What is steered, and who is told. */
interface SteeringOptions {
  readonly scenario: Scenario;
  /** The trials of the run, which grow while it trains. */
  readonly records: readonly TrialRecord[];
  /** What was done by hand in trials that are to be run again; until they are over, nothing else is taken. */
  readonly moves?: ReadonlyMap<number, HandMove>;
  readonly signal?: AbortSignal | undefined;
  /** Before it stands still between two rounds. */
  readonly onHold?: () => void;
  /** The state has changed. */
  readonly onState?: () => void;
}

/**
 * Steers one training. Standing still and going by single trials changes nothing of what comes out. A change takes effect
 * between two trials: there the round ends, so that the log says all that the run follows from (`handMoves`).
 */
export class Steering implements RunSteering {
  readonly #options: SteeringOptions;
  readonly #settings: readonly LiveSetting[];
  #paused = false;
  #waiting = false;
  #over = false;
  /** Trials that may run although it is paused. */
  #steps = 0;
  /** Settings as they are to be, those of the round that runs, and those that a round was ended for. */
  #wanted: Changed | undefined;
  #current: Changed | undefined;
  #due: { readonly changed: Changed | undefined } | undefined;
  #grasps: PersonsGrasp[] = [];
  #counts = { trials: 0, changes: 0, grasps: 0 };
  #wake: () => void = () => undefined;

  constructor(options: SteeringOptions) {
    this.#options = options;
    this.#settings = liveSettings(options.scenario);
    this.#wanted = options.records.at(-1)?.changed;
    options.signal?.addEventListener('abort', () => this.#wake(), { once: true });
  }

  get state(): SteeringState {
    const { records, scenario } = this.#options;
    const { action, gripper } = scenario;
    const shapes = graspShapes(action).map((s) => ({ depth: s.depth, opening: s.opening * gripper.stroke }));
    return {
      ...{ paused: this.#paused, waiting: this.#waiting, angles: action.angles, shapes },
      settings: this.#settings.map((setting) => ({ ...setting, value: this.#wanted?.[setting.key] ?? setting.own })),
      ...this.#counted(records),
    };
  }

  /** Counts on from where it stopped. */
  #counted(records: readonly TrialRecord[]): HandCounts {
    const { trials, changes, grasps } = this.#counts;
    if (trials < records.length) {
      const more = handCounts(records, trials);
      this.#counts = { trials: records.length, changes: changes + more.changes, grasps: grasps + more.grasps };
    }
    return { changes: this.#counts.changes, grasps: this.#counts.grasps };
  }

  /** @throws UserError saying in one sentence why not. */
  ask(request: SteeringRequest): void {
    if (this.#over) throw new UserError('steering: expected a training that runs, got one that is over');
    if (request.do === 'set') this.#set(request.values);
    else if (request.do === 'grasp') this.#give(request);
    else {
      this.#paused = request.do !== 'resume';
      this.#steps = request.do === 'step' ? 1 : 0;
    }
    this.#changed();
  }

  #set(values: Changed): void {
    this.#expectFree();
    const wanted = { ...this.#wanted, ...values };
    for (const { key, low, high } of this.#settings)
      if (wanted[key] !== undefined && !(wanted[key] >= low && wanted[key] <= high))
        throw new UserError(`${key}: expected a number from ${low} to ${high}, got ${wanted[key]}`);
    withChanged(this.#options.scenario, wanted);
    this.#wanted = tidied(this.#settings, wanted);
  }

  #give({ trial, cell, angle, shape }: Extract<SteeringRequest, { do: 'grasp' }>): void {
    this.#expectFree();
    const { records, scenario } = this.#options;
    const { size } = scenario.sensor.heightmap;
    if (!this.#paused) throw new UserError('grasp: expected a training that is paused, got one that runs');
    const of = records[trial];
    if (!of || (of.inRound?.attempt ?? 0) > 0)
      throw new UserError(`grasp: expected a training trial on a scene as it was drawn, got ${trial}`);
    const shapes = graspShapes(scenario.action).length;
    const inside = [Math.floor(cell / size), cell % size].every((at) => at >= 1 && at <= size - 2);
    if (!inside || angle >= scenario.action.angles || shape >= shapes)
      throw new UserError(
        `grasp: expected a cell inside ${size} x ${size}, an angle below ${scenario.action.angles} and a shape below ${shapes}, got ${cell}, ${angle} and ${shape}`,
      );
    if (this.#grasps.length >= GRASPS_MAX)
      throw new UserError(`grasp: expected at most ${GRASPS_MAX} that wait to be tried, got one more`);
    this.#grasps.push({ scene: of.scene, cell, angle, shape });
  }

  #expectFree(): void {
    if (this.#nextMove() !== undefined)
      throw new UserError('steering: expected the trials that were lost to be repeated first, got a change before');
  }

  /** No more can be asked. */
  end(): void {
    this.#over = true;
    this.#options.onState?.();
  }

  /** Waits until there is to be another round. @returns what it is to be. */
  async beforeRound(): Promise<RoundChange> {
    const { records } = this.#options;
    this.#options.onState?.();
    if (!this.#mayGo() && this.#grasps.length === 0) this.#options.onHold?.();
    while (!this.#mayGo() && this.#grasps.length === 0) await this.#news();
    const move = this.#options.moves?.get(records.length);
    if (move) this.#wanted = move.changed;
    const given = move ? move.given : this.#grasps.shift();
    this.#current = this.#due && !given ? this.#due.changed : this.#wanted;
    this.#due = undefined;
    const endsAt = this.#nextMove(records.length + 1);
    return {
      scenario: withChanged(this.#options.scenario, this.#current),
      changed: this.#current,
      firstScene: firstFreeScene(records),
      ...(endsAt !== undefined && { endsAt }),
      ...(given && { given }),
    };
  }

  /** Runs the jobs of a round: several at a time, or trial by trial while it is paused; fewer if a change ends the round. */
  async *run(jobs: readonly SceneJob[], { workers, run }: Runner): AsyncGenerator<readonly TrialOutput[]> {
    if (jobs[0].given) return void (yield (await run(jobs)).flat());
    let [job, done] = [0, 0];
    while (job < jobs.length) {
      const way = await this.#go(job + done > 0);
      if (way === 'end') return;
      if (way === 'on') {
        // no worker waits for the next job, and few trials are left to wait for in a pause
        const flying: Promise<TrialOutput[][]>[] = [];
        do {
          while (job < jobs.length && flying.length < 2 * workers && !this.#isHeld()) flying.push(run([jobs[job++]]));
          for (const each of flying) each.catch(() => undefined);
          const [outputs] = (await flying.shift()) ?? [[]];
          yield outputs.slice(done);
          done = 0;
        } while (flying.length > 0 || (job < jobs.length && !this.#isHeld()));
        continue;
      }
      this.#steps = 0;
      // a scene's grasps follow from each other: those before are made again, and are the same
      const [outputs] = await run([{ ...jobs[job], grasps: done + 1, record: true }]);
      yield outputs.slice(done);
      this.#options.onState?.();
      done++;
      if (done === jobs[job].grasps) [job, done] = [job + 1, 0];
    }
  }

  /** Whether nothing more is to be begun. */
  #isHeld(): boolean {
    return this.#paused && this.#options.signal?.aborted !== true;
  }

  /** Waits until the round may go on. @param begun whether some of its trials are done, so that a change ends it. */
  async #go(begun: boolean): Promise<'on' | 'step' | 'end'> {
    for (;;) {
      if (this.#options.signal?.aborted) return 'on';
      const may = this.#mayGo();
      const changes = JSON.stringify(this.#wanted) !== JSON.stringify(this.#current);
      if (begun && (this.#grasps.length > 0 || (may && changes))) {
        this.#due = { changed: this.#wanted };
        return 'end';
      }
      if (may) return this.#paused ? 'step' : 'on';
      await this.#news();
    }
  }

  #mayGo(): boolean {
    return !this.#paused || this.#steps > 0 || this.#options.signal?.aborted === true;
  }

  /** The first trial from one on that something was done by hand before. */
  #nextMove(from = this.#options.records.length): number | undefined {
    const moves = [...(this.#options.moves?.keys() ?? [])].filter((trial) => trial >= from);
    return moves.length > 0 ? Math.min(...moves) : undefined;
  }

  async #news(): Promise<void> {
    const news = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#waiting = true;
    this.#options.onState?.();
    await news;
    this.#waiting = false;
    this.#options.onState?.();
  }

  #changed(): void {
    this.#wake();
    this.#options.onState?.();
  }
}
