/** The run behind `graft race`: arms that learn in turns on the same scenes, judged on the same unseen ones. */
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import type { PolicySpec } from '../../../agent/policy/open-policy.ts';
import type { Outcome } from '../../../sim/outcome.ts';
import { loadPhysics, PHYSICS_ENGINE, physicsVersion } from '../../../sim/physics.ts';
import type { LiveView } from '../../../sim/recording/live-view.ts';
import { RACE_WINDOW, standings } from '../../../sim/recording/race.ts';
import { describeRecording, freeRecordingPath, type RunRecording, startRecording } from '../../recordings/record.ts';
import { conclude, type Timed } from '../../run/conclude.ts';
import { type Evaluation, evaluate } from '../../run/evaluate.ts';
import { greedy } from '../../run/named-policy.ts';
import { offerPolicy } from '../../run/play-policy.ts';
import { readTrials } from '../../run/run-folder.ts';
import { removeEvaluationLogs } from '../../run/saving/evaluation-log.ts';
import { lockFolder } from '../../run/saving/lock.ts';
import { evaluateShown, publish, recordingOf } from '../../run/shown.ts';
import { Interrupted } from '../../terminal/interrupted.ts';
import { note } from '../../terminal/notes.ts';
import { startProgress } from '../../terminal/progress.ts';
import { createPool, type TrialPool } from '../../workers/pool.ts';
import { type PreparedRace, prepareRace, type RaceRequest } from './entrants.ts';
import { inStep } from './in-step.ts';
import { type Judged, type RaceJson, writeRaceResult } from './result.ts';
import { openSeconds } from './seconds.ts';
import { inTurns, type Raced, type Racer, trainRace } from './training.ts';

/**
 * `graft race`: arms take turns of one round each on the same training scenes, then every one is judged on the same evaluation
 * scenes. Each is an ordinary run, with the weights that `graft train` of it alone gives.
 * @throws InputError for anything wrong with the request, before any trial; Interrupted when the signal fires.
 */
export async function runRace(request: RaceRequest): Promise<RaceJson> {
  const started = performance.now();
  const engine = await loadEngine();
  await loadPhysics();
  const race = await prepareRace(request, engine.name);
  const unlock = [race.folder, ...race.entrants.map(({ folder }) => folder)].map(lockFolder);
  try {
    return await runPrepared(request, race, engine, started);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    throw new Interrupted(`${error.message}; graft race --resume --out ${race.folder} goes on`);
  } finally {
    for (const release of unlock) release();
  }
}

/** A race that is run: who races, and what with. */
interface Running {
  readonly request: RaceRequest;
  readonly race: PreparedRace;
  readonly engine: Engine;
  readonly pool: TrialPool;
  readonly racers: readonly Racer[];
  readonly board: Board;
}

async function runPrepared(
  request: RaceRequest,
  race: PreparedRace,
  engine: Engine,
  started: number,
): Promise<RaceJson> {
  const { quiet, view } = request;
  const say = (text: string): void => void (quiet || note(text));
  say(`engine:   ${engine.description}`);
  say(`physics:  ${PHYSICS_ENGINE} ${physicsVersion()}`);
  say(`race:     ${race.folder}\n`);
  const board = createBoard(request, race);
  const racers = racersOf(request, race, engine, board);
  const pool = createPool(request.workers, race.first.library);
  const running = { request, race, engine, pool, racers, board };
  let raced: Raced[] | undefined;
  try {
    raced = await trained(running);
    const judged = await judge(running, raced);
    await concludeRuns(running, judged);
    const seconds = (performance.now() - started) / 1000;
    const leads = standings(board.outcomes).lead;
    const { command } = request;
    const result = await writeRaceResult({ command, race, engine: engine.description, pool, judged, leads, seconds });
    for (const { folder } of race.entrants) removeEvaluationLogs(folder);
    view?.serveReport(result.report);
    board.publish({ verdict: result.verdict, reportUrl: '/report' });
    return result;
  } finally {
    for (const [i, { recording }] of racers.entries()) {
      const made = raced?.[i].outcome;
      const hashes = made && { weightsHash: made.weightsHash, logHash: made.logHash, backboneHash: made.backboneHash };
      if (recording) note(describeRecording(await recording.close(hashes)));
    }
    await pool.close();
  }
}

/** What is known of the race while it runs. */
interface Board {
  /** Outcomes of each arm's training trials, by number. */
  readonly outcomes: readonly Outcome[][];
  seconds: readonly number[];
  /** Tells whoever watches. */
  publish(end?: { readonly verdict: string; readonly reportUrl: string }): void;
}

function createBoard({ view, resume }: RaceRequest, { folder, first, trials, entrants }: PreparedRace): Board {
  const board: Board = {
    outcomes: entrants.map(() => []),
    seconds: openSeconds({ folder, entrants }, resume).before,
    publish: (end) =>
      view?.setRace({
        ...{ scenario: first.name, seed: first.seed, trialsPlanned: trials, ...end },
        arms: entrants.map(({ name }, i) => ({ name, stream: view.streamOf(name), seconds: board.seconds[i] })),
      }),
  };
  return board;
}

/** Nobody. */
const UNWATCHED: LiveView = {
  offerSteering: () => undefined,
  setRun: () => undefined,
  publishTrial: () => undefined,
  publishEpisode: () => undefined,
  publishResult: () => undefined,
  serveReport: () => undefined,
  serveRecording: () => '',
  servePolicy: () => undefined,
  wantsEpisode: () => false,
};

/** The entrants with their views and recordings. What earlier processes have played of them is told at once. */
function racersOf(request: RaceRequest, race: PreparedRace, engine: Engine, board: Board): Racer[] {
  const { view, resume } = request;
  const { entrants, first, trials } = race;
  const views = inStep(entrants.map(({ name }) => view?.arm(name) ?? UNWATCHED));
  board.publish();
  return entrants.map((entrant, i): Racer => {
    const shown = views[i];
    const told: LiveView = {
      ...shown,
      publishTrial: (trial) => {
        if (trial.split === 'training') board.outcomes[i][trial.trial] = trial.outcome;
        shown.publishTrial(trial);
      },
    };
    const { name, run } = entrant;
    told.setRun({
      scenario: first.name,
      seed: first.seed,
      arm: name,
      engine: engine.description,
      trialsPlanned: trials,
    });
    if (resume && run) for (const record of readTrials(run.folder)) publish(told, 'training', { record });
    return { ...entrant, view: told, recording: recordingFor(request, race, engine, i, told) };
  });
}

function recordingFor(
  { record: rule, command }: RaceRequest,
  { entrants, first }: PreparedRace,
  engine: Engine,
  arm: number,
  view: LiveView,
): RunRecording | undefined {
  if (!rule) return undefined;
  const { run, policy, folder } = entrants[arm];
  if (run) return recordingOf({ record: { rule }, command, view }, run, engine.name);
  const { name: scenarioName, scenario, seed, library } = first;
  const about = { scenarioName, scenario, seed, policy: policy!, weightsHash: 'none', engine: engine.name, command };
  const path = freeRecordingPath(folder, 'recording');
  view.serveRecording(path);
  return startRecording({ rule }, { ...about, library }, path);
}

const percent = (rate: number): string => `${(100 * rate).toFixed(0)} %`;

/** How the race stands, in a line. */
function standText(names: readonly string[], outcomes: readonly (readonly Outcome[])[]): string {
  const { lead } = standings(outcomes);
  const rates = names.map((name, i) => {
    const recent = outcomes[i].slice(-RACE_WINDOW);
    return `${name} ${percent(recent.filter((o) => o === 'held').length / Math.max(recent.length, 1))}`;
  });
  return `${rates.join(', ')}${lead ? `; ${names[lead.arm]} leads since trial ${lead.since}` : ''}`;
}

async function trained({ request, race, engine, pool, racers, board }: Running): Promise<Raced[]> {
  const { quiet, resume, signal } = request;
  const done = racers.map(() => 0);
  const names = racers.map(({ name }) => name);
  const spent = openSeconds(race, resume);
  const progress = startProgress('race', race.trials * racers.length, quiet);
  const onTurn = (arm: number, trials: number, seconds: readonly number[]): void => {
    done[arm] = trials;
    board.seconds = seconds.map((own, i) => own + spent.before[i]);
    const all = done.reduce((sum, each) => sum + each);
    // the others have not had their turn yet
    if (done.every((each) => each === trials)) {
      board.publish();
      spent.save(board.seconds);
      progress.update(all, standText(names, board.outcomes));
    } else progress.update(all);
  };
  try {
    const raced = await trainRace({ engine, pool, race, resume, signal, onTurn }, racers);
    return raced.map((one, i) => ({
      ...one,
      seconds: one.seconds + spent.before[i],
      points: one.points.map((point) => ({ ...point, trainSeconds: point.trainSeconds + spent.before[i] })),
      // those of the updates before the pause are not known
      ...(one.outcome && { outcome: { ...one.outcome, ...(resume && { updateSeconds: 0 }) } }),
    }));
  } finally {
    spent.save(board.seconds, true);
    progress.stop();
  }
}

/** Scenes on which the weights of the budgets before the last one are judged, at most. */
const CURVE_SCENES = 50;

/** Judges every arm on the same evaluation scenes, in turns; then the weights of the earlier budgets on the first of them. */
async function judge({ request, race, pool, racers }: Running, raced: readonly Raced[]): Promise<Judged[]> {
  const { quiet, signal } = request;
  const { first } = race;
  const { trials, seed } = first.scenario.evaluation;
  const scenes = Math.min(CURVE_SCENES, trials);
  const early = raced.reduce((sum, { points }) => sum + points.length, 0);
  const progress = startProgress('race, unseen scenes', racers.length * trials + early * scenes, quiet);
  let played = 0;
  const count = (by: number): void => {
    played += by;
    progress.update(played);
  };
  try {
    const { results: finals } = await inTurns(racers.length, signal, (arm, turns, either): Promise<Timed> => {
      const { run = first, folder, policy: fixed, view, recording } = racers[arm];
      const { outcome } = raced[arm];
      const policy: PolicySpec = outcome
        ? { kind: 'greedy', key: outcome.weightsHash, model: outcome.model }
        : { kind: 'fixed', name: fixed! };
      let before = 0;
      const { scenario } = run;
      const on = { run: { scenario, folder }, pool, quiet: true, signal: either, view, recording };
      return evaluateShown(policy, outcome ? 'learned' : fixed!, on, (done) => {
        count(done - before);
        before = done;
        return turns.take(arm, done);
      });
    });
    const judged: Judged[] = [];
    for (const [i, one] of raced.entries()) {
      const points = [];
      for (const { model, ...spent } of one.points) {
        const { scenario } = racers[i].run ?? first;
        const { records } = await evaluate(pool, { scenario, seed, trials: scenes, policy: greedy(model), signal });
        count(scenes);
        points.push({ ...spent, records });
      }
      judged.push({ entrant: racers[i], raced: one, final: finals[i], points });
    }
    return judged;
  } finally {
    progress.stop();
  }
}

/** Writes what `graft train` writes into the folder of each arm that learns; each is compared with the other arms. */
async function concludeRuns({ request, engine, pool, racers }: Running, judged: readonly Judged[]): Promise<void> {
  for (const [i, { entrant, raced, final }] of judged.entries()) {
    const { success, trials } = final.evaluation.summary;
    racers[i].view.publishResult({ ...success, trials });
    if (!entrant.run || !raced.outcome) continue;
    const others = judged.filter((other) => other.entrant !== entrant);
    const baselines: Record<string, Evaluation> = Object.fromEntries(
      others.map((other) => [other.entrant.name, other.final.evaluation]),
    );
    await conclude({
      command: request.command,
      run: entrant.run,
      pool,
      engine: engine.description,
      outcome: raced.outcome,
      learned: final,
      baselines,
      started: performance.now() - 1000 * (raced.seconds + final.seconds),
    });
    offerPolicy(racers[i].view, entrant.folder);
  }
}
