import type { ExportedTrial } from '../../../scenarios/export/dataset.ts';
import { GRIPPER_DEFAULTS } from '../../../sim/hand/presets.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { boxMesh } from '../../../sim/objects/mesh.ts';
import type { RecordedEpisode } from '../../../sim/recording/episode.ts';
import type { RecordingEntry } from '../../../sim/recording/write/messages.ts';

/** Pictures of made-up trials: columns, rows, and cells along a side of the map. */
export const [WIDTH, HEIGHT, SIZE] = [6, 4, 5];

const FRAMES = 3;
const INTRINSICS = { widthPx: WIDTH, heightPx: HEIGHT, fx: 100, fy: 101, cx: 3, cy: 2 };

/** A trial, small and made up; every one different. */
export function madeUpEpisode(trial: number, changes: Partial<RecordedEpisode> = {}): RecordedEpisode {
  const rng = rngStream(0, 'test/exported', trial);
  const floats = (length: number): Float32Array => Float32Array.from({ length }, () => rng.next());
  const mesh = boxMesh([0.02, 0.03, 0.04]);
  const grasp = {
    pose: { position: [rng.normal() / 10, rng.normal() / 10, 0.02], quaternion: [1, 0, 0, 0] },
    opening: 0.08,
  } as const;
  const poses = new Float32Array(FRAMES * 5 * 7).map((_, i) => (i % 7 === 6 ? 1 : 0));
  const probability = rng.next();
  return {
    ...{ trial, split: 'training', policy: 'antipodal', gripper: GRIPPER_DEFAULTS, hz: 60, poses },
    objects: ['box', 'mug'].map((family) => ({ family, mesh, colour: [0.5, 0.5, 0.5] })),
    ...{ phases: Uint8Array.of(0, 1, 4), pressed: new Float32Array(FRAMES * 2 * 2) },
    camera: { pose: { position: [0, -0.2, 0.5], quaternion: [1, 0, 0, 0] }, intrinsics: INTRINSICS },
    image: { width: WIDTH, height: HEIGHT, rgb: Uint8Array.from({ length: 3 * WIDTH * HEIGHT }, () => rng.int(256)) },
    ...{ depth: floats(WIDTH * HEIGHT), heightmap: { size: SIZE, cell: 0.004, height: floats(SIZE * SIZE) } },
    affordance: trial % 2 === 0 ? floats(SIZE * SIZE) : null,
    grasp: { position: grasp.pose.position, yaw: rng.next(), opening: grasp.opening, probability },
    outcome: trial % 3 === 0 ? 'missed' : 'held',
    proof: {
      ...{ seed: 7, scene: 10 + trial, grasp, observationHash: 'seen' },
      result: { target: 0, gap: rng.next() / 10, forces: [20, 19], rise: 0.2, steps: 900, stateHash: `state-${trial}` },
    },
    ...changes,
  };
}

/** As a recorder gets it. */
export const entryOf = (episode: RecordedEpisode): RecordingEntry => ({
  ...{ episode, log: '{}', counts: { trials: 1, held: 0, recentRate: 0, dropped: 0 } },
});

/** As an exporter gets it. */
export function exportedTrial(trial: number, changes: Partial<RecordedEpisode> = {}): ExportedTrial {
  const episode = madeUpEpisode(trial, changes);
  const { image, heightmap, camera, affordance, split, policy, grasp, outcome, proof, inRound } = episode;
  const map = (values: Float32Array) => ({ size: heightmap.size, cell: heightmap.cell, values });
  return {
    ...{ trial, split, policy, grasp, outcome, proof, probability: grasp.probability, duration: 2, log: '{}' },
    families: episode.objects.map((o) => o.family),
    ...(inRound && { inRound }),
    seen: {
      colour: image,
      depth: { width: image.width, height: image.height, depth: episode.depth! },
      ...{ heightmap: map(heightmap.height), camera },
      ...(affordance && { affordance: map(affordance) }),
    },
  };
}

export const exportedTrials = (count: number): ExportedTrial[] =>
  Array.from({ length: count }, (_, i) => exportedTrial(i));

/** Reads a `.npy` file as NumPy documents it. */
export function parseNpy(bytes: Uint8Array): { descr: string; shape: number[]; data: ArrayBuffer } {
  const magic = String.fromCharCode(...bytes.subarray(1, 6));
  const length = bytes[8] + 256 * bytes[9];
  if (bytes[0] !== 0x93 || magic !== 'NUMPY' || bytes[6] !== 1 || bytes[7] !== 0 || (10 + length) % 64 !== 0)
    throw new Error('npy: expected format 1.0 with its data at a multiple of 64');
  const text = Buffer.from(bytes.subarray(10, 10 + length)).toString('latin1');
  const match = /^\{'descr': '(.+)', 'fortran_order': False, 'shape': \((\d+(?:, \d+)*)(,?)\), \} *\n$/.exec(text);
  if (!match || match[2].includes(',') === (match[3] === ',')) throw new Error(`npy: expected a header, got ${text}`);
  return { descr: match[1], shape: match[2].split(',').map(Number), data: bytes.slice(10 + length).buffer };
}
