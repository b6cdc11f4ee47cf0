import type { ExportedTrial } from './dataset.ts';

type Numbers = Uint8Array | Float32Array | Float64Array | BigInt64Array;

/** One quantity of several trials, trials along the first axis. */
export type TrialArray =
  | { readonly kind: 'numbers'; readonly values: Numbers; readonly shape: readonly number[] }
  | { readonly kind: 'booleans'; readonly values: readonly boolean[] }
  | { readonly kind: 'texts'; readonly values: readonly string[] };

const numbers = (values: Numbers, shape: readonly number[]): TrialArray => ({ kind: 'numbers', values, shape });

/** What array formats hold of trials, one array for each quantity; `docs/recording.md` lists them. */
export function trialArrays(trials: readonly ExportedTrial[]): Record<string, TrialArray> {
  const n = trials.length;
  const { width, height, size } = trials[0].view;
  const floats = (length: number, of: (t: ExportedTrial) => readonly number[]): TrialArray =>
    numbers(Float64Array.from(trials.flatMap(of)), length === 1 ? [n] : [n, length]);
  const integers = (of: (t: ExportedTrial) => number): TrialArray =>
    numbers(
      BigInt64Array.from(trials, (t) => BigInt(of(t))),
      [n],
    );
  const texts = (of: (t: ExportedTrial) => string): TrialArray => ({ kind: 'texts', values: trials.map(of) });
  return {
    colour: numbers(
      stack(new Uint8Array(n * height * width * 3), trials, (t) => t.view.rgb),
      [n, height, width, 3],
    ),
    depth: numbers(
      stack(new Float32Array(n * height * width), trials, (t) => t.view.depth),
      [n, height, width],
    ),
    heightmap: numbers(
      stack(new Float32Array(n * size * size), trials, (t) => t.view.heightmap),
      [n, size, size],
    ),
    affordance: numbers(
      // NaN: the policy predicted nothing
      stack(new Float32Array(n * size * size).fill(Number.NaN), trials, (t) => t.view.affordance),
      [n, size, size],
    ),
    intrinsics: numbers(Float64Array.from(trials.flatMap((t) => t.view.intrinsics)), [n, 3, 3]),
    camera_pose: floats(7, (t) => t.view.cameraPose),
    cell: floats(1, (t) => [t.view.cell]),
    grasp_position: floats(3, (t) => t.fields.grasp_position),
    grasp_orientation: floats(4, (t) => t.fields.grasp_orientation),
    yaw: floats(1, (t) => [t.fields.yaw]),
    opening: floats(1, (t) => [t.fields.opening]),
    probability: floats(1, (t) => [t.fields.probability ?? Number.NaN]),
    held: { kind: 'booleans', values: trials.map((t) => t.fields.held) },
    outcome: texts((t) => t.fields.outcome),
    gap: floats(1, (t) => [t.fields.gap]),
    forces: floats(2, (t) => [t.fields.force_left, t.fields.force_right]),
    rise: floats(1, (t) => [t.fields.rise]),
    trial: integers((t) => t.fields.trial),
    scene: integers((t) => t.fields.scene),
    seed: integers((t) => t.fields.seed),
    // -1: not a round of clutter removal
    round: integers((t) => t.fields.round ?? -1),
    attempt: integers((t) => t.fields.attempt ?? -1),
    split: texts((t) => t.fields.split),
    policy: texts((t) => t.fields.policy),
    families: texts((t) => t.fields.families.join(' ')),
    state_hash: texts((t) => t.fields.state_hash),
  };
}

/** Puts equally long arrays one after another; what is undefined stays as it was. */
function stack<T extends Uint8Array | Float32Array>(
  into: T,
  trials: readonly ExportedTrial[],
  of: (trial: ExportedTrial) => T | undefined,
): T {
  trials.forEach((trial, i) => {
    const values = of(trial);
    if (values) into.set(values, i * (into.length / trials.length));
  });
  return into;
}
