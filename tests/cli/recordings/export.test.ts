import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { unzipSync } from 'fflate';
import h5wasm, { type Dataset } from 'h5wasm/node';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ExportResult } from '../../../scenarios/export/dataset.ts';
import type { OnnxResult } from '../../../scenarios/export/onnx/export.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { createRecording } from '../../../sim/recording/write/mcap-writer.ts';
import type { RecordingEntry } from '../../../sim/recording/write/messages.ts';
import { expectRefusal, run, runJson, snapshot, temporaryFolder } from '../../support/process/cli.ts';
import { parseNpy } from '../../support/recordings/exported-trials.ts';
import { recordTrials } from '../../support/recordings/recordings.ts';

const folder = temporaryFolder();
const here = { cwd: folder };
const at = (...parts: string[]): string => join(folder, ...parts);
let trials: RecordingEntry[];

beforeAll(async () => {
  trials = await recordTrials(5);
  mkdirSync(at('run'));
  const metadata = { version: '1', scenario: JSON.stringify(loadScenario('quick').scenario) };
  const writer = await createRecording(at('run', 'recording.mcap'), metadata);
  for (const trial of trials) await writer.add(trial);
  await writer.close();
  const small = await createRecording(at('empty.mcap'), metadata);
  await small.close();
});

const exported = (from: string, format: string, out: string): Promise<ExportResult> =>
  runJson(['export', from, '--format', format, '--out', out], here);

describe('export --format npz', () => {
  it('writes arrays that hold the trials', async () => {
    const held = trials.filter(({ episode }) => episode.outcome === 'held').length;
    expect(await exported('run', 'npz', 'arrays')).toMatchObject({ trials: 5, held, notes: [] });
    const files = unzipSync(readFileSync(at('arrays', 'trials-000.npz')));
    const array = (name: string) => parseNpy(files[`${name}.npy`]);
    expect(array('colour')).toMatchObject({ descr: '|u1', shape: [5, 128, 128, 3] });
    expect(array('depth')).toMatchObject({ descr: '<f4', shape: [5, 128, 128] });
    expect(array('intrinsics')).toMatchObject({ descr: '<f8', shape: [5, 3, 3] });
    expect(array('trial')).toMatchObject({ descr: '<i8', shape: [5] });
    const colour = new Uint8Array(array('colour').data);
    const depth = new Float32Array(array('depth').data);
    const grasps = new Float64Array(array('grasp_position').data);
    const { descr, data } = array('outcome');
    const width = Number(descr.slice(2));
    trials.forEach(({ episode }, i) => {
      const { camera, proof } = episode;
      const { rgb } = episode.image;
      expect(Buffer.from(colour.subarray(i * rgb.length, (i + 1) * rgb.length)).equals(Buffer.from(rgb))).toBe(true);
      const worst = episode.depth!.reduce(
        (w, z, k) => Math.max(w, Math.abs(depth[i * episode.depth!.length + k] - z)),
        0,
      );
      expect(worst).toBeLessThan(0.000501);
      expect([...grasps.subarray(3 * i, 3 * i + 3)]).toEqual(proof.grasp.pose.position);
      const points = [...new Uint32Array(data, 4 * width * i, width)].filter(Boolean);
      expect(String.fromCodePoint(...points)).toBe(episode.outcome);
      const pose = new Float64Array(array('camera_pose').data, 56 * i, 7);
      expect([...pose]).toEqual([...camera.pose.position, ...camera.pose.quaternion]);
    });
    expect(new Float32Array(array('affordance').data).every(Number.isNaN)).toBe(true);
  });

  it('gives the same bytes again', async () => {
    await exported('run/recording.mcap', 'npz', 'again');
    const bytes = (out: string): Buffer => readFileSync(at(out, 'trials-000.npz'));
    expect(bytes('again').equals(bytes('arrays'))).toBe(true);
  });
});

describe('export --format hdf5', () => {
  it('writes the arrays of npz into one file', async () => {
    expect(await exported('run', 'hdf5', 'tree')).toMatchObject({ trials: 5, notes: [] });
    await exported('run', 'npz', 'same');
    const arrays = unzipSync(readFileSync(at('same', 'trials-000.npz')));
    await h5wasm.ready;
    const file = new h5wasm.File(at('tree', 'trials.h5'), 'r');
    const names = Object.keys(arrays).map((name) => name.replace(/\.npy$/, ''));
    expect(file.keys().sort()).toEqual(names.sort());
    expect(file.attrs.units.value).toContain('metres');
    for (const name of names) {
      const { descr, shape, data } = parseNpy(arrays[`${name}.npy`]);
      const dataset = file.get(name) as Dataset;
      expect(dataset.shape, name).toEqual(shape);
      const values = dataset.value as Uint8Array | string[];
      if (Array.isArray(values)) {
        const width = Number(descr.slice(2));
        const texts =
          shape[0] === 0 ? [] : Array.from({ length: shape[0] }, (_, i) => new Uint32Array(data, 4 * width * i, width));
        expect(values, name).toEqual(texts.map((points) => String.fromCodePoint(...[...points].filter(Boolean))));
      } else {
        const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
        expect(bytes.equals(Buffer.from(data)), name).toBe(true);
      }
    }
    file.close();
  });
});

/** A row by column, of whatever types the file says. */
type Loose = ReturnType<typeof JSON.parse>;

describe('export --format lerobot', () => {
  const table = async (path: string): Promise<Loose[]> =>
    parquetReadObjects({ file: await asyncBufferFromFile(at('robot', path)), utf8: false }) as Promise<Loose[]>;

  it('writes a dataset of one-frame episodes whose action is the grasp', async () => {
    expect(await exported('run', 'lerobot', 'robot')).toMatchObject({ trials: 5 });
    const rows = await table('data/chunk-000/file-000.parquet');
    const episodes = await table('meta/episodes/chunk-000/file-000.parquet');
    trials.forEach(({ episode }, i) => {
      const { grasp } = episode.proof;
      const { bytes, path } = rows[i]['observation.images.camera'];
      expect(path).toBe(`frame-00000${i}.png`);
      expect(Buffer.from(decode(bytes).data as Uint8Array).equals(Buffer.from(episode.image.rgb))).toBe(true);
      const action = [...grasp.pose.position, ...grasp.pose.quaternion, grasp.opening].map(Math.fround);
      expect(rows[i].action).toEqual(action);
      const held = episode.outcome === 'held';
      expect(rows[i]).toMatchObject({ 'next.reward': held ? 1 : 0, 'next.success': held, index: BigInt(i) });
      expect(episodes[i]).toMatchObject({ dataset_from_index: BigInt(i), 'graft/outcome': episode.outcome });
    });
  });

  it('describes every column, with statistics', async () => {
    const info = JSON.parse(readFileSync(at('robot', 'meta/info.json'), 'utf8'));
    const stats = JSON.parse(readFileSync(at('robot', 'meta/stats.json'), 'utf8'));
    expect(info).toMatchObject({ codebase_version: 'v3.0', total_episodes: 5, splits: { evaluation: '0:5' } });
    const file = await asyncBufferFromFile(at('robot', 'data/chunk-000/file-000.parquet'));
    const columns = parquetSchema(await parquetMetadataAsync(file)).children.map((c) => c.element.name);
    expect(columns.sort()).toEqual(Object.keys(info.features).sort());
    expect(Object.keys(stats).sort()).toEqual(columns);
    const x = trials.map(({ episode }) => episode.proof.grasp.pose.position[0]);
    expect(stats.action.mean[0]).toBeCloseTo(x.reduce((a, b) => a + b) / x.length, 9);
    expect(stats.action.min[0]).toBe(Math.min(...x));
    expect(stats['observation.images.camera'].mean).toHaveLength(3);
  });
});

describe('export', () => {
  it.each([
    [['export', 'run', '--out', 'x'], 'expected --format npz, hdf5, lerobot, got none'],
    [['export', 'run', '--format', 'npz'], 'expected --out with a folder to make, got none'],
    [['export', 'run', '--format', 'zarr', '--out', 'x'], 'Allowed choices are npz, hdf5, lerobot.'],
    [['export', 'run', '--format', 'npz', '--out', 'run'], 'expected a folder that does not exist yet'],
    [['export', 'nothing', '--format', 'npz', '--out', 'x'], 'ENOENT'],
    [['export', '.', '--format', 'npz', '--out', 'x'], 'expected at least one whole trial, got none'],
    [['export', 'empty.mcap', '--format', 'lerobot', '--out', 'x'], 'expected at least one whole trial, got none'],
  ])('refuses %j and leaves nothing behind', async (args, message) => {
    const before = snapshot(folder);
    expectRefusal(await run(args, here), message);
    expect(snapshot(folder)).toEqual(before);
    expect(existsSync(at('x.partial'))).toBe(false);
  });

  it('keeps what follows mjcf for it', async () => {
    expect((await run(['export', 'mjcf', 'quick', '--out', 'scene.xml'], here)).code).toBe(0);
    expect(readFileSync(at('scene.xml'), 'utf8')).toContain('<mujoco');
  });

  it('writes with onnx a network, by default named after its policy, and says what stands in it', async () => {
    const { onnx, metadata } = await runJson<OnnxResult>(['export', 'onnx', 'pretrained'], here);
    expect(onnx).toMatch(/pretrained\.onnx$/);
    expect(existsSync(at('pretrained.onnx')) && existsSync(at('pretrained.md'))).toBe(true);
    expect(metadata.weights).toMatch(/^[0-9a-f]{64}$/);
    expectRefusal(await run(['export', 'onnx', 'random'], here), 'expected one with a network');
  });
});
