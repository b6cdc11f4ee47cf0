import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { loadEngine } from '../agent/engine.ts';
import { PRETRAIN_DEFAULTS, type ProbeResult, pretrain } from '../agent/pretrain.ts';
import { parametersHash, WEIGHTS_FOLDER } from '../agent/registry.ts';
import { encodeTensors } from '../agent/safetensors.ts';
import { HELD_OUT_FAMILIES, TRAINING_FAMILIES } from '../sim/families.ts';
import { loadPhysics } from '../sim/physics.ts';
import { Interrupted } from './evaluate.ts';
import { sceneSettings } from './job.ts';
import { InputError, loadScenario } from './load.ts';
import { type Progress, startProgress } from './progress.ts';
import { writeAtomically } from './run-folder.ts';
import { commit, versions } from './versions.ts';

export interface PretrainRequest {
  readonly name: string;
  readonly steps?: number;
  readonly scenes?: number;
  readonly seed?: number;
  readonly out?: string;
  readonly force: boolean;
  readonly quiet: boolean;
  readonly command: string;
  readonly signal: AbortSignal;
}

/** The model card beside the weights. */
export interface ModelCard {
  readonly name: string;
  readonly summary: string;
  readonly command: string;
  readonly data: string;
  readonly families: readonly string[];
  readonly neverSeen: readonly string[];
  readonly steps: number;
  readonly batchSize: number;
  readonly loss: number;
  readonly probe: ProbeResult;
  readonly engine: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Of the code that made the weights: the same command there makes the same bytes. */
  readonly commit: string;
  readonly hash: string;
  readonly seconds: number;
}

/** Before the work, not after it. @throws InputError if the folder cannot be made or written. */
function checkWritable(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new InputError(
      `${folder}: expected a folder that can be written, got: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** `graft pretrain`: a trunk from passive tasks, written with its model card. */
export async function runPretraining(request: PretrainRequest): Promise<ModelCard & { readonly out: string }> {
  const started = performance.now();
  const out = request.out ? resolve(request.out) : `${WEIGHTS_FOLDER}${request.name}.safetensors`;
  if (!out.endsWith('.safetensors')) throw new InputError(`--out: expected a path ending in .safetensors, got ${out}`);
  if (existsSync(out) && !request.force)
    throw new InputError(
      `${out}: expected a file that does not exist yet, got one that does; pass --force to replace it`,
    );
  checkWritable(dirname(out));
  const settings = {
    ...PRETRAIN_DEFAULTS,
    ...(request.steps !== undefined && { steps: request.steps }),
    ...(request.scenes !== undefined && { scenes: request.scenes }),
    ...(request.seed !== undefined && { seed: request.seed }),
  };
  const { scenario } = loadScenario('tabletop');
  await loadPhysics();
  const engine = await loadEngine();
  const world = {
    physics: scenario.physics,
    scene: sceneSettings(scenario, TRAINING_FAMILIES),
    sensor: scenario.sensor,
  };
  let [stage, progress]: [string, Progress | undefined] = ['', undefined];
  const result = await pretrain(engine.tf, world, settings, async (p) => {
    if (p.stage !== stage) {
      progress?.stop();
      progress = startProgress(p.stage, p.total, request.quiet);
      stage = p.stage;
    }
    progress?.update(p.done, p.loss === undefined ? '' : `loss ${p.loss.toFixed(4)}`);
    await new Promise((resolve) => setImmediate(resolve));
    if (request.signal.aborted) throw new Interrupted('pretraining interrupted; nothing was written');
  }).finally(() => progress?.stop());
  const card: ModelCard = {
    name: request.name,
    summary: `passive tasks on ${settings.scenes} rendered scenes of ${TRAINING_FAMILIES.length} families, ${settings.steps} steps; no grasp tried, no evaluation family seen`,
    command: request.command,
    data: `${settings.scenes} simulated scenes of 1 to 5 objects; random camera, light, colours and depth noise (field 0-3 mm, pixel 0-2 mm, dropout 0-3 %); seed ${settings.seed}`,
    families: TRAINING_FAMILIES,
    neverSeen: HELD_OUT_FAMILIES,
    steps: settings.steps,
    batchSize: settings.batchSize,
    loss: result.loss,
    probe: result.probe,
    engine: engine.description,
    versions: versions(),
    commit: commit(),
    hash: parametersHash(result.trunk),
    seconds: Math.round((performance.now() - started) / 1000),
  };
  writeAtomically(
    out,
    encodeTensors({ parameters: result.trunk, metadata: { name: request.name, summary: card.summary } }),
  );
  writeAtomically(out.replace(/\.safetensors$/, '.model.json'), `${JSON.stringify(card, null, 2)}\n`);
  return { ...card, out };
}
