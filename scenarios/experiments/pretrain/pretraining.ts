import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { headTensors } from '../../../agent/backbones/pretrained-head.ts';
import { parametersHash, WEIGHTS_FOLDER } from '../../../agent/backbones/registry.ts';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import { copyParameters } from '../../../agent/network/parameters.ts';
import { decodeTensors, encodeTensors, requiredCount, requiredTensor } from '../../../agent/network/safetensors.ts';
import { prefixed } from '../../../agent/policy/model-file.ts';
import { pretrainStep, standardizedHead } from '../../../agent/pretrain/pretrain.ts';
import {
  createPretraining,
  type Pretraining,
  type PretrainSettings,
  trunkOf,
} from '../../../agent/pretrain/pretraining.ts';
import { type ProbeResult, probePretraining } from '../../../agent/pretrain/probe.ts';
import type { SourceScene } from '../../../agent/pretrain/source-data.ts';
import { SOURCES, type Source } from '../../../agent/pretrain/sources.ts';
import { TRUNK_SIZES, type TrunkSize } from '../../../agent/pretrain/trunk-sizes.ts';
import { HELD_OUT_FAMILIES, SOURCE_FAMILIES, TRAINING_FAMILIES } from '../../../sim/objects/families.ts';
import { loadPhysics, PHYSICS_ENGINE, physicsVersion } from '../../../sim/physics.ts';
import { sound, writeAtomically, writingTo } from '../../files.ts';
import { Interrupted } from '../../interrupted.ts';
import { InputError } from '../../load.ts';
import { note } from '../../notes.ts';
import { startProgress } from '../../progress.ts';
import { commit, versions } from '../../versions.ts';
import { PRETRAIN_DEFAULTS } from './defaults.ts';
import { graspsIn, openShards, type ShardStore } from './shards.ts';
import { createSourcePool } from './source-pool.ts';

export interface PretrainRequest {
  readonly name: string;
  readonly source: Source;
  readonly size: TrunkSize;
  /** Of new scenes; training goes on between them. */
  readonly rounds: number;
  /** Scenes of a round. */
  readonly scenes: number;
  /** Grasps tried on each scene. */
  readonly grasps: number;
  /** Gradient steps of a round. */
  readonly steps: number;
  readonly seed: number;
  /** Folder of the scenes. */
  readonly data?: string;
  readonly out?: string;
  readonly workers: number;
  readonly force: boolean;
  readonly quiet: boolean;
  readonly command: string;
  readonly signal: AbortSignal;
}

/** The model card beside the weights. */
export interface ModelCard {
  readonly name: string;
  readonly summary: string;
  readonly source: Source;
  readonly command: string;
  readonly data: string;
  readonly families: readonly string[];
  readonly neverSeen: readonly string[];
  readonly layers: readonly { name: string; outputs: number; stride: 1 | 2; tap: boolean }[];
  readonly scenes: number;
  readonly grasps: number;
  readonly steps: number;
  readonly batchSize: number;
  readonly loss: number;
  readonly probe: ProbeResult;
  readonly engine: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Of the code that made the weights: the same command there makes the same bytes. */
  readonly commit: string;
  readonly hash: string;
  /** Of trunk and head, if there is one. */
  readonly startHash?: string;
  readonly seconds: number;
}

/** Before the work, not after it. @throws InputError if the folder cannot be made or written. */
const checkWritable = (folder: string): void =>
  writingTo(folder, () => {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  });

function outputOf({ out: asked, name, force }: PretrainRequest): string {
  const out = asked ? resolve(asked) : `${WEIGHTS_FOLDER}${name}.safetensors`;
  if (!out.endsWith('.safetensors')) throw new InputError(`--out: expected a path ending in .safetensors, got ${out}`);
  if (existsSync(out) && !force)
    throw new InputError(
      `${out}: expected a file that does not exist yet, got one that does; pass --force to replace it`,
    );
  checkWritable(dirname(out));
  return out;
}

const settingsOf = (request: PretrainRequest): PretrainSettings => ({
  source: request.source,
  layers: TRUNK_SIZES[request.size],
  seed: request.seed,
  batchSize: PRETRAIN_DEFAULTS.batchSize,
  questions: PRETRAIN_DEFAULTS.questions,
  learningRate: PRETRAIN_DEFAULTS.learningRate,
  weightDecay: PRETRAIN_DEFAULTS.weightDecay,
  steps: request.rounds * request.steps,
});

/**
 * `graft pretrain`: a trunk (and, from grasps, a head) learned from simulated scenes of other objects, written with its model
 * card. Rounds alternate: while the trunk learns from what is there, the next scenes are drawn, and the head of the moment
 * chooses most of their grasps. Interrupted, the same command goes on after the last whole round.
 */
export async function runPretraining(request: PretrainRequest): Promise<ModelCard & { readonly out: string }> {
  const started = performance.now();
  const out = outputOf(request);
  const settings = settingsOf(request);
  await loadPhysics();
  const engine = await loadEngine();
  const pool = createSourcePool(request.workers);
  try {
    const physics = `${PHYSICS_ENGINE} ${physicsVersion()}`;
    const tries = SOURCES[request.source].grasp;
    const folder = resolve(request.data ?? join('runs', tries ? 'source-grasps' : 'source-views'));
    const grasps = tries ? request.grasps : (graspsIn(folder) ?? 0);
    const shards = openShards(
      folder,
      { seed: request.seed, scenes: request.scenes, grasps, families: SOURCE_FAMILIES, physics },
      pool,
      request.signal,
    );
    const { rounds, steps, scenes: each } = request;
    const checkpoint = {
      path: `${out}.checkpoint`,
      key: JSON.stringify({ settings, rounds, steps, each, grasps, folder, physics }),
    };
    const { state, scenes, loss } = await trainInRounds({ request, settings, shards, engine, checkpoint });
    const trunk = trunkOf(state);
    const head = tries ? headTensors(standardizedHead(engine.tf, state, scenes, settings)) : {};
    const held = await shards.load('evaluation', 0, undefined, () => undefined);
    const card: ModelCard = {
      name: request.name,
      summary: summaryOf(request, scenes.length),
      source: request.source,
      command: request.command,
      data:
        `${scenes.length} simulated scenes of 1 to 7 objects, dropped or packed; hand, camera, light, colours, texture and depth noise drawn for ` +
        `each (never the default stroke, depth, finger or noise model of clutter); seed ${request.seed}`,
      families: SOURCE_FAMILIES,
      neverSeen: [...TRAINING_FAMILIES, ...HELD_OUT_FAMILIES],
      layers: state.layers.map(({ name, outputs, stride, tap }) => ({ name, outputs, stride, tap })),
      scenes: scenes.length,
      grasps: tries ? scenes.reduce((n, s) => n + s.grasps.length, 0) : 0,
      steps: settings.steps,
      batchSize: settings.batchSize,
      loss,
      probe: probePretraining(engine.tf, state, held, settings),
      engine: engine.description,
      versions: versions(),
      commit: commit(),
      hash: parametersHash(trunk),
      ...(tries && { startHash: parametersHash({ ...trunk, ...head }) }),
      seconds: Math.round((performance.now() - started) / 1000),
    };
    writeAtomically(
      out,
      encodeTensors({ parameters: { ...trunk, ...head }, metadata: { name: request.name, summary: card.summary } }),
    );
    writeAtomically(out.replace(/\.safetensors$/, '.model.json'), `${JSON.stringify(card, null, 2)}\n`);
    rmSync(checkpoint.path, { force: true });
    return { ...card, out };
  } finally {
    await pool.close();
  }
}

function summaryOf({ source, grasps, size }: PretrainRequest, scenes: number): string {
  const what = {
    passive: `passive tasks on ${scenes} rendered scenes; no grasp is looked at`,
    grasp: `outcomes of ${grasps} simulated grasps on each of ${scenes} scenes`,
    'grasp+passive': `outcomes of ${grasps} simulated grasps on each of ${scenes} scenes, and passive tasks there`,
  } as const satisfies Record<Source, string>;
  return `${what[source]}; ${SOURCE_FAMILIES.length} families of its own, other hands, cameras and noise; ${size} trunk`;
}

/** Where the learning is saved, and of which pretraining it is. */
interface Checkpoint {
  readonly path: string;
  readonly key: string;
}

interface Rounds {
  readonly request: PretrainRequest;
  readonly settings: PretrainSettings;
  readonly shards: ShardStore;
  readonly engine: Engine;
  readonly checkpoint: Checkpoint;
}

async function trainInRounds({ request, settings, shards, engine, checkpoint }: Rounds) {
  const saved = loadCheckpoint(checkpoint, settings);
  const { state, loss } = saved ?? { state: createPretraining(settings), loss: 0 };
  const scenes: SourceScene[] = [];
  const work: Stepping = { request, settings, engine, state, scenes, loss };
  for (let round = 0; round < request.rounds; round++) {
    const progress = startProgress(`round ${round + 1} of ${request.rounds}`, request.scenes, request.quiet);
    const behaviour = SOURCES[request.source].grasp && round > 0 ? snapshot(state) : undefined;
    const next = shards.load('training', round, behaviour, (done) =>
      progress.update(done, `loss ${work.loss.toFixed(4)}`),
    );
    // told below, when it is awaited
    next.catch(() => undefined);
    // steps of the rounds before this one: the first has nothing to learn from while its scenes are drawn
    await stepUntil(round * request.steps, work);
    for (const scene of await next.finally(() => progress.stop())) scenes.push(scene);
    // the checkpoint stays that of the last whole round: this round's grasps are chosen by what was known when it began
    if (request.signal.aborted)
      throw new Interrupted(`pretraining interrupted in round ${round + 1}; the same command goes on with that round`);
    report(request, scenes.slice(-request.scenes));
    saveCheckpoint(checkpoint, state, work.loss);
  }
  const progress = startProgress('last round', settings.steps, request.quiet);
  await stepUntil(settings.steps, work, (n) => progress.update(n, `loss ${work.loss.toFixed(4)}`));
  progress.stop();
  if (request.signal.aborted)
    throw new Interrupted('pretraining interrupted in its last round; the same command goes on with that round');
  return { state, scenes, loss: work.loss };
}

/** The share of a round's grasps that held: how the head is coming along. */
function report({ quiet }: PretrainRequest, fresh: readonly SourceScene[]): void {
  const grasps = fresh.flatMap((s) => s.grasps);
  if (quiet || grasps.length === 0) return;
  const held = grasps.filter((g) => g.held).length / grasps.length;
  note(`${grasps.length} grasps, ${(100 * held).toFixed(1)} % held`);
}

const snapshot = ({ layers, parameters }: Pretraining): Pick<Pretraining, 'layers' | 'parameters'> => ({
  layers,
  parameters: copyParameters(parameters),
});

interface Stepping {
  readonly request: PretrainRequest;
  readonly settings: PretrainSettings;
  readonly engine: Engine;
  readonly state: Pretraining;
  readonly scenes: readonly SourceScene[];
  /** Smoothed. */
  loss: number;
}

/** Share of a new loss in the smoothed one. */
const SMOOTHING = 0.02;

async function stepUntil(target: number, work: Stepping, progress?: (done: number) => void): Promise<void> {
  const { request, settings, engine, state, scenes } = work;
  while (state.step < target && !request.signal.aborted) {
    const now = pretrainStep(engine.tf, state, scenes, settings);
    work.loss = work.loss === 0 ? now : work.loss + (now - work.loss) * SMOOTHING;
    // workers' answers, signals and the bar
    await new Promise((done) => setImmediate(done));
    progress?.(state.step);
  }
}

function saveCheckpoint({ path, key }: Checkpoint, { parameters, adam, step }: Pretraining, loss: number): void {
  writeAtomically(
    path,
    encodeTensors({
      parameters: { ...parameters, ...prefixed('first/', adam.first), ...prefixed('second/', adam.second) },
      metadata: { key, step: String(step), adamStep: String(adam.step), loss: String(loss) },
    }),
  );
}

/** @throws InputError if the file is damaged or of another pretraining. */
function loadCheckpoint(
  { path, key }: Checkpoint,
  settings: PretrainSettings,
): { readonly state: Pretraining; readonly loss: number } | undefined {
  if (!existsSync(path)) return undefined;
  const { parameters: tensors, metadata } = sound(() => decodeTensors(readFileSync(path), path));
  if (metadata.key !== key)
    throw new InputError(
      `${path}: expected a checkpoint of this pretraining, got one of other settings; remove it to start anew`,
    );
  const state = createPretraining(settings);
  sound(() => {
    for (const [name, { shape, values }] of Object.entries(state.parameters)) {
      values.set(requiredTensor(tensors, name, path, shape).values);
      state.adam.first[name].set(requiredTensor(tensors, `first/${name}`, path, [values.length]).values);
      state.adam.second[name].set(requiredTensor(tensors, `second/${name}`, path, [values.length]).values);
    }
    state.adam.step = requiredCount(metadata, 'adamStep', path);
    state.step = requiredCount(metadata, 'step', path);
  });
  return { state, loss: Number(metadata.loss) };
}
