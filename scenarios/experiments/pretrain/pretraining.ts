/** The run behind `graft pretrain`: checks, rounds, probe, then weights and card. */
import { accessSync, constants, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Backbone, loadBackbone, startHash, WEIGHTS_FOLDER } from '../../../agent/backbones/own.ts';
import { headTensors } from '../../../agent/backbones/pretrained-head.ts';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import { encodeTensors } from '../../../agent/network/safetensors.ts';
import { growFrom } from '../../../agent/pretrain/grow.ts';
import { standardizedHead } from '../../../agent/pretrain/pretrain.ts';
import { createPretraining, type PretrainSettings, trunkOf } from '../../../agent/pretrain/pretraining.ts';
import { probePretraining } from '../../../agent/pretrain/probe.ts';
import { SOURCES } from '../../../agent/pretrain/sources.ts';
import { TRUNK_SIZES } from '../../../agent/pretrain/trunk-sizes.ts';
import { SOURCE_FAMILIES } from '../../../sim/objects/families.ts';
import { loadPhysics, PHYSICS_ENGINE, physicsVersion } from '../../../sim/physics.ts';
import { writeAtomically, writingTo } from '../../files.ts';
import { InputError } from '../../load.ts';
import { type ModelCard, modelCard } from './card.ts';
import { PRETRAIN_DEFAULTS } from './defaults.ts';
import type { PretrainRequest } from './request.ts';
import { type Rounds, trainInRounds } from './rounds.ts';
import { graspsIn, openShards } from './shards.ts';
import { createSourcePool, type SourcePool } from './source-pool.ts';

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
 * card. Interrupted, the same command goes on after the last whole round.
 * @throws InputError for anything wrong with the request, before any scene is drawn; Interrupted when the signal fires.
 */
export async function runPretraining(request: PretrainRequest): Promise<ModelCard & { readonly out: string }> {
  const started = performance.now();
  const out = outputOf(request);
  await loadPhysics();
  const engine = await loadEngine();
  const pool = createSourcePool(request.workers);
  try {
    const rounds = roundsOf(request, out, engine, pool);
    const { shards, settings, checkpoint } = rounds;
    const { state, scenes, loss } = await trainInRounds(rounds);
    const trunk = trunkOf(state);
    const tries = SOURCES[request.source].grasp;
    const head = tries ? headTensors(standardizedHead(engine.tf, state, scenes, settings)) : {};
    const held = await shards.load('evaluation', 0, undefined, () => undefined);
    const probe = probePretraining(engine.tf, state, held, settings);
    const seconds = (performance.now() - started) / 1000;
    const card = modelCard({ request, engine, layers: state.layers, trunk, head, scenes, loss, probe, seconds });
    const metadata = { name: request.name, summary: card.summary };
    writeAtomically(out, encodeTensors({ parameters: { ...trunk, ...head }, metadata }));
    writeAtomically(out.replace(/\.safetensors$/, '.model.json'), `${JSON.stringify(card, null, 2)}\n`);
    rmSync(checkpoint.path, { force: true });
    return { ...card, out };
  } finally {
    await pool.close();
  }
}

/** Opens scenes and checkpoint. @throws InputError if the folder holds scenes of other settings. */
function roundsOf(request: PretrainRequest, out: string, engine: Engine, pool: SourcePool): Rounds {
  const settings = settingsOf(request);
  const physics = `${PHYSICS_ENGINE} ${physicsVersion()}`;
  const tries = SOURCES[request.source].grasp;
  const folder = resolve(request.data ?? join('runs', tries ? 'source-grasps' : 'source-views'));
  const grasps = tries ? request.grasps : (graspsIn(folder) ?? 0);
  const { rounds, steps, scenes, seed, signal } = request;
  const start = request.from === undefined ? undefined : loadStart(request.from, settings);
  const shards = openShards(folder, { seed, scenes, grasps, families: SOURCE_FAMILIES, physics }, pool, signal);
  const from = start && startHash(start);
  const key = JSON.stringify({ settings, rounds, steps, each: scenes, grasps, folder, physics, from });
  return { request, settings, shards, pool, engine, start, checkpoint: { path: `${out}.checkpoint`, key } };
}

/** The backbone to begin with. @throws InputError if there is none, or if the network to be trained cannot hold it. */
function loadStart(name: string, settings: PretrainSettings): Backbone {
  try {
    const start = loadBackbone(name);
    growFrom(createPretraining(settings), start);
    return start;
  } catch (error) {
    throw new InputError(`--from: ${(error as Error).message}`);
  }
}
