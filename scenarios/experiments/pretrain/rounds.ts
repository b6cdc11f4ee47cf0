/** Rounds of pretraining: learning from the scenes there are while the next are drawn. */
import type { Backbone } from '../../../agent/backbones/own.ts';
import type { Engine } from '../../../agent/engine/engine.ts';
import { copyParameters } from '../../../agent/network/parameters.ts';
import { begin } from '../../../agent/pretrain/grow.ts';
import { type PartOfStep, pretrainStep } from '../../../agent/pretrain/pretrain.ts';
import { createPretraining, type Pretraining, type PretrainSettings } from '../../../agent/pretrain/pretraining.ts';
import type { SourceScene } from '../../../agent/pretrain/source-data.ts';
import { SOURCES } from '../../../agent/pretrain/sources.ts';
import { Interrupted } from '../../terminal/interrupted.ts';
import { note } from '../../terminal/notes.ts';
import { startProgress } from '../../terminal/progress.ts';
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
import type { PretrainRequest } from './request.ts';
import type { ShardStore } from './shards.ts';
import type { SourcePool } from './source-pool.ts';

/** What the learning needs. */
export interface Rounds {
  readonly request: PretrainRequest;
  readonly settings: PretrainSettings;
  readonly shards: ShardStore;
  readonly pool: SourcePool;
  readonly engine: Engine;
  readonly checkpoint: Checkpoint;
  /** What the first round begins with, in place of random weights. */
  readonly start: Backbone | undefined;
}

/** What was learned, and from which scenes. */
interface Learned {
  readonly state: Pretraining;
  readonly scenes: readonly SourceScene[];
  /** Smoothed. */
  readonly loss: number;
}

/**
 * Alternates: while the trunk learns from what is there, the next scenes are drawn, and the head of the moment chooses most of
 * their grasps. Saves after every whole round, and goes on from there.
 * @throws Interrupted if the signal fires.
 */
export async function trainInRounds({
  request,
  settings,
  shards,
  pool,
  engine,
  checkpoint,
  start,
}: Rounds): Promise<Learned> {
  const saved = loadCheckpoint(checkpoint, settings);
  const { state, loss } = saved ?? { state: createPretraining(settings), loss: 0 };
  if (!saved && start) begin(state, start, settings);
  const scenes: SourceScene[] = [];
  const work: Stepping = { request, settings, pool, engine, state, scenes, loss };
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
  readonly pool: SourcePool;
  readonly engine: Engine;
  readonly state: Pretraining;
  readonly scenes: readonly SourceScene[];
  /** Smoothed. */
  loss: number;
}

/** Share of a new loss in the smoothed one. */
const SMOOTHING = 0.02;

async function stepUntil(target: number, work: Stepping, progress?: (done: number) => void): Promise<void> {
  const { request, settings, pool, engine, state, scenes } = work;
  const elsewhere = (part: PartOfStep) => pool.gradients(part);
  while (state.step < target && !request.signal.aborted) {
    const now = await pretrainStep(engine.tf, state, scenes, settings, elsewhere);
    work.loss = work.loss === 0 ? now : work.loss + (now - work.loss) * SMOOTHING;
    // workers' answers, signals and the bar
    await new Promise((done) => setImmediate(done));
    progress?.(state.step);
  }
}
