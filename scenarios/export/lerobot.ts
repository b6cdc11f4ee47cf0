/**
 * LeRobotDataset v3.0: a trial is an episode of one frame, its action the grasp, its reward whether it held. A round of
 * clutter removal is one episode, a frame for each grasp.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { cameraPose } from './arrays.ts';
import type { DatasetWriter, ExportedTrial } from './dataset.ts';
import { type Column, type ColumnType, writeParquet } from './parquet.ts';

const TASK = 'grasp an object and hold it';
/** Frames in one data file, or as many more as its last episode has: about 30 MB. */
const FRAMES_PER_FILE = 512;
const FPS = 1;

const CAMERA = 'observation.images.camera';
const ACTION = ['x', 'y', 'z', 'qx', 'qy', 'qz', 'qw', 'opening'];
const POSE = ACTION.slice(0, 7);

/** Where a trial is in the dataset. */
interface Frame {
  readonly trial: ExportedTrial;
  readonly episode: number;
  /** Within the episode, and whether it is the last there. */
  readonly frame: number;
  readonly last: boolean;
  /** Within the dataset. */
  readonly index: number;
}

/** What a trial gives besides the picture: numbers, and how they are typed. */
interface Feature {
  readonly type: 'float32' | 'int64' | 'bool';
  readonly length: number;
  readonly names: readonly string[] | null;
  readonly of: (frame: Frame) => readonly number[];
}

const number = (type: Feature['type'], of: (frame: Frame) => number): Feature => ({
  ...{ type, length: 1, names: null },
  of: (frame) => [of(frame)],
});

/** @param cells of a heightmap. */
const features = (cells: number): Readonly<Record<string, Feature>> => ({
  'observation.state': { type: 'float32', length: 7, names: POSE, of: ({ trial }) => cameraPose(trial) },
  'observation.heightmap': {
    ...{ type: 'float32', length: cells, names: null },
    of: ({ trial }) => [...trial.seen.heightmap.values],
  },
  action: {
    ...{ type: 'float32', length: ACTION.length, names: ACTION },
    of: ({ trial }) => {
      const { pose, opening } = trial.proof.grasp;
      return [...pose.position, ...pose.quaternion, opening];
    },
  },
  'next.reward': number('float32', ({ trial }) => (isHeld(trial) ? 1 : 0)),
  'next.success': number('bool', ({ trial }) => (isHeld(trial) ? 1 : 0)),
  'next.done': number('bool', ({ last }) => (last ? 1 : 0)),
  timestamp: number('float32', ({ frame }) => frame / FPS),
  frame_index: number('int64', ({ frame }) => frame),
  episode_index: number('int64', ({ episode }) => episode),
  index: number('int64', ({ index }) => index),
  task_index: number('int64', () => 0),
});

/** Least, greatest, mean and standard deviation of each dimension over what was added. */
class Moments {
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  readonly #sum: Float64Array;
  readonly #squares: Float64Array;
  #count = 0;

  constructor(length: number) {
    this.#low = new Float64Array(length).fill(Number.POSITIVE_INFINITY);
    this.#high = new Float64Array(length).fill(Number.NEGATIVE_INFINITY);
    this.#sum = new Float64Array(length);
    this.#squares = new Float64Array(length);
  }

  add(values: ArrayLike<number>): void {
    const length = this.#sum.length;
    // several vectors one after another, such as the pixels of a picture
    for (let i = 0; i < values.length; i++) {
      const k = i % length;
      this.#low[k] = Math.min(this.#low[k], values[i]);
      this.#high[k] = Math.max(this.#high[k], values[i]);
      this.#sum[k] += values[i];
      this.#squares[k] += values[i] ** 2;
    }
    this.#count += values.length / length;
  }

  /** @param scale of the values. @param shape wraps each dimension's number. */
  json(frames: number, scale = 1, shape: (v: number) => unknown = (v) => v) {
    const list = (of: (k: number) => number): unknown[] => Array.from(this.#sum, (_, k) => shape(of(k) * scale));
    const mean = (k: number): number => this.#sum[k] / this.#count;
    return {
      min: list((k) => this.#low[k]),
      max: list((k) => this.#high[k]),
      mean: list(mean),
      std: list((k) => Math.sqrt(Math.max(this.#squares[k] / this.#count - mean(k) ** 2, 0))),
      count: [frames],
    };
  }
}

/** `docs/recording.md` lists the features. */
export function lerobotWriter(folder: string): DatasetWriter {
  for (const path of ['data/chunk-000', 'meta/episodes/chunk-000']) mkdirSync(join(folder, path), { recursive: true });
  let waiting: (Frame & { png: Uint8Array })[] = [];
  /** The trials of the episode that may go on. */
  let open: ExportedTrial[] = [];
  let first: ExportedTrial['seen'] | undefined;
  let [files, frames] = [0, 0];
  const episodes: Frames[] = [];
  const moments = new Map<string, Moments>();
  const pixels = new Moments(3);
  const endEpisode = (): void => {
    if (open.length === 0) return;
    episodes.push({
      trial: open[0],
      end: open[open.length - 1],
      held: open.filter(isHeld).length,
      from: frames,
      file: files,
      length: open.length,
    });
    open.forEach((trial, frame) => {
      const { width, height, rgb } = trial.seen.colour;
      pixels.add(rgb);
      const place = { episode: episodes.length - 1, frame, last: frame === open.length - 1, index: frames++ };
      waiting.push({ ...place, trial, png: encode({ data: rgb, width, height, channels: 3, depth: 8 }) });
    });
    open = [];
    if (waiting.length >= FRAMES_PER_FILE) flush();
  };
  const flush = (): void => {
    if (!first || waiting.length === 0) return;
    const columns: Record<string, Column> = {
      [CAMERA]: {
        type: 'image',
        values: waiting.map(({ png, index }) => ({ bytes: png, path: `frame-${String(index).padStart(6, '0')}.png` })),
      },
    };
    for (const [name, feature] of Object.entries(features(first.heightmap.size ** 2))) {
      const rows = waiting.map((frame) => feature.of(frame));
      const seen = moments.get(name) ?? new Moments(feature.length);
      moments.set(name, seen);
      for (const row of rows) seen.add(row);
      columns[name] = toColumn(feature, rows);
    }
    writeParquet(join(folder, `data/chunk-000/file-${String(files).padStart(3, '0')}.parquet`), columns);
    files++;
    waiting = [];
  };
  return {
    add(trial) {
      first ??= trial.seen;
      const before = open.at(-1);
      if (before && !goesOn(before, trial)) endEpisode();
      open.push(trial);
    },
    close() {
      endEpisode();
      flush();
      const json = (path: string, value: unknown): void =>
        writeFileSync(join(folder, path), `${JSON.stringify(value, null, 2)}\n`);
      const stats = [...moments].map(([name, m]) => [name, m.json(frames)]);
      const picture = pixels.json(frames, 1 / 255, (v) => [[v]]);
      json('meta/stats.json', { ...Object.fromEntries(stats), [CAMERA]: picture });
      json('meta/info.json', infoJson(first!, episodes, frames));
      writeTasks(join(folder, 'meta/tasks.parquet'));
      writeEpisodes(join(folder, 'meta/episodes/chunk-000/file-000.parquet'), episodes);
    },
  };
}

/** Whether a trial follows another in the same round; the same round of another recording begins anew. */
const goesOn = ({ proof, inRound: before }: ExportedTrial, { proof: { seed }, inRound }: ExportedTrial): boolean =>
  inRound !== undefined && before?.round === inRound.round && proof.seed === seed && inRound.attempt > before.attempt;

const isHeld = ({ outcome }: ExportedTrial): boolean => outcome === 'held';

function toColumn({ type, length }: Feature, rows: readonly (readonly number[])[]): Column {
  const typed = (v: number): number | boolean => (type === 'bool' ? v === 1 : v);
  if (length === 1) return { type, values: rows.map(([v]) => typed(v)) };
  return { type: `${type}[]` satisfies ColumnType, values: rows };
}

/** An episode as LeRobot has it: a round, or a single trial. */
interface Frames {
  /** Its first and its last trial. */
  readonly trial: ExportedTrial;
  readonly end: ExportedTrial;
  readonly held: number;
  /** Index of its first frame, and how many it has. */
  readonly from: number;
  readonly length: number;
  readonly file: number;
}
type Episodes = readonly Frames[];

function infoJson({ colour, heightmap }: ExportedTrial['seen'], episodes: Episodes, frames: number) {
  const { width, height } = colour;
  const { size, cell } = heightmap;
  const count = episodes.length;
  const inTraining = episodes.filter(({ trial }) => trial.split === 'training').length;
  const evaluation = inTraining < count ? { evaluation: `${inTraining}:${count}` } : {};
  const others = Object.entries(features(size ** 2)).map(([name, { type, length, names }]) => [
    name,
    { dtype: type, shape: [length], names },
  ]);
  return {
    ...{ codebase_version: 'v3.0', robot_type: 'graft', total_episodes: count, total_frames: frames, total_tasks: 1 },
    ...{ chunks_size: 1000, data_files_size_in_mb: 100, video_files_size_in_mb: 200, fps: FPS },
    splits: { ...(inTraining > 0 && { train: `0:${inTraining}` }), ...evaluation },
    data_path: 'data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet',
    video_path: null,
    features: {
      [CAMERA]: { dtype: 'image', shape: [height, width, 3], names: ['height', 'width', 'channels'] },
      ...Object.fromEntries(others),
    },
    heightmap: { size, cell },
  };
}

/** The table of tasks, its text the index, as pandas writes it. */
function writeTasks(path: string): void {
  const about = (name: string | null, field: string, pandas: string, numpy: string) => ({
    ...{ name, field_name: field, pandas_type: pandas, numpy_type: numpy, metadata: null },
  });
  const index = '__index_level_0__';
  const pandas = {
    index_columns: [index],
    column_indexes: [{ ...about(null, '', 'unicode', 'object'), field_name: null, metadata: { encoding: 'UTF-8' } }],
    columns: [about('task_index', 'task_index', 'int64', 'int64'), about(null, index, 'unicode', 'object')],
    creator: { library: 'graft', version: '1' },
    pandas_version: '2.2.0',
  };
  const columns = { task_index: { type: 'int64', values: [0] }, [index]: { type: 'string', values: [TASK] } } as const;
  writeParquet(path, columns, { pandas: JSON.stringify(pandas) });
}

function writeEpisodes(path: string, episodes: Episodes): void {
  const integers = (of: (e: Episodes[number], i: number) => number): Column => ({
    ...{ type: 'int64', values: episodes.map(of) },
  });
  const texts = (of: (e: Episodes[number]) => string): Column => ({
    ...{ type: 'string', values: episodes.map(of) },
  });
  writeParquet(path, {
    episode_index: integers((_, i) => i),
    tasks: { type: 'string[]', values: episodes.map(() => [TASK]) },
    length: integers((e) => e.length),
    'data/chunk_index': integers(() => 0),
    'data/file_index': integers(({ file }) => file),
    dataset_from_index: integers((e) => e.from),
    dataset_to_index: integers((e) => e.from + e.length),
    'meta/episodes/chunk_index': integers(() => 0),
    'meta/episodes/file_index': integers(() => 0),
    'graft/held': integers(({ held }) => held),
    'graft/trial': integers(({ trial }) => trial.trial),
    'graft/scene': integers(({ trial }) => trial.proof.scene),
    'graft/seed': integers(({ trial }) => trial.proof.seed),
    'graft/split': texts(({ trial }) => trial.split),
    'graft/policy': texts(({ trial }) => trial.policy),
    'graft/outcome': texts(({ end }) => end.outcome),
    'graft/state_hash': texts(({ end }) => end.proof.result.stateHash),
  });
}
