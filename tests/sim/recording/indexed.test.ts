import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { McapWriter } from '@mcap/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { rngStream } from '../../../sim/math/rng.ts';
import { GRIPPER_BODIES } from '../../../sim/recording/episode.ts';
import { RecordingError } from '../../../sim/recording/read/error.ts';
import type { ByteSource } from '../../../sim/recording/read/source.ts';
import { createRecording } from '../../../sim/recording/write/mcap-writer.ts';
import type { RecordingEntry } from '../../../sim/recording/write/messages.ts';
import { RecordingFile, sampleAt } from '../../../viewer/page/playback/recording.ts';
import { temporaryFolder } from '../../support/process/cli.ts';
import { recordTrials } from '../../support/recordings/recordings.ts';

const METADATA = { version: '1', graft: '0.0.0', scenarioName: 'quick', seed: '0', policy: 'antipodal' };
const folder = temporaryFolder();
let trials: RecordingEntry[];
let bytes: Buffer;

beforeAll(async () => {
  trials = await recordTrials(6);
  // two grasps on the same scene: the second has neither scene nor pictures of its own
  trials.push({ ...trials[5], sameView: true });
  const path = join(folder, 'whole.mcap');
  // small chunks, so that a trial spans several
  const writer = await createRecording(path, METADATA, 16 * 1024);
  for (const trial of trials) await writer.add(trial);
  await writer.close();
  bytes = readFileSync(path);
});

/** Bytes in memory, and how many of them were asked for. */
function counted(data: Uint8Array, name = 'test.mcap'): ByteSource & { readonly asked: number } {
  let asked = 0;
  return {
    ...{ name, size: data.length },
    get asked() {
      return asked;
    },
    async read(offset, length) {
      if (offset < 0 || offset + length > data.length) throw new Error(`read of ${length} at ${offset}`);
      asked += length;
      return data.slice(offset, offset + length);
    },
  };
}

const scanned = async (file: RecordingFile): Promise<RecordingFile> => {
  await file.scan(() => undefined, new AbortController().signal);
  return file;
};

describe('a recording, read here and there', () => {
  it('lists its trials without reading them', async () => {
    // as long as a real run: the same chunks again and again would not open, so the bytes asked for are compared
    const source = counted(bytes);
    const file = await RecordingFile.open(source);
    expect(file.marks).toHaveLength(trials.length);
    file.marks.forEach((mark, i) => {
      const { episode } = trials[i];
      const { scene } = episode.proof;
      expect(mark).toMatchObject({ trial: episode.trial, scene, split: episode.split, outcome: episode.outcome });
      expect(mark.families).toEqual(episode.objects.map((o) => o.family));
    });
    expect(source.asked).toBeLessThan(bytes.length / 2);
    expect(file.warning).toBeUndefined();
  });

  it('gives any trial, in any order, as it happened', async () => {
    const file = await RecordingFile.open(counted(bytes));
    for (const i of [4, 0, 5, 2]) {
      const { episode } = trials[i];
      const trial = await file.load(i);
      expect(trial.info).toMatchObject({ trial: episode.trial, outcome: episode.outcome, policy: 'antipodal' });
      expect(trial.info.grasp).toEqual(episode.grasp);
      const { fingerLength, fingerWidth, fingerThickness } = episode.gripper;
      expect(trial.info.gripper.fingerLength).toBeCloseTo(fingerLength, 12);
      expect(trial.info.gripper).toMatchObject({ fingerWidth, fingerThickness });
      expect(trial.info.camera?.pose).toEqual(episode.camera.pose);
      expect(trial.info.camera?.intrinsics).toEqual(episode.camera.intrinsics);
      expect(trial.seen.colour?.rgb).toEqual(episode.image.rgb);
      expect(trial.seen.heightmap?.size).toBe(episode.heightmap.size);
      trial.seen.depth?.depth.forEach((z, k) => {
        if (Math.abs(z - episode.depth![k]) > 0.00051) throw new Error(`depth ${k}`);
      });
      const { geometry } = trial.info.objects[0];
      expect(trial.geometry.get(geometry)?.indices).toEqual(episode.objects[0].mesh.indices);
      expect(trial.geometry.get(geometry)?.positions).toEqual(episode.objects[0].mesh.positions);
      const stride = (GRIPPER_BODIES + episode.objects.length) * 7;
      trial.moments.forEach(({ poses, phase }, frame) => {
        expect(poses).toEqual(episode.poses.slice(frame * stride, (frame + 1) * stride));
        expect(phase).toBe(episode.phases[frame]);
      });
      expect(trial.moments).toHaveLength(episode.phases.length);
    }
  });

  it('gives what was seen at the trial before where nothing new was written', async () => {
    const file = await RecordingFile.open(counted(bytes));
    const trial = await file.load(trials.length - 1);
    expect(trial.seen.colour?.rgb).toEqual(trials[5].episode.image.rgb);
    expect(trial.info.objects[0].family).toBe(trials[5].episode.objects[0].family);
    expect(trial.info.camera).toBeDefined();
  });

  it('is shown between its moments, too', async () => {
    const trial = await (await RecordingFile.open(counted(bytes))).load(0);
    const [a, b] = [trial.moments[3], trial.moments[4]];
    const { poses, frame } = sampleAt(trial, (a.time + b.time) / 2);
    expect(frame).toBe(3);
    for (const k of [0, 1, 2]) expect(poses[k]).toBeCloseTo((a.poses[k] + b.poses[k]) / 2, 6);
    expect(sampleAt(trial, -1).time).toBe(0);
    expect(sampleAt(trial, 1e9)).toMatchObject({ frame: trial.moments.length - 1, time: trial.duration });
  });
});

describe('a recording that was cut off', () => {
  it('gives its whole trials, wherever it was cut, and says so', async () => {
    let most = 0;
    for (let cut = 9000; cut < bytes.length - 1; cut += Math.floor(bytes.length / 40)) {
      let file: RecordingFile;
      try {
        file = await scanned(await RecordingFile.open(counted(bytes.subarray(0, cut))));
      } catch (error) {
        expect(error).toBeInstanceOf(RecordingError);
        expect((error as Error).message).toContain('cut off before its first trial');
        continue;
      }
      expect(file.warning).toContain('was cut off at byte');
      file.marks.forEach((mark, i) => {
        expect(mark.trial).toBe(trials[i].episode.trial);
      });
      expect(file.marks.length).toBeGreaterThanOrEqual(most);
      most = file.marks.length;
      if (most > 0) expect((await file.load(most - 1)).moments.length).toBeGreaterThan(1);
    }
    expect(most).toBeGreaterThanOrEqual(trials.length - 1);
  });

  it('lists the same trials as the whole one', async () => {
    const whole = await RecordingFile.open(counted(bytes));
    const cut = await scanned(await RecordingFile.open(counted(bytes.subarray(0, bytes.length - 9))));
    expect(cut.marks).toEqual(whole.marks);
  });
});

describe('what is no recording', () => {
  const open = (data: Uint8Array): Promise<RecordingFile> => RecordingFile.open(counted(data, 'x.mcap'));

  it.each([
    [
      'an empty file',
      Buffer.alloc(0),
      'x.mcap: expected a recording (MCAP, starting 894d43415030...), got an empty file',
    ],
    ['a picture', Buffer.from('89504e470d0a1a0a00', 'hex'), 'got 89504e470d0a1a0a'],
    ['only the first bytes', Buffer.from('894d434150300d0a', 'hex'), 'cut off before its first trial'],
    [
      'zeros after the first bytes',
      Buffer.concat([Buffer.from('894d434150300d0a', 'hex'), Buffer.alloc(500)]),
      'damaged one',
    ],
  ])('is refused with a sentence: %s', async (_, data, message) => {
    await expect(open(data)).rejects.toThrow(message);
  });

  it('is refused if it is an MCAP file of something else, or of another version', async () => {
    const file = join(folder, 'other.mcap');
    const parts: Uint8Array[] = [];
    let size = 0n;
    const mcap = new McapWriter({
      writable: {
        write: async (part) => {
          parts.push(part.slice());
          size += BigInt(part.length);
        },
        position: () => size,
      },
    });
    await mcap.start({ profile: '', library: 'robot' });
    const schemaId = await mcap.registerSchema({ name: 'a', encoding: 'jsonschema', data: new Uint8Array() });
    const channelId = await mcap.registerChannel({
      topic: '/odom',
      schemaId,
      messageEncoding: 'json',
      metadata: new Map(),
    });
    await mcap.addMessage({ channelId, sequence: 0, logTime: 1n, publishTime: 1n, data: Buffer.from('{}') });
    await mcap.end();
    writeFileSync(file, Buffer.concat(parts));
    await expect(open(readFileSync(file))).rejects.toThrow('got an MCAP file of something else (topics /odom)');
    const newer = join(folder, 'newer.mcap');
    await (await createRecording(newer, { ...METADATA, version: '99' })).close();
    await expect(open(readFileSync(newer))).rejects.toThrow('expected a recording of version 1, got 99');
  });

  it('never does more than refuse or leave out, whichever bytes are changed', async () => {
    const rng = rngStream(0, 'test-damage', 1);
    for (let round = 0; round < 60; round++) {
      const data = Buffer.from(bytes);
      for (let k = 0; k < 1 + (round % 4); k++)
        data[Math.floor(rng.next() * data.length)] = Math.floor(rng.next() * 256);
      try {
        const file = await scanned(await open(data));
        for (let i = 0; i < file.marks.length; i++) await file.load(i);
      } catch (error) {
        expect((error as Error).message.length).toBeGreaterThan(10);
        expect(error).not.toBeInstanceOf(TypeError);
      }
    }
  });
});
