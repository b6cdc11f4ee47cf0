/** What is fuzzed: every parser of what may come from anyone, with sound input to begin with. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode as encodePng } from 'fast-png';
import { foreignCard, ownCard, parseCard } from '../../agent/backbones/card.ts';
import { loadBackbone } from '../../agent/backbones/own.ts';
import { checkpointTensors, restoreCheckpoint } from '../../agent/learner/checkpoint.ts';
import { createLearner } from '../../agent/learner/learner.ts';
import { decodeTensors, encodeTensors } from '../../agent/network/safetensors.ts';
import { initTrunk } from '../../agent/network/trunk-layers.ts';
import { RUN_VERSION } from '../../agent/policy/model-file.ts';
import { parseRequest as parseEnvRequest } from '../../scenarios/env/requests.ts';
import { decodePack, encodePack } from '../../scenarios/experiments/pack.ts';
import { parseLessons } from '../../scenarios/export/lessons.ts';
import { encodeNpy } from '../../scenarios/export/npy.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { graspFrom } from '../../scenarios/messages/grasp.ts';
import { SCENARIO_FOLDER } from '../../scenarios/names.ts';
import { parseScenario } from '../../scenarios/parse/parse.ts';
import { parseCamera } from '../../scenarios/predict/camera-file.ts';
import { decodeNpy } from '../../scenarios/predict/npy.ts';
import { decodeDepth } from '../../scenarios/predict/pictures.ts';
import { parseQuestion } from '../../scenarios/predict/request.ts';
import { openRecordingFile } from '../../scenarios/recordings/open.ts';
import { configText, type RunConfig, readRunConfig, readTrials } from '../../scenarios/run/run-folder.ts';
import type { Scenario } from '../../scenarios/schema/schema.ts';
import { learnerPlan } from '../../scenarios/training/learner-plan.ts';
import { buildHeightmap, HEIGHTMAP_DEFAULTS } from '../../sim/camera/heightmap.ts';
import { parseGlb } from '../../sim/files/glb.ts';
import { parseObj } from '../../sim/files/obj.ts';
import { parseStl } from '../../sim/files/stl.ts';
import { parseUrdf } from '../../sim/files/urdf.ts';
import { rngStream } from '../../sim/math/rng.ts';
import { parseMarks } from '../../sim/recording/marks.ts';
import { createRecording } from '../../sim/recording/write/mcap-writer.ts';
import { decodeServiceRequest, encodeServiceRequest } from '../../viewer/foxglove/protocol.ts';
import { parseRequest as parseStreamRequest } from '../../viewer/foxglove/requests.ts';
import { parseQuestionText } from '../../viewer/grasps/server/body.ts';
import { decodeFrame } from '../../viewer/grasps/server/frame.ts';
import { sceneFragment, sceneOfFragment } from '../../viewer/play/scene/link.ts';
import { writeAsciiStl, writeBinaryStl, writeGlb, writeObj, writeUrdf } from '../support/objects/mesh-writers.ts';
import { recordTrials } from '../support/recordings/recordings.ts';
import { BOX, SHAPES } from '../support/surfaces.ts';
import { writeAnew } from '../support/write-anew.ts';

/** A parser that anyone may feed. */
export interface Fuzzed {
  readonly name: string;
  /** Sound input. */
  readonly sound: readonly Uint8Array[];
  /** @throws Error that says what was expected, for anything that is not sound. */
  readonly parse: (bytes: Uint8Array) => unknown;
  /** Whether it reads text, so that pieces of text are put in. */
  readonly isText: boolean;
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const text = (name: string, sound: readonly string[], parse: (text: string) => unknown): Fuzzed => ({
  ...{ name, isText: true, sound: sound.map(encode) },
  parse: (bytes) => parse(decode(bytes)),
});
const binary = (name: string, sound: readonly Uint8Array[], parse: Fuzzed['parse']): Fuzzed => ({
  ...{ name, isText: false, sound, parse },
});

const json = (...values: readonly unknown[]): string[] => values.map((value) => JSON.stringify(value));
const intrinsics = { widthPx: 64, heightPx: 48, fx: 60, fy: 60, cx: 32, cy: 24 };
const QUESTION = {
  ...{ version: 1, intrinsics, depthScale: 0.001, count: 3, clean: false, show: ['maps'], hand: { preset: 'cup-12' } },
  T_world_camera: { position: [0, 0, 0.6], quaternion: [1, 0, 0, 0] },
  ...{
    workspace: { centre: [0, 0], size: [0.3, 0.3], table: 0 },
    failed: [{ position: [0, 0, 0], quaternion: [0, 0, 0, 1] }],
  },
};
const CAMERAS = [
  JSON.stringify({ ...intrinsics, T_world_camera: [1, 0, 0, 0, 0, -1, 0, 0, 0, 0, -1, 0.6, 0, 0, 0, 1] }),
  'width: 640\nheight: 480\nk: [600, 0, 320, 0, 600, 240, 0, 0, 1]\nd: [0, 0, 0, 0, 0]\n',
  '%YAML:1.0\n---\nimage_width: 640\nimage_height: 480\ncamera_matrix: !!opencv-matrix\n   rows: 3\n   cols: 3\n   dt: d\n   data: [6e2, 0, 3e2, 0, 6e2, 2e2, 0, 0, 1]\n',
];

const DEPTH_NPY = encodeNpy({
  descr: '<f4',
  shape: [3, 4],
  data: new Uint8Array(new Float32Array(12).fill(0.5).buffer),
});
const DEPTH_PNG = encodePng({ width: 4, height: 3, data: new Uint16Array(12).fill(500), channels: 1, depth: 16 });

const LESSON = {
  ...{ scenario: 'quick', seed: 0, split: 'evaluation', trial: 0, scene: 4, outcome: 'held', stateHash: 'a' },
  action: { cell: 5, angle: 1, depth: 0 },
};
const GRASPS = [
  { action: { cell: 5, angle: 1, shape: 0 }, probability: 0.5 },
  { position: [0, 0, 0.03], yaw: 0.5, opening: 0.04 },
  { position: [0, 0, 0.03], quaternion: [1, 0, 0, 0], probability: 1 },
];

/** What another program said, as far as it is JSON: the rest is no answer. */
function heard(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A message of the stream of questions. */
function frame(): Uint8Array {
  const depth = DEPTH_NPY;
  const header = encode(JSON.stringify({ id: 1, question: { intrinsics }, depth: depth.length }));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, header.length, true);
  return Buffer.concat([length, header, depth]);
}

/** A recording of a trial, and how all of it is read. */
async function recording(folder: string): Promise<Fuzzed> {
  const path = join(folder, 'whole.mcap');
  // small chunks, so that what is damaged is little
  const writer = await createRecording(path, { version: '1', graft: '0.0.0' }, 2048);
  for (const trial of await recordTrials(1)) await writer.add(trial);
  await writer.close();
  const damaged = join(folder, 'damaged.mcap');
  return binary('recording', [readFileSync(path)], async (bytes) => {
    writeAnew(damaged, bytes);
    const opened = await openRecordingFile(damaged);
    for await (const trial of opened.trials())
      for (const topic of ['/tf', '/trial', '/camera/colour', '/heightmap', '/gripper'] as const) trial.messages(topic);
    for (const mark of opened.marks) await opened.trial(mark);
  });
}

/** A run's configuration in its folder. */
function manifest(folder: string, scenario: Scenario): Fuzzed {
  const config: RunConfig = {
    ...{ version: RUN_VERSION, scenarioName: 'quick', scenario, seed: 3, arm: 'pretrained', backbone: 'passive' },
    ...{ backboneHash: 'a', engine: 'wasm', physics: 'test' },
  };
  return text('run manifest', [configText(config)], (t) => {
    writeAnew(join(folder, 'run.json'), t);
    return readRunConfig(folder);
  });
}

/** A run's log of trials in its folder. */
function trialLog(folder: string): Fuzzed {
  const line = { trial: 0, scene: 0, split: 'training', families: ['mug'], outcome: 'held', action: null };
  const log = [line, { ...line, trial: 1, outcome: 'slipped' }].map((each) => `${JSON.stringify(each)}\n`).join('');
  return text('trial log', [log], (t) => {
    writeAnew(join(folder, 'trials.jsonl'), t);
    return readTrials(folder);
  });
}

/**
 * All of them but networks of other programs, which those read.
 * @param folder for those that read files.
 */
export async function parsers(folder: string): Promise<Fuzzed[]> {
  const { scenario } = loadScenario('quick');
  // a small head: it is made anew for every input
  const action = { ...scenario.action, depths: [0.035] };
  const plan = learnerPlan({ ...scenario, action }, 'pretrained', loadBackbone('passive', ['conv1']), 3);
  const weights = encodeTensors({ parameters: initTrunk(rngStream(0, 'fuzz')), metadata: { name: 'fuzz' } });
  const checkpoint = encodeTensors(checkpointTensors({ state: createLearner(plan), trials: 3 }));
  const yaml = readdirSync(SCENARIO_FOLDER).filter((file) => file.endsWith('.yaml'));
  const mark = {
    trial: 0,
    split: 'evaluation',
    families: ['mug'],
    outcome: 'held',
    probability: 0.5,
    start: 5,
    end: 9,
    scene: 0,
  };
  const map = buildHeightmap([], HEIGHTMAP_DEFAULTS);
  const layers = [{ name: 'conv1', outputs: 8, stride: 2, tap: true }];
  const service = { service: 1, call: 7, encoding: 'json', payload: encode('{"hashes":["a"]}') };
  return [
    await recording(folder),
    manifest(folder, scenario),
    trialLog(folder),
    text(
      'scenario',
      yaml.map((file) => readFileSync(join(SCENARIO_FOLDER, file), 'utf8')),
      (t) => parseScenario(t, 'f'),
    ),
    text('camera', CAMERAS, (t) => parseCamera(t, 'f')),
    text('question', json(QUESTION), (t) => parseQuestion(parseQuestionText(t), 'f')),
    text('urdf', [writeUrdf('a', { collision: '<box size="1 1 1"/>', mass: 1, rgba: '1 0 0 1' })], (t) =>
      parseUrdf(t, 'f'),
    ),
    text('obj', [writeObj([BOX])], (t) => parseObj(t, 'f')),
    binary('stl', [writeBinaryStl(BOX), encode(writeAsciiStl(BOX))], (b) => parseStl(b, 'f')),
    binary('glb', [await writeGlb(BOX), await writeGlb(SHAPES.torus)], (b) => parseGlb(b, 'f')),
    binary('safetensors', [weights], (b) => decodeTensors(b, 'f')),
    binary('checkpoint', [checkpoint], (b) => restoreCheckpoint(decodeTensors(b, 'f'), 'f', plan)),
    text('model card', json({ summary: 's', layers }), (t) => parseCard(ownCard, t, 'f')),
    text(
      'foreign card',
      json({ tfjs: { model: 'm.json' }, input: { mean: [0, 0, 0], scale: [1, 1, 1] }, taps: ['a'] }),
      (t) => parseCard(foreignCard, t, 'f'),
    ),
    text('trial marks', json([mark, { ...mark, trial: 1, start: 10, end: 12 }]), parseMarks),
    binary('npy', [DEPTH_NPY, encodeNpy({ descr: '<u2', shape: [2, 3], data: new Uint8Array(12) })], (b) =>
      decodeNpy(b, 'f'),
    ),
    binary('depth', [DEPTH_NPY, DEPTH_PNG], (b) => decodeDepth(b, 0.001, 'f')),
    text(
      'stream request',
      json(
        { op: 'subscribe', subscriptions: [{ id: 1, channelId: 2 }] },
        { op: 'setParameters', parameters: [{ name: 'graft.paused', value: true }], id: 'a' },
      ),
      parseStreamRequest,
    ),
    binary('stream service', [encodeServiceRequest(service)], decodeServiceRequest),
    binary('question frame', [frame()], (b) => decodeFrame(Buffer.from(b), true)),
    text(
      'environment request',
      json({ type: 'hello', id: 1, version: 1 }, { type: 'reset', id: 2, seed: 0, split: 'training' }),
      (t) => parseEnvRequest(t, () => undefined),
    ),
    text('lessons', [`${JSON.stringify(LESSON)}\n${JSON.stringify({ ...LESSON, trial: 1 })}\n`], (t) =>
      parseLessons(t, 'f'),
    ),
    text('grasp of another program', json(...GRASPS), (t) => graspFrom(heard(t), map, { action, stroke: 0.08 })),
    text('scene link', [`#${await sceneFragment('scene: { objectCount: 3 }\n')}`], sceneOfFragment),
    binary('results', [encodePack(new Map([['a', { x: 1 }]]))], (b) => decodePack(b, 'f')),
  ];
}
