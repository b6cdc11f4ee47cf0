/** Search: successive halving of the candidates, from the shared trials to the winner. */
import type { Backbone } from '../../../agent/backbones/own.ts';
import { openBackbone } from '../../../agent/backbones/registry.ts';
import type { Engine } from '../../../agent/engine/engine.ts';
import { createLearner, untrained } from '../../../agent/learner/learner.ts';
import { LEARNER_DEFAULTS } from '../../../agent/learner/settings.ts';
import { calibratedLoss } from '../../../agent/learner/transferability/calibration.ts';
import { outcomeLoss } from '../../../agent/learner/transferability/outcome-loss.ts';
import { graspShapes } from '../../../agent/policy/action-space.ts';
import type { PolicySpec } from '../../../agent/policy/open-policy.ts';
import { appendTrials, readTrials } from '../../run/run-folder.ts';
import type { Scenario } from '../../schema/schema.ts';
import { Interrupted } from '../../terminal/interrupted.ts';
import type { SceneJob, TrialOutput } from '../../trials/job.ts';
import type { TrialPool } from '../../workers/pool.ts';
import { type Candidate, chooseCandidates, rankBackbones } from './candidates.ts';
import { appendMaps, readMaps, removeMaps, type SharedTrial, sharedTrial, sharedTrials } from './experience.ts';
import { CandidateLearner } from './learner.ts';
import { candidatesFor, planAuto, sharedScenes } from './plan.ts';
import { type AutoState, type Judged, readAutoState, type Standing, saveAuto, survivorFolder } from './state.ts';

export interface SearchOptions {
  readonly engine: Engine;
  readonly pool: TrialPool;
  readonly scenario: Scenario;
  readonly seed: number;
  /** Trials, the winner's training included. */
  readonly budget: number;
  readonly backbones: readonly Backbone[];
  readonly folder: string;
  readonly signal: AbortSignal;
  /** After each round: trials done and what is going on. */
  readonly onRound?: (done: number, note: string) => void;
}

/** What a search found. Whoever asked for it disposes of the winner. */
export interface SearchResult {
  readonly state: AutoState & { readonly search: NonNullable<AutoState['search']> };
  readonly winner: CandidateLearner;
}

/** Trials between two saves within a rung. */
const SAVE_EVERY = 64;

/** Lets timers and sockets run. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A search on its way. */
interface Search {
  readonly options: SearchOptions;
  readonly state: AutoState;
  learners: CandidateLearner[];
  savedAt: number;
}

/**
 * Chooses backbone, taps and technique by successive halving on one stream of trials that all candidates share. In every
 * rung each survivor explores the same number of new scenes; every survivor first predicts every new trial, whoever chose it,
 * and then learns from it. The loss of these predictions (prequential validation, A. P. Dawid, 1984) decides who goes on: all
 * candidates are judged on the same trials, each trial counts once as a test and then as training, and none is held back.
 * Calibrated, because a greedy policy asks which grasp is best and not how sure that is. Success of a candidate's own
 * grasps is the aim, but a rung has some tens of them, good for a standard error of ten points: it is reported and decides
 * nothing.
 *
 * Depends on (scenario, seed, budget, backbones) alone, not on the number of workers. Goes on where `folder` stopped.
 * @throws Interrupted if the signal fires; everything is saved.
 */
export async function searchCandidate(options: SearchOptions): Promise<SearchResult> {
  const search: Search = { options, state: readAutoState(options.folder), learners: [], savedAt: 0 };
  if (search.state.search) await reopen(search);
  else await begin(search);
  const found = search.state.search!;
  const { rungs } = planAuto(options.budget, grasps(options), firstRung(search));
  for (const { scenesEach } of rungs.slice(found.rungs.length)) await runRung(search, scenesEach);
  return { state: { ...search.state, search: found }, winner: search.learners[0] };
}

const grasps = ({ scenario }: SearchOptions): number => scenario.training.graspsPerScene;

/** Candidates that entered the first rung. */
const firstRung = ({ state }: Search): number =>
  state.search!.rungs[0]?.standings.length ?? state.search!.standings.length;

/** The shared trials, the ranking, and the candidates with their first lessons. */
async function begin(search: Search): Promise<void> {
  const { options, state } = search;
  const shared = await collectShared(search);
  const ranking = await rankBackbones(options.engine.tf, options.backbones, shared, options.scenario);
  const most = candidatesFor(options.budget, grasps(options));
  const candidates = chooseCandidates(ranking, options.backbones, most, options.scenario);
  for (const candidate of candidates) {
    stopIfAsked(search);
    const learner = await openLearner(options, candidate);
    search.learners.push(learner);
    options.onRound?.(state.trials, `${search.learners.length} of ${candidates.length} candidates learn from them`);
    await learner.learn(shared, breathe);
  }
  const standings = candidates.map((candidate): Standing => ({ candidate, logits: [], tried: 0, held: 0 }));
  state.search = { ranking, standings, outcomes: [], rungs: [], explored: 0 };
  save(search);
  removeMaps(options.folder);
}

const openLearner = async (
  { engine, seed, scenario }: SearchOptions,
  candidate: Candidate,
  folder?: string,
): Promise<CandidateLearner> => {
  const backbone = await openBackbone(candidate.backbone, candidate.taps);
  return CandidateLearner.open({ tf: engine.tf, seed, base: scenario, candidate, backbone, ...(folder && { folder }) });
};

/** The survivors as they were saved. */
async function reopen(search: Search): Promise<void> {
  const { options, state } = search;
  for (const [i, { candidate }] of state.search!.standings.entries())
    search.learners.push(await openLearner(options, candidate, survivorFolder(options.folder, state, i)));
  // what a crash left behind the checkpoint
  readTrials(options.folder, state.trials);
  search.savedAt = state.trials;
}

function save(search: Search): void {
  saveAuto(search.options.folder, search.state, search.learners);
  search.savedAt = search.state.trials;
}

/** @throws Interrupted if the signal has fired; the trials so far are in the folder. */
function stopIfAsked({ options, state }: Search): void {
  if (options.signal.aborted) throw new Interrupted(`search interrupted after ${state.trials} trials`);
}

/** Random grasps that every candidate learns from. Goes on after the scenes that there are. */
async function collectShared(search: Search): Promise<SharedTrial[]> {
  const { options, state } = search;
  const { folder, scenario, backbones, budget, seed } = options;
  const maps = readMaps(folder, state.scenes, scenario.sensor.heightmap);
  const trials = readTrials(folder, state.trials).flatMap((record) => sharedTrial(record, maps[record.scene]));
  const wanted = sharedScenes(budget, grasps(options));
  const start = createLearner({
    regime: 'pretrained',
    shapeCount: graspShapes(scenario.action).length,
    settings: LEARNER_DEFAULTS,
    start: backbones[0],
    seed,
  });
  const policy: PolicySpec = {
    ...{ kind: 'explore', key: 'shared', model: untrained(start), scored: false, sameCell: false },
    exploration: scenario.training,
  };
  while (state.scenes < wanted) {
    stopIfAsked(search);
    const jobs = nextJobs(search, policy, Math.min(scenario.training.scenesPerRound, wanted - state.scenes));
    const outputs = await options.pool.run(jobs);
    appendMaps(folder, outputs);
    trials.push(...sharedTrials(outputs));
    log(search, outputs);
    save(search);
    options.onRound?.(state.trials, 'random grasps that all candidates share');
  }
  return trials;
}

/** Jobs on the next scenes; a later call goes on behind them once they are logged. @param skip scenes taken already. */
function nextJobs({ options, state }: Search, policy: PolicySpec, scenes: number, skip = 0): SceneJob[] {
  const { scenario, seed } = options;
  const each = grasps(options);
  return Array.from(
    { length: scenes },
    (_, i): SceneJob => ({
      scenario,
      seed,
      split: 'training',
      sceneIndex: state.scenes + skip + i,
      firstTrial: state.trials + (skip + i) * each,
      grasps: each,
      policy,
      keep: 'map',
      record: false,
      picture: false,
    }),
  );
}

/** Writes finished scenes down. */
function log({ options, state }: Search, outputs: readonly (readonly TrialOutput[])[]): void {
  const records = outputs.flat().map(({ record }) => record);
  appendTrials(options.folder, records);
  state.trials += records.length;
  state.scenes += outputs.length;
}

/** Plays one rung to its end and drops the worse half. */
async function runRung(search: Search, scenesEach: number): Promise<void> {
  const { options, state } = search;
  const found = state.search!;
  while (found.explored < scenesEach) {
    if (options.signal.aborted && search.savedAt < state.trials) save(search);
    stopIfAsked(search);
    const scenes = Math.min(options.scenario.training.scenesPerRound, scenesEach - found.explored);
    await runRound(search, scenes);
    found.explored += scenes;
    if (state.trials - search.savedAt >= SAVE_EVERY) save(search);
    const [{ candidate }] = judge(found);
    options.onRound?.(
      state.trials,
      `rung ${found.rungs.length + 1}: ${found.standings.length} candidates, ahead: ${candidate.backbone}, ${candidate.technique}`,
    );
  }
  halve(search);
  save(search);
}

/** Every survivor explores some scenes; all predict all new trials, then all learn from them. */
async function runRound(search: Search, scenes: number): Promise<void> {
  const { options, state, learners } = search;
  const found = state.search!;
  const { standings } = found;
  const outputs: TrialOutput[][] = [];
  for (const [i, learner] of learners.entries()) {
    // one after the other, so that no worker has to change networks within a batch
    const jobs = nextJobs(search, learner.policy(), scenes, i * scenes);
    const own = await options.pool.run(jobs);
    const tried = own.flat().filter(({ record }) => record.outcome !== 'invalid');
    standings[i].tried += tried.length;
    standings[i].held += tried.filter(({ record }) => record.outcome === 'held').length;
    outputs.push(...own);
  }
  const trials = sharedTrials(outputs);
  for (const [i, learner] of learners.entries()) {
    const logits = learner.predict(trials);
    standings[i].logits.push(...logits);
    await learner.learn(trials, breathe);
  }
  found.outcomes.push(...trials.map(({ held }) => held));
  log(search, outputs);
}

/** The survivors, best first; equal ones keep the order of the ranking. */
const judge = ({ standings, outcomes }: NonNullable<AutoState['search']>): Judged[] =>
  standings
    .map(({ logits, ...standing }) => ({
      ...standing,
      loss: calibratedLoss(logits, outcomes),
      rawLoss: logits.reduce((sum, logit, i) => sum + outcomeLoss(logit, outcomes[i]), 0) / Math.max(logits.length, 1),
    }))
    .sort((a, b) => a.loss - b.loss);

/** The better half stays, in the order of the ranking. */
function halve(search: Search): void {
  const found = search.state.search!;
  const judged = judge(found);
  const kept = Math.ceil(judged.length / 2);
  const better = judged.slice(0, kept).map(({ candidate }) => candidate);
  const stays = found.standings.map(({ candidate }) => better.includes(candidate));
  found.rungs.push({ trials: search.state.trials, predicted: found.outcomes.length, standings: judged, kept });
  for (const [i, learner] of search.learners.entries()) if (!stays[i]) learner.dispose();
  search.learners = search.learners.filter((_, i) => stays[i]);
  found.standings = found.standings.filter((_, i) => stays[i]);
  found.explored = 0;
}
