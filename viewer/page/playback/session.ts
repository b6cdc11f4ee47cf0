/** Session of playback: which trials are loaded, matched and shown. */
import type { TrialMark } from '../../../sim/recording/marks.ts';
import type { Sample } from '../scene/interpolation.ts';
import { isStop, type TrialFilter } from './filter.ts';
import { Player } from './player.ts';
import { type LoadedEpisode, type RecordingFile, sampleAt } from './recording.ts';

/** Who is told what becomes of a recording that is looked at. */
interface Watching {
  /** More trials are known, or another recording is beside. */
  onTrials(): void;
  /** Another trial is to be shown; undefined if the recording beside has none like it. @param place 0, or 1 for the one beside. */
  onTrial(place: 0 | 1, trial: LoadedEpisode | undefined): void;
  onError(message: string): void;
}

interface Place {
  readonly file: RecordingFile;
  /** What is shown, and what is to be. */
  shown: number | undefined;
  wanted: number | undefined;
  trial: LoadedEpisode | undefined;
}

/** Until the next trial is loaded ahead. */
const NEXT_AFTER_MS = 200;

/** One recording, or two side by side in step: the second shows the trial of the same split and number as the first, or the same grasp of the same round. */
export class RecordingSession {
  readonly player = new Player();
  readonly #watching: Watching;
  readonly #places: Place[];
  readonly #closed = new AbortController();
  #filter: TrialFilter = {};

  constructor(file: RecordingFile, watching: Watching) {
    this.#watching = watching;
    this.#places = [newPlace(file)];
    this.#marksChanged();
    this.#scan(file);
  }

  get files(): readonly RecordingFile[] {
    return this.#places.map((p) => p.file);
  }

  /** Puts another recording beside the first, in the place of any that is there. */
  putBeside(file: RecordingFile): void {
    this.#places.splice(1, 1, newPlace(file));
    this.#marksChanged();
    this.#scan(file);
  }

  /** Which trials are jumped to. */
  setFilter(filter: TrialFilter): void {
    this.#filter = filter;
    this.#setTrials();
  }

  /** Trials of each recording; what the one beside lacks is undefined. */
  rows(): (readonly (TrialMark | undefined)[])[] {
    const [{ file }, second] = this.#places;
    const first = file.marks;
    if (!second) return [first];
    const beside = second.file.marks;
    return [first, first.map((_, i) => beside[this.#beside(i)])];
  }

  close(): void {
    this.#closed.abort();
  }

  /** Moves on. @param seconds of real time. @returns what to show in each place. */
  tick(seconds: number): (Sample | undefined)[] {
    const [first, second] = this.#places;
    this.#want(first, 0, this.player.index);
    if (second) this.#want(second, 1, this.#beside(this.player.index));
    // nothing moves on before there is a picture of it
    const ready = this.#places.every((p) => p.shown === p.wanted);
    if (ready) this.player.tick(seconds);
    const time = this.player.time;
    return this.#places.map(({ trial, shown, wanted }) =>
      trial && shown === wanted ? sampleAt(trial, Math.min(time, trial.duration)) : undefined,
    );
  }

  /** Index of the trial beside that is like one of the first; -1 if there is none. */
  #beside(index: number): number {
    const [first, second] = this.#places;
    const mark = first.file.marks[index];
    if (!mark || !second) return -1;
    return second.file.marks.findIndex((m) => isLike(m, mark));
  }

  #want(place: Place, at: 0 | 1, index: number): void {
    if (place.wanted === index || place.file.marks.length === 0) return;
    place.wanted = index;
    if (index < 0) {
      Object.assign(place, { shown: index, trial: undefined });
      return void this.#watching.onTrial(at, undefined);
    }
    place.file.load(index).then(
      (trial) => {
        if (place.wanted !== index || this.#closed.signal.aborted) return;
        Object.assign(place, { shown: index, trial });
        this.#watching.onTrial(at, trial);
        // the next one will be wanted soon, but the picture of this one comes first
        setTimeout(() => {
          if (place.wanted !== index || this.#closed.signal.aborted || index + 1 >= place.file.marks.length) return;
          place.file.load(index + 1).catch(() => undefined);
        }, NEXT_AFTER_MS);
      },
      (error: unknown) => {
        if (place.wanted !== index || this.#closed.signal.aborted) return;
        // it stays where it is; the player goes on to the next
        Object.assign(place, { shown: index, trial: undefined });
        this.#watching.onError(error instanceof Error ? error.message : String(error));
      },
    );
  }

  #marksChanged(): void {
    this.#setTrials();
    this.#watching.onTrials();
  }

  #setTrials(): void {
    const { marks } = this.#places[0].file;
    this.player.setTrials(
      marks.map((mark) => ({ duration: (mark.end - mark.start) / 1e9, stop: isStop(this.#filter, mark) })),
    );
  }

  #scan(file: RecordingFile): void {
    file
      .scan(() => this.#marksChanged(), this.#closed.signal)
      .then(
        () => {
          if (file.marks.length === 0 && !this.#closed.signal.aborted)
            this.#watching.onError(`${file.name}: expected at least one whole trial, got none`);
        },
        (error: unknown) => this.#watching.onError(error instanceof Error ? error.message : String(error)),
      );
  }
}

/** Whether two trials stand at the same place of their runs. */
function isLike(a: TrialMark, b: TrialMark): boolean {
  if (a.split !== b.split) return false;
  if (!a.inRound || !b.inRound) return a.inRound === b.inRound && a.trial === b.trial;
  return a.inRound.round === b.inRound.round && a.inRound.attempt === b.inRound.attempt;
}

const newPlace = (file: RecordingFile): Place => ({ file, shown: undefined, wanted: undefined, trial: undefined });
