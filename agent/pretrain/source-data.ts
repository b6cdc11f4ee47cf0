/** Source scenes: what pretraining learns from, packed. */
import type { Heightmap } from '../../sim/camera/heightmap.ts';
import type { Truth } from './passive.ts';

/** Heights are stored in whole steps of this, from {@link LOWEST} upwards, metres. */
const STEP = 1e-5;
const LOWEST = -0.1;

/**
 * One scene for pretraining, packed to some 80 kB: what the camera saw, what is there, and which grasps were tried. Heights in
 * steps of 10 micrometres.
 */
export interface SourceScene {
  readonly size: number;
  /** Metres. */
  readonly cell: number;
  /** [size, size], and [size, size, 3] in 0..255. */
  readonly height: Uint16Array;
  readonly colour: Uint8Array;
  readonly observed: Uint8Array;
  /** [size, size] the true heights, and whose they are: object index, -1 = table. */
  readonly trueHeight: Uint16Array;
  readonly owner: Int8Array;
  readonly centres: Truth['centres'];
  readonly families: readonly number[];
  /** As `graspDescriptor`, one for each shape of a grasp that was tried: the hand, the depth, the opening. */
  readonly descriptors: readonly Float32Array[];
  readonly grasps: readonly SourceGrasp[];
}

/** A grasp that was tried. */
export interface SourceGrasp {
  /** Heightmap cell. */
  readonly cell: number;
  /** Of the closing axis, radians. */
  readonly yaw: number;
  /** Among the scene's descriptors. */
  readonly shape: number;
  readonly held: boolean;
}

const pack = (metres: Float32Array): Uint16Array =>
  Uint16Array.from(metres, (z) => Math.min(Math.max(Math.round((z - LOWEST) / STEP), 0), 65_535));

/** A plain loop, as for the colours: a batch unpacks a scene for each of its windows, and `from` takes ten times as long. */
function unpack(steps: Uint16Array): Float32Array {
  const metres = new Float32Array(steps.length);
  for (let i = 0; i < steps.length; i++) metres[i] = steps[i] * STEP + LOWEST;
  return metres;
}

function unpackColour(levels: Uint8Array): Float32Array {
  const shares = new Float32Array(levels.length);
  for (let i = 0; i < levels.length; i++) shares[i] = levels[i] / 255;
  return shares;
}

/** @returns a scene of which nothing is shared with the arguments. */
export function packScene(
  { size, cell, height, colour, observed }: Heightmap,
  truth: Truth,
  descriptors: readonly Float32Array[],
  grasps: readonly SourceGrasp[],
): SourceScene {
  return {
    size,
    cell,
    descriptors,
    grasps,
    centres: truth.centres,
    families: truth.families,
    height: pack(height),
    colour: Uint8Array.from(colour, (c) => Math.round(c * 255)),
    observed: observed.slice(),
    trueHeight: pack(truth.height),
    owner: Int8Array.from(truth.owner),
  };
}

/** What the camera saw. */
export const sourceMap = ({ size, cell, height, colour, observed }: SourceScene): Heightmap => ({
  size,
  cell,
  observed,
  height: unpack(height),
  colour: unpackColour(colour),
});

/** What is there. */
export const sourceTruth = ({ size, cell, trueHeight, owner, centres, families }: SourceScene): Truth => ({
  size,
  cell,
  centres,
  families,
  height: unpack(trueHeight),
  owner: Int32Array.from(owner),
});
