/**
 * Trunk: the part of the network that turns windows of the heightmap into feature maps, which the head reads at its taps. A
 * backbone is a trunk to start from: named, with weights, perhaps with a head (`agent/backbones`).
 */

/** One output of a trunk that the head reads. */
export interface Tap {
  readonly name: string;
  /** Cells of the window a step of the tap's grid. */
  readonly stride: number;
  readonly channels: number;
  /** Where the receptive fields are centred, against the middle of the stride's squares, cells. */
  readonly shift: number;
}

/** Outputs of a trunk as plain arrays, one a tap: [batch, rows / stride, cols / stride, channels]. */
export interface TapArrays {
  readonly rows: number;
  readonly cols: number;
  readonly values: readonly Float32Array[];
}

/** Rows and columns of a window, cells. */
export interface Extent {
  readonly rows: number;
  readonly cols: number;
}

/** A frozen trunk, ready to run: all that the frozen head needs to know of one. Whoever opened it disposes of it. */
export interface Trunk {
  readonly name: string;
  /** Equal hashes mean equal outputs, for equal taps. */
  readonly hash: string;
  /** One line about where it comes from. */
  readonly card: string;
  readonly taps: readonly Tap[];
  /** The window around one grasp that its features are read from. */
  readonly crop: Extent;
  /** @param input [count, rows, cols, INPUT_CHANNELS]; rows and cols multiples of {@link windowMultiple}. Not retained. */
  readonly run: (input: Float32Array, count: number, rows: number, cols: number) => TapArrays;
  readonly dispose: () => void;
}

/** Window sides must be multiples of this. */
export const windowMultiple = (taps: readonly Tap[]): number => Math.max(...taps.map((t) => t.stride));

/** Windows that go through a trunk at once; bounds the memory of a forward pass. */
const FORWARD_BATCH = 6;

/**
 * Runs a trunk in batches.
 * @param forward one array a tap for windows from, from + 1, ..., from + n - 1.
 */
export function runInBatches(
  taps: readonly Tap[],
  count: number,
  { rows, cols }: Extent,
  forward: (from: number, n: number) => readonly Float32Array[],
): TapArrays {
  const values = taps.map(
    ({ stride, channels }) => new Float32Array(count * (rows / stride) * (cols / stride) * channels),
  );
  for (let from = 0; from < count; from += FORWARD_BATCH) {
    forward(from, Math.min(FORWARD_BATCH, count - from)).forEach((tap, t) => {
      values[t].set(tap, (values[t].length / count) * from);
    });
  }
  return { rows, cols, values };
}
