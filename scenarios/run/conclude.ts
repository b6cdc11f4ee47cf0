/** Conclusion of a training run: its report and its machine-readable result. */
import { join } from 'node:path';
import type { PolicySpec } from '../../agent/policy/open-policy.ts';
import { rngStream } from '../../sim/math/rng.ts';
import { PHYSICS_ENGINE, physicsVersion } from '../../sim/physics.ts';
import { writeAtomically } from '../files.ts';
import { type ObjectsJson, objectsJson } from '../objects/library.ts';
import { pairedDifference } from '../report/bootstrap-intervals.ts';
import { type Calibration, calibrationOf, predictionsOf } from '../report/calibration.ts';
import { trainReportHtml } from '../report/training/report.ts';
import { type HandCounts, handCounts } from '../training/by-hand.ts';
import { versions } from '../versions.ts';
import type { TrialPool } from '../workers/pool.ts';
import type { Evaluation, EvaluationSummary } from './evaluate.ts';
import { illustrate, pickScenes } from './illustrate.ts';
import type { Prepared } from './prepare.ts';
import { addEvaluation } from './scalars.ts';
import type { TrainOutcome } from './train.ts';

/** The machine-readable result of `graft evaluate`, and of `train` under `final`. */
export interface EvaluationJson extends EvaluationSummary {
  readonly policy: string;
  readonly scenario: string;
  readonly seed: number;
  readonly seconds: number;
  /** If they came from files. */
  readonly objects?: ObjectsJson;
  /** Of a policy that predicts; in clutter of every grasp. */
  readonly calibration?: Calibration;
}

/** The machine-readable result of `graft train`. */
export interface TrainingJson {
  readonly final: EvaluationJson;
  readonly baselines: Readonly<Record<string, EvaluationSummary>>;
  readonly out: string;
  readonly report: string;
  readonly seed: number;
  readonly trials: number;
  readonly weightsHash: string;
  readonly logHash: string;
  readonly backboneHash: string;
  /** What a person did while it trained; left out if that was nothing. */
  readonly byHand?: HandCounts;
  readonly seconds: number;
}

export interface Timed {
  readonly evaluation: Evaluation;
  readonly seconds: number;
}

const EXAMPLES = 8;

const about = ({ scenario, library }: Prepared) =>
  library && scenario.objects ? { objects: objectsJson(library, scenario.objects) } : {};

/** A run that is over, with what it is compared with. */
interface Concluded {
  readonly command: string;
  readonly run: Prepared;
  readonly pool: TrialPool;
  /** One line about the tensor engine. */
  readonly engine: string;
  readonly outcome: TrainOutcome;
  readonly learned: Timed;
  /** Evaluations of other policies on the same scenes, by name. */
  readonly baselines: Readonly<Record<string, Evaluation>>;
  /** `performance.now()` when it began. */
  readonly started: number;
}

/** Writes report.html, result.json and the event file's last step. */
export async function conclude(concluded: Concluded): Promise<TrainingJson> {
  const { command, run, pool, engine, outcome, learned, baselines, started } = concluded;
  const { evaluation } = learned;
  const { seed } = run.scenario.evaluation;
  const policies = [
    { policy: 'learned', records: evaluation.records },
    ...Object.entries(baselines).map(([policy, { records }]) => ({ policy, records })),
  ];
  const policy: PolicySpec = { kind: 'greedy', key: outcome.weightsHash, model: outcome.model };
  const examples = await illustrate(pool, run.scenario, seed, policy, pickScenes(policies, EXAMPLES), policies);
  const seconds = (performance.now() - started) / 1000;
  const report = join(run.folder, 'report.html');
  const byHand = handCounts(outcome.records);
  const hand = byHand.changes + byHand.grasps > 0 ? { byHand } : {};
  const html = await trainReportHtml({
    command,
    scenario: run.name,
    seed: run.seed,
    engine,
    physics: `${PHYSICS_ENGINE} ${physicsVersion()}`,
    versions: versions(),
    seconds,
    arm: run.arm,
    backbone: { name: run.backbone.name, hash: outcome.backboneHash, card: run.backbone.card },
    training: outcome.records,
    ...hand,
    final: finalSection(evaluation),
    baselines: Object.entries(baselines).map(([policy, b]) => baselineSection(policy, b, evaluation, seed)),
    examples,
    hashes: { weights: outcome.weightsHash, log: outcome.logHash, backbone: outcome.backboneHash },
  });
  writeAtomically(report, html);
  const calibration = calibrationOf(predictionsOf(evaluation.records));
  const result: TrainingJson = {
    final: {
      policy: 'learned',
      scenario: run.name,
      seed,
      ...evaluation.summary,
      ...(calibration && { calibration }),
      ...about(run),
      seconds: learned.seconds,
    },
    baselines: Object.fromEntries(Object.entries(baselines).map(([name, { summary }]) => [name, summary])),
    out: run.folder,
    report,
    seed: run.seed,
    trials: outcome.records.length,
    weightsHash: outcome.weightsHash,
    logHash: outcome.logHash,
    backboneHash: outcome.backboneHash,
    ...hand,
    seconds,
  };
  await addEvaluation(run.folder, result.trials, evaluation.summary, baselines);
  writeAtomically(join(run.folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
  return result;
}

function finalSection({ records, summary }: Evaluation) {
  // objects are called as their files are, perhaps __proto__
  const families = new Map<string, { held: number; trials: number }>();
  const valid = records.filter((r) => r.outcome !== 'invalid');
  for (const { families: seen, outcome } of valid) {
    const key = seen.length === 1 ? seen[0] : `${seen.length} objects`;
    const counts = families.get(key) ?? { held: 0, trials: 0 };
    families.set(key, counts);
    counts.trials++;
    if (outcome === 'held') counts.held++;
  }
  return {
    ...summary.success,
    trials: valid.length,
    invalid: summary.invalid,
    reasons: summary.reasons,
    families: Object.fromEntries(families),
    calibration: predictionsOf(valid),
  };
}

function baselineSection(policy: string, { records, summary }: Evaluation, learned: Evaluation, seed: number) {
  const pairs = records.flatMap((r, i) => {
    const other = learned.records[i];
    return r.outcome === 'invalid' || other.outcome === 'invalid'
      ? []
      : [[other.outcome === 'held', r.outcome === 'held'] as const];
  });
  const difference = pairedDifference(
    pairs.map((p) => p[0]),
    pairs.map((p) => p[1]),
    rngStream(seed, `report/${policy}`),
  );
  return { ...summary.success, policy, trials: summary.trials - summary.invalid, reasons: summary.reasons, difference };
}
