/** Arrays of a dataset: each quantity of its trials, stacked. */
import type { ExportedTrial } from './dataset.ts';

type Numbers = Uint8Array | Float32Array | Float64Array | BigInt64Array;

/** What arrays are made of. */
export type LabelledTrial = Pick<
  ExportedTrial,
  'trial' | 'split' | 'policy' | 'families' | 'outcome' | 'probability' | 'grasp' | 'inRound' | 'proof' | 'seen'
>;

/** One quantity of several trials, trials along the first axis. */
export type TrialArray =
  | { readonly kind: 'numbers'; readonly values: Numbers; readonly shape: readonly number[] }
  | { readonly kind: 'booleans'; readonly values: readonly boolean[] }
  | { readonly kind: 'texts'; readonly values: readonly string[] };

const numbers = (values: Numbers, shape: readonly number[]): TrialArray => ({ kind: 'numbers', values, shape });

/** What array formats hold of trials, one array for each quantity; `docs/recording.md` lists them. */
export function trialArrays(trials: readonly LabelledTrial[]): Record<string, TrialArray> {
  const n = trials.length;
  const { colour, heightmap } = trials[0].seen;
  const { width, height } = colour;
  const { size } = heightmap;
  const floats = (length: number, of: (t: LabelledTrial) => readonly number[]): TrialArray =>
    numbers(Float64Array.from(trials.flatMap(of)), length === 1 ? [n] : [n, length]);
  const integers = (of: (t: LabelledTrial) => number): TrialArray =>
    numbers(
      BigInt64Array.from(trials, (t) => BigInt(of(t))),
      [n],
    );
  const texts = (of: (t: LabelledTrial) => string): TrialArray => ({ kind: 'texts', values: trials.map(of) });
  return {
    colour: numbers(
      stack(new Uint8Array(n * height * width * 3), trials, (t) => t.seen.colour.rgb),
      [n, height, width, 3],
    ),
    depth: numbers(
      stack(new Float32Array(n * height * width), trials, (t) => t.seen.depth.depth),
      [n, height, width],
    ),
    heightmap: numbers(
      stack(new Float32Array(n * size * size), trials, (t) => t.seen.heightmap.values),
      [n, size, size],
    ),
    affordance: numbers(
      // NaN: the policy predicted nothing
      stack(new Float32Array(n * size * size).fill(Number.NaN), trials, (t) => t.seen.affordance?.values),
      [n, size, size],
    ),
    intrinsics: numbers(Float64Array.from(trials.flatMap(intrinsicsMatrix)), [n, 3, 3]),
    camera_pose: floats(7, cameraPose),
    cell: floats(1, (t) => [t.seen.heightmap.cell]),
    grasp_position: floats(3, (t) => t.proof.grasp.pose.position),
    grasp_orientation: floats(4, (t) => t.proof.grasp.pose.quaternion),
    yaw: floats(1, (t) => [t.grasp.yaw]),
    opening: floats(1, (t) => [t.proof.grasp.opening]),
    probability: floats(1, (t) => [t.probability ?? Number.NaN]),
    held: { kind: 'booleans', values: trials.map((t) => t.outcome === 'held') },
    outcome: texts((t) => t.outcome),
    gap: floats(1, (t) => [t.proof.result.gap]),
    forces: floats(2, (t) => t.proof.result.forces),
    rise: floats(1, (t) => [t.proof.result.rise]),
    trial: integers((t) => t.trial),
    scene: integers((t) => t.proof.scene),
    seed: integers((t) => t.proof.seed),
    // -1: not a round of clutter removal
    round: integers((t) => t.inRound?.round ?? -1),
    attempt: integers((t) => t.inRound?.attempt ?? -1),
    split: texts((t) => t.split),
    policy: texts((t) => t.policy),
    families: texts((t) => t.families.join(' ')),
    state_hash: texts((t) => t.proof.result.stateHash),
  };
}

/** T_world_camera of a trial: x y z qx qy qz qw. */
export const cameraPose = ({ seen: { camera } }: LabelledTrial): readonly number[] => [
  ...camera.pose.position,
  ...camera.pose.quaternion,
];

/** [3, 3] pixels. */
function intrinsicsMatrix({ seen: { camera } }: LabelledTrial): readonly number[] {
  const { fx, fy, cx, cy } = camera.intrinsics;
  return [fx, 0, cx, 0, fy, cy, 0, 0, 1];
}

/** Puts equally long arrays one after another; what is undefined stays as it was. */
function stack<T extends Uint8Array | Float32Array>(
  into: T,
  trials: readonly LabelledTrial[],
  of: (trial: LabelledTrial) => T | undefined,
): T {
  trials.forEach((trial, i) => {
    const values = of(trial);
    if (values) into.set(values, i * (into.length / trials.length));
  });
  return into;
}
