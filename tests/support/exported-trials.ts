import type { ExportedTrial } from '../../scenarios/export/dataset.ts';
import type { TrialFields } from '../../scenarios/recordings/recorded-trial.ts';
import { rngStream } from '../../sim/math/rng.ts';

/** Pictures of made-up trials: columns, rows, and cells along a side of the map. */
export const [WIDTH, HEIGHT, SIZE] = [6, 4, 5];

/** A trial as exporters get it, small and made up; every one different. */
export function exportedTrial(trial: number, fields: Partial<TrialFields> = {}): ExportedTrial {
  const rng = rngStream(0, 'test/exported', trial);
  const floats = (length: number): Float32Array => Float32Array.from({ length }, () => rng.next());
  const held = trial % 3 !== 0;
  return {
    fields: {
      ...{ trial, scene: 10 + trial, seed: 7, split: 'training', policy: 'antipodal', families: ['box', 'mug'] },
      ...{ outcome: held ? 'held' : 'missed', held, probability: rng.next() },
      grasp_position: [rng.normal() / 10, rng.normal() / 10, 0.02],
      ...{ grasp_orientation: [1, 0, 0, 0], yaw: rng.next(), opening: 0.08, gap: rng.next() / 10, target: 0 },
      ...{ force_left: 20, force_right: 19, rise: 0.2, steps: 900, duration: 2 },
      ...{ state_hash: `state-${trial}`, observation_hash: 'seen', log: '{}' },
      ...fields,
    },
    view: {
      ...{ width: WIDTH, height: HEIGHT, size: SIZE, cell: 0.004 },
      rgb: Uint8Array.from({ length: 3 * WIDTH * HEIGHT }, () => rng.int(256)),
      depth: floats(WIDTH * HEIGHT),
      intrinsics: [100, 0, 3, 0, 100, 2, 0, 0, 1],
      cameraPose: [0, -0.2, 0.5, 1, 0, 0, rng.next()],
      heightmap: floats(SIZE * SIZE),
      ...(trial % 2 === 0 && { affordance: floats(SIZE * SIZE) }),
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
