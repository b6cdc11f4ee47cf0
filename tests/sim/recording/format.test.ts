import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { foxgloveEnumSchemas, foxgloveMessageSchemas, generateProto } from '@foxglove/schemas/internal';
import { decompress, isLoaded } from '@foxglove/wasm-zstd';
import { McapIndexedReader } from '@mcap/core';
import protobuf from 'protobufjs';
import { FileDescriptorSet } from 'protobufjs/ext/descriptor.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { GRIPPER_BODIES } from '../../../sim/recording/episode.ts';
import { SCHEMA_NAMES, TOPICS } from '../../../sim/recording/format.ts';
import { createRecording } from '../../../sim/recording/write/mcap-writer.ts';
import type { RecordingEntry } from '../../../sim/recording/write/messages.ts';
import { schemaBytes } from '../../../sim/recording/write/schemas.ts';
import { temporaryFolder } from '../../support/process/cli.ts';
import { recordTrials } from '../../support/recordings/recordings.ts';

const path = join(temporaryFolder(), 'run.mcap');
let trials: RecordingEntry[];
let sizeBytes: number;

beforeAll(async () => {
  await isLoaded;
  trials = await recordTrials(6);
  const writer = await createRecording(path, { version: '1', scenario: '{}' });
  for (const trial of trials) await writer.add(trial);
  sizeBytes = await writer.close();
});

/** Fields of a type as (name, number, type, repeated), nested types and enums included. */
const shape = (type: protobuf.Type): unknown => ({
  fields: type.fieldsArray
    .map((f) => [f.name, f.id, f.type.replace(/^\./, '').replace(/^.*\./, ''), f.repeated])
    .sort(),
  enums: type.nestedArray.filter((n) => n instanceof protobuf.Enum).map((e) => [e.name, e.values]),
});

const rootOf = (bytes: Uint8Array): protobuf.Namespace =>
  protobuf.Root.fromDescriptor(bytes, { keepCase: true }).resolveAll();

describe('the schemas', () => {
  it.each(SCHEMA_NAMES)('%s comes with every file it depends on, dependencies first', (name) => {
    const set = FileDescriptorSet.toObject(FileDescriptorSet.decode(schemaBytes(name)), { arrays: true });
    const before = new Set<string>();
    for (const file of set.file) {
      expect(file.syntax).toBe('proto3');
      for (const dependency of file.dependency) expect(before, file.name).toContain(dependency);
      before.add(file.name);
    }
    expect(rootOf(schemaBytes(name)).lookupType(name).fullName).toBe(`.${name}`);
  });

  it('are those that Foxglove publishes, field by field', () => {
    const published = foxgloveMessageSchemas as Readonly<Record<string, (typeof foxgloveMessageSchemas)['Grid']>>;
    const seen = new Set<string>();
    for (const name of SCHEMA_NAMES) {
      const foxglove = rootOf(schemaBytes(name)).nested?.foxglove;
      if (!(foxglove instanceof protobuf.Namespace)) continue;
      for (const type of foxglove.nestedArray) {
        if (!(type instanceof protobuf.Type) || seen.has(type.name)) continue;
        seen.add(type.name);
        const enums = Object.values(foxgloveEnumSchemas).filter((e) => e.parentSchemaName === type.name);
        const text = generateProto(published[type.name], enums);
        const theirs = protobuf
          .parse(text, new protobuf.Root(), { keepCase: true })
          .root.lookupType(`foxglove.${type.name}`);
        expect(shape(type), type.name).toEqual(shape(theirs));
      }
    }
    expect(seen.size).toBeGreaterThan(15);
  });

  it("of graft's own messages are those of graft.proto", () => {
    const text = readFileSync(new URL('../../../sim/recording/write/graft.proto', import.meta.url), 'utf8');
    const written = protobuf.parse(text, new protobuf.Root(), { keepCase: true }).root;
    const shipped = rootOf(schemaBytes('graft.Trial'));
    for (const name of ['Trial', 'Contact', 'GripperState', 'Metrics']) {
      expect(shape(shipped.lookupType(`graft.${name}`)), name).toEqual(shape(written.lookupType(`graft.${name}`)));
    }
  });
});

/** Fields by name, of whatever type the schema says. */
type Loose = ReturnType<protobuf.Type['toObject']>;

/** Every message as an indexed reader finds it, decoded with the schema in the file. */
async function readIndexed(): Promise<Map<string, { time: bigint; fields: Loose }[]>> {
  const file = await open(path);
  try {
    const readable = {
      size: async () => BigInt((await file.stat()).size),
      read: async (offset: bigint, size: bigint) => {
        const bytes = new Uint8Array(Number(size));
        await file.read(bytes, 0, bytes.length, Number(offset));
        return bytes;
      },
    };
    const decompressHandlers = { zstd: (bytes: Uint8Array, size: bigint) => decompress(bytes, Number(size)) };
    const reader = await McapIndexedReader.Initialize({ readable, decompressHandlers });
    const found = new Map<string, { time: bigint; fields: Loose }[]>();
    const types = new Map<number, protobuf.Type>();
    for await (const { channelId, logTime, data } of reader.readMessages()) {
      const { topic, schemaId, messageEncoding } = reader.channelsById.get(channelId)!;
      const schema = reader.schemasById.get(schemaId)!;
      expect([messageEncoding, schema.encoding]).toEqual(['protobuf', 'protobuf']);
      const type = types.get(schemaId) ?? rootOf(schema.data).lookupType(schema.name);
      types.set(schemaId, type);
      const fields = type.toObject(type.decode(data), { longs: Number, defaults: true, arrays: true });
      found.set(topic, [...(found.get(topic) ?? []), { time: logTime, fields }]);
    }
    return found;
  } finally {
    await file.close();
  }
}

describe('a recording, read by an indexed reader with the schemas in the file', () => {
  let found: Awaited<ReturnType<typeof readIndexed>>;
  beforeAll(async () => {
    found = await readIndexed();
  });

  it('has every topic that a policy without a map can have', () => {
    const expected = Object.keys(TOPICS).filter((t) => !t.startsWith('/affordance'));
    expect([...found.keys()].sort()).toEqual(expected.sort());
    for (const topic of ['/camera/colour', '/camera/depth', '/heightmap', '/grasp', '/trial', '/metrics'])
      expect(found.get(topic), topic).toHaveLength(trials.length);
  });

  it('has the pictures bit for bit, depth to a millimetre and heights to 15 micrometres', () => {
    trials.forEach(({ episode }, i) => {
      const colour = found.get('/camera/colour')![i].fields;
      expect(colour).toMatchObject({ width: 128, height: 128, encoding: 'rgb8', step: 3 * 128, frame_id: 'camera' });
      expect(Buffer.from(colour.data).equals(Buffer.from(episode.image.rgb))).toBe(true);
      const depth = Buffer.from(found.get('/camera/depth')![i].fields.data);
      episode.depth!.forEach((z, k) => {
        if (Math.abs(depth.readUInt16LE(2 * k) / 1000 - z) > 0.0005001) throw new Error(`depth ${k}`);
      });
      const map = found.get('/heightmap')![i].fields;
      const heights = Buffer.from(map.data);
      episode.heightmap.height.forEach((z, k) => {
        if (Math.abs(heights.readFloatLE(4 * k) - z) > 2 ** -17) throw new Error(`height ${k}`);
      });
      expect(map.column_count * map.cell_size.x).toBeCloseTo(-2 * map.pose.position.x, 9);
    });
  });

  it('moves every body as it moved', () => {
    const { poses, phases, hz, objects } = trials[0].episode;
    const bodies = GRIPPER_BODIES + objects.length;
    const end = found.get('/trial')![0].time;
    const tf = found.get('/tf')!.filter(({ time }) => time < end);
    expect(tf).toHaveLength(phases.length);
    tf.forEach(({ time, fields }, frame) => {
      expect(Number(time)).toBe(Math.round((frame / hz) * 1e9));
      for (const { child_frame_id, parent_frame_id, translation, rotation } of fields.transforms) {
        expect(parent_frame_id).toBe('world');
        const body = ['palm', 'finger_left', 'finger_right', 'object_0'].indexOf(child_frame_id);
        const at = (frame * bodies + body) * 7;
        const { x, y, z } = translation;
        expect([x, y, z, rotation.x, rotation.y, rotation.z, rotation.w]).toEqual([...poses.subarray(at, at + 7)]);
      }
    });
    const resting = found.get('/tf_static')![0].fields.transforms.map((t: Loose) => t.child_frame_id);
    expect(resting).toEqual(['camera', 'object_0']);
  });

  it('has the forces of the fingers while they hold', () => {
    const held = trials.findIndex(({ episode }) => episode.outcome === 'held');
    const { fields, time: end } = found.get('/trial')![held];
    const begin = held === 0 ? -1n : found.get('/trial')![held - 1].time;
    const states = found.get('/gripper')!.filter(({ time }) => time > begin && time <= end);
    expect(states[0].fields).toMatchObject({ phase: 'descend', left: 0, right: 0, contacts: [] });
    const last = states.at(-1)!.fields;
    expect(last).toMatchObject({ phase: 'shake', contacts: [{ frame_id: 'object_0' }] });
    expect(last.left).toBeGreaterThan(1);
    expect(fields).toMatchObject({ outcome: 'held', held: true, target: 0 });
    expect(fields.force_left).toBeGreaterThan(1);
  });

  it('says in every trial what was done and what came of it', () => {
    trials.forEach(({ episode: { outcome, proof }, log, counts }, i) => {
      const { fields } = found.get('/trial')![i];
      expect(fields).toMatchObject({ trial: i, scene: i, seed: 0, split: 'evaluation', policy: 'antipodal', log });
      expect(fields).toMatchObject({ outcome, state_hash: proof.result.stateHash });
      expect(fields.grasp_position).toEqual(proof.grasp.pose.position);
      expect(fields.grasp_orientation).toEqual(proof.grasp.pose.quaternion);
      expect(fields.probability).toBeUndefined();
      expect(found.get('/metrics')![i].fields).toMatchObject({ trials: i + 1, held: counts.held });
    });
  });

  it('draws the scene again only when it changes', () => {
    expect(found.get('/scene')).toHaveLength(trials.length);
    const [{ fields }] = found.get('/scene')!;
    expect(fields.entities.map((e: Loose) => e.id)).toEqual([
      'table',
      'palm',
      'finger_left',
      'finger_right',
      'object_0',
    ]);
    const { mesh } = trials[0].episode.objects[0];
    expect(fields.entities[4].triangles[0].indices).toEqual([...mesh.indices]);
  });

  it('takes less than 60 kB a trial', () => {
    expect(sizeBytes / trials.length).toBeLessThan(60_000);
  });
});
