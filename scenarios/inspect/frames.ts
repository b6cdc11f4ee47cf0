/** Frames as files: colour, depth, segmentation, heightmap and camera of one observation. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { encode } from 'fast-png';
import { loadPhysics } from '../../sim/physics.ts';
import { encodeNpy, npyNumbers } from '../export/npy.ts';
import { writingTo } from '../files.ts';
import { loadScenario } from '../load.ts';
import { libraryOf } from '../objects/read.ts';
import { note } from '../terminal/notes.ts';
import { sceneAndView } from '../trials/scene.ts';

/** `graft frame`: one observation, to look at what a policy sees and to ask `graft predict` about. @returns the files written. */
export async function writeFrames(scenarioName: string, seed: number, index: number, out: string): Promise<string[]> {
  const { scenario } = loadScenario(scenarioName);
  await loadPhysics();
  const { observation } = sceneAndView(scenario, seed, 'evaluation', index, await libraryOf(scenario, note));
  const { frame, heightmap } = observation;
  const { widthPx: width, heightPx: height } = frame.camera.intrinsics;
  const folder = resolve(out);
  const files: string[] = [];
  const write = (name: string, data: Uint8Array | string): void => {
    const path = join(folder, name);
    writeFileSync(path, data);
    files.push(path);
  };
  const save = (name: string, data: Uint8Array | Uint16Array, w: number, h: number, channels: 1 | 3): void => {
    write(name, encode({ data, width: w, height: h, channels, depth: data instanceof Uint16Array ? 16 : 8 }));
  };
  writingTo(folder, () => {
    mkdirSync(folder, { recursive: true });
    save('colour.png', frame.colour, width, height, 3);
    // millimetres in 16 bits, as depth cameras deliver it
    save(
      'depth-mm.png',
      Uint16Array.from(frame.depth, (z) => Math.round(z * 1000)),
      width,
      height,
      1,
    );
    save('depth.png', spread(frame.depth), width, height, 1);
    save('segmentation.png', colourize(frame.segmentation), width, height, 3);
    save('heightmap.png', upright(spread(heightmap.height), heightmap.size, 1), heightmap.size, heightmap.size, 1);
    const colours = Uint8Array.from(heightmap.colour, (c) => Math.round(c * 255));
    save('heightmap-colour.png', upright(colours, heightmap.size, 3), heightmap.size, heightmap.size, 3);
    write('depth.npy', encodeNpy(npyNumbers(frame.depth, [height, width])));
    const { intrinsics, pose } = frame.camera;
    write('camera.json', `${JSON.stringify({ ...intrinsics, T_world_camera: pose }, null, 2)}\n`);
  });
  return files;
}

/** Stretches the non-zero values over 32..255, nearest brightest for depth-like data; zero (no return) stays black. */
function spread(values: Float32Array): Uint8Array {
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (const v of values) {
    if (v === 0) continue;
    low = Math.min(low, v);
    high = Math.max(high, v);
  }
  const scale = 223 / Math.max(high - low, 1e-6);
  return Uint8Array.from(values, (v) => (v === 0 ? 0 : 32 + (v - low) * scale));
}

const SEGMENT_COLOURS = [
  [0, 0, 0],
  [70, 70, 70],
  [86, 180, 233],
  [230, 159, 0],
  [0, 158, 115],
  [240, 228, 66],
  [204, 121, 167],
  [213, 94, 0],
  [0, 114, 178],
];

const colourize = (ids: Uint8Array): Uint8Array =>
  Uint8Array.from([...ids].flatMap((id) => (id < 2 ? SEGMENT_COLOURS[id] : SEGMENT_COLOURS[2 + ((id - 2) % 7)])));

/** Heightmap rows run along +Y: turned over, so that +Y is up in the picture. */
function upright(data: Uint8Array, size: number, channels: number): Uint8Array {
  const out = new Uint8Array(data.length);
  const row = size * channels;
  for (let r = 0; r < size; r++) out.set(data.subarray(r * row, (r + 1) * row), (size - 1 - r) * row);
  return out;
}
