/** The run behind `graft pretrain`: checks, rounds, probe, then weights and card. */
import { accessSync, constants, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Backbone, cardPath, loadBackbone, startHash, WEIGHTS_FOLDER } from '../../../agent/backbones/own.ts';
import { headsTensors, type PretrainedHeads } from '../../../agent/backbones/pretrained-head.ts';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import { layersOf } from '../../../agent/network/architecture.ts';
import { encodeTensors } from '../../../agent/network/safetensors.ts';
import { begin } from '../../../agent/pretrain/grow.ts';
import { standardizedHead } from '../../../agent/pretrain/pretrain.ts';
import { createPretraining, type PretrainSettings, trunkOf } from '../../../agent/pretrain/pretraining.ts';
import { probePretraining } from '../../../agent/pretrain/probe.ts';
import { SOURCES } from '../../../agent/pretrain/sources.ts';
import { TRUNK_SIZES } from '../../../agent/pretrain/trunk-sizes.ts';
import { SOURCE_FAMILIES } from '../../../sim/objects/families.ts';
import { loadPhysics, PHYSICS_ENGINE, physicsVersion } from '../../../sim/physics.ts';
import { writeAtomically, writingTo } from '../../files.ts';
import { InputError } from '../../load.ts';
import { lockFile } from '../../run/saving/lock.ts';
import { askedPool } from './asked-pool.ts';
import { besideCard, type ModelCard, modelCard } from './card.ts';
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

/** Where a pretraining is saved until its weights and card are whole. */
const checkpointOf = (out: string): string => `${out}.checkpoint`;

function outputOf({ out: asked, name, force }: PretrainRequest): string {
  const out = asked ? resolve(asked) : `${WEIGHTS_FOLDER}${name}.safetensors`;
  if (!out.endsWith('.safetensors')) throw new InputError(`--out: expected a path ending in .safetensors, got ${out}`);
  // with a checkpoint beside them, weights were written by a pretraining that was killed at its end: it goes on
  if (existsSync(out) && !force && !existsSync(checkpointOf(out)))
    throw new InputError(
      `${out}: expected a file that does not exist yet, got one that does; pass --force to replace it`,
    );
  checkWritable(dirname(out));
  return out;
}

/** Whether a head alone is to be learned. */
const isFrozen = ({ hand }: PretrainRequest): boolean => hand !== 'jaws';

const settingsOf = (request: PretrainRequest, start: Backbone | undefined): PretrainSettings => ({
  source: request.source,
  hand: request.hand,
  frozen: isFrozen(request),
  layers: isFrozen(request) && start ? layersOf(start.architecture) : TRUNK_SIZES[request.size],
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
export async function runPretraining(asked: PretrainRequest): Promise<ModelCard & { readonly out: string }> {
  const started = performance.now();
  const request: PretrainRequest = isFrozen(asked) ? { ...asked, source: 'grasp' } : asked;
  const out = outputOf(request);
  await loadPhysics();
  const engine = await loadEngine();
  const unlock = lockFile(out);
  const threads = createSourcePool(request.workers);
  let pool = threads;
  try {
    pool = await askedPool(threads, request, request.signal);
    const rounds = roundsOf(request, out, engine, pool);
    const { shards, settings, checkpoint, start } = rounds;
    const { state, scenes, loss } = await trainInRounds(rounds);
    const trunk = trunkOf(state);
    const tries = SOURCES[request.source].grasp;
    const heads: PretrainedHeads = {
      ...(settings.frozen && start?.heads),
      ...(tries && { [request.hand]: standardizedHead(engine.tf, state, scenes, settings) }),
    };
    const held = await shards.load('evaluation', 0, undefined, () => undefined);
    const probe = probePretraining(engine.tf, state, held, settings);
    const seconds = (performance.now() - started) / 1000;
    const card = modelCard({ request, engine, layers: state.layers, trunk, heads, scenes, loss, probe, seconds });
    const whole = settings.frozen ? besideCard(request, card) : card;
    const metadata = { name: request.name, summary: whole.summary };
    writeAtomically(out, encodeTensors({ parameters: { ...trunk, ...headsTensors(heads) }, metadata }));
    writeAtomically(cardPath(out), `${JSON.stringify(whole, null, 2)}\n`);
    rmSync(checkpoint.path, { force: true });
    return { ...card, out };
  } finally {
    await pool.close();
    unlock();
  }
}

/** Opens scenes and checkpoint. @throws InputError if the folder holds scenes of other settings. */
function roundsOf(request: PretrainRequest, out: string, engine: Engine, pool: SourcePool): Rounds {
  const start = request.from === undefined ? undefined : loadStart(request);
  if (isFrozen(request) && !start)
    throw new InputError(`--hand ${request.hand}: expected --from, the trunk that the head is for, got none`);
  const settings = settingsOf(request, start);
  const physics = `${PHYSICS_ENGINE} ${physicsVersion()}`;
  const tries = SOURCES[request.source].grasp;
  const folder = resolve(request.data ?? join('runs', sourceFolder(request)));
  const grasps = tries ? request.grasps : (graspsIn(folder) ?? 0);
  const { rounds, steps, scenes, seed, signal, hand } = request;
  // what jaws are learned from was made before there were others
  const kind = hand !== 'jaws' && { hand };
  const shards = openShards(
    folder,
    { seed, scenes, grasps, families: SOURCE_FAMILIES, physics, ...kind },
    pool,
    signal,
  );
  const from = start && startHash(start);
  const key = JSON.stringify({ settings, rounds, steps, each: scenes, grasps, folder, physics, from });
  return { request, settings, shards, pool, engine, start, checkpoint: { path: checkpointOf(out), key } };
}

const sourceFolder = ({ source, hand }: PretrainRequest): string => {
  if (!SOURCES[source].grasp) return 'source-views';
  return hand === 'jaws' ? 'source-grasps' : `source-grasps-${hand}`;
};

/** The backbone to begin with. @throws InputError if there is none, or if the network to be trained cannot hold it. */
function loadStart(request: PretrainRequest): Backbone {
  try {
    const start = loadBackbone(request.from!);
    const settings = settingsOf(request, start);
    begin(createPretraining(settings), start, settings);
    return start;
  } catch (error) {
    throw new InputError(`--from: ${(error as Error).message}`);
  }
}
