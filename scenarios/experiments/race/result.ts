/** Result of a race: the benchmark's report of one target, a page of Markdown, and JSON. */
import { join } from 'node:path';
import { PHYSICS_ENGINE, physicsVersion } from '../../../sim/physics.ts';
import type { standings } from '../../../sim/recording/race.ts';
import { writeAtomically } from '../../files.ts';
import type { BenchReport, BenchTarget } from '../../report/bench/data.ts';
import { benchReportHtml } from '../../report/bench/report.ts';
import { type BenchSummary, benchResult, benchSummary } from '../../report/bench/result.ts';
import type { ReportExample } from '../../report/example.ts';
import { ascii, intervalText, markdownRow, rateText } from '../../report/markdown.ts';
import type { RateInterval } from '../../report/statistics.ts';
import type { Timed } from '../../run/conclude.ts';
import { illustrate } from '../../run/illustrate.ts';
import { greedy } from '../../run/named-policy.ts';
import type { TrialRecord } from '../../trials/job.ts';
import { versions } from '../../versions.ts';
import type { TrialPool } from '../../workers/pool.ts';
import { BENCH_ARMS, type BenchArmEntry } from '../transfer/arms.ts';
import type { Setting } from '../transfer/plan.ts';
import { outcomesOf, type RawResult } from '../transfer/raw.ts';
import type { ArmResults } from '../transfer/report/results.ts';
import { summariseTarget } from '../transfer/report/target.ts';
import { HEURISTICS } from './arms.ts';
import type { Entrant, PreparedRace } from './entrants.ts';
import type { Raced, RacePoint } from './training.ts';

/** An arm that was judged. */
export interface Judged {
  readonly entrant: Entrant;
  readonly raced: Raced;
  readonly final: Timed;
  /** Judged on the first of the same scenes. */
  readonly points: readonly (Omit<RacePoint, 'model'> & { readonly records: readonly TrialRecord[] })[];
}

type Lead = ReturnType<typeof standings>['lead'];

/** The machine-readable result of `graft race`. */
export interface RaceJson extends Pick<BenchSummary, 'report' | 'verdict' | 'claims'> {
  readonly scenario: string;
  readonly seed: number;
  readonly trials: number;
  readonly arms: Readonly<
    Record<
      string,
      {
        readonly success: RateInterval;
        readonly trials: number;
        /** Training grasps that failed. */
        readonly failed: number;
        /** Wall-clock seconds of its turns. */
        readonly seconds: number;
        /** Of an arm that learns. */
        readonly weightsHash?: string;
        readonly out: string;
      }
    >
  >;
  /** The arm that was ahead of all others when training ended, if any was. */
  readonly leader: { readonly arm: string; readonly since: number } | null;
  readonly out: string;
  readonly seconds: number;
}

interface RaceFacts {
  readonly command: string;
  readonly race: PreparedRace;
  readonly engine: string;
  readonly pool: TrialPool;
  readonly judged: readonly Judged[];
  readonly leads: Lead;
  readonly seconds: number;
}

/** Writes `report.html`, `report.md` and `result.json` into the race's folder. */
export async function writeRaceResult(facts: RaceFacts): Promise<RaceJson> {
  const { race, judged, leads, seconds } = facts;
  const { folder, first, trials } = race;
  const report = await reportOf(facts);
  const path = join(folder, 'report.html');
  const { verdict, claims } = benchSummary(report, { report: path, raw: folder });
  const json: RaceJson = {
    scenario: first.name,
    seed: first.seed,
    trials,
    arms: Object.fromEntries(judged.map((each) => [each.entrant.name, armJson(each)])),
    leader: leads ? { arm: judged[leads.arm].entrant.name, since: leads.since } : null,
    verdict,
    claims,
    report: path,
    out: folder,
    seconds,
  };
  writeAtomically(path, await benchReportHtml(report));
  writeAtomically(join(folder, 'report.md'), markdown(json, facts.command));
  const { headline, details } = benchResult(report);
  writeAtomically(join(folder, 'result.json'), `${JSON.stringify({ ...json, headline, details }, null, 2)}\n`);
  return json;
}

const isFailure = ({ outcome }: TrialRecord): boolean => outcome !== 'held' && outcome !== 'invalid';

const armJson = ({ entrant, raced, final }: Judged): RaceJson['arms'][string] => ({
  success: final.evaluation.summary.success,
  trials: final.evaluation.summary.trials,
  failed: raced.records.filter(isFailure).length,
  seconds: raced.seconds,
  ...(raced.outcome && { weightsHash: raced.outcome.weightsHash }),
  out: entrant.folder,
});

const BASELINE_RANDOM: BenchArmEntry = {
  kind: 'fixed',
  role: 'heuristic',
  description: 'a random point of an object, closed at a random angle',
  policy: 'random',
};

/** What an arm is in the benchmark's comparison. */
const entryOf = ({ name }: Entrant): BenchArmEntry =>
  HEURISTICS[name] === 'random' ? BASELINE_RANDOM : BENCH_ARMS[name];

/** Budgets at which every arm that learns was judged: one that was gone on with has none before the pause. */
function sharedBudgets({ trials }: PreparedRace, judged: readonly Judged[]): number[] {
  const learners = judged.filter(({ entrant }) => entrant.run);
  const [first] = learners;
  const early = first.points.map((point) => point.trials);
  return [...early.filter((at) => learners.every(({ points }) => points.some((p) => p.trials === at))), trials];
}

async function reportOf(facts: RaceFacts): Promise<BenchReport> {
  const { command, race, engine, judged, seconds } = facts;
  const { first } = race;
  const { name, scenario, seed, library } = first;
  const budgets = sharedBudgets(race, judged);
  const arms = judged.map((each) => armResults(race, each, budgets));
  const has = (arm: string): string | null => (judged.some(({ entrant }) => entrant.name === arm) ? arm : null);
  const headline = { frozen: has('pretrained'), scratch: has('scratch') };
  // the report goes on after it
  const description = scenario.description.replace(/\.$/, '');
  const about = { name, title: name, description, main: true };
  const target: BenchTarget = {
    ...summariseTarget(about, arms, headline, library),
    examples: await examplesOf(facts),
  };
  return {
    ...{ command, scenario: name, seed, engine, physics: `${PHYSICS_ENGINE} ${physicsVersion()}` },
    versions: versions(),
    seconds,
    preset: `race on ${name}`,
    headline,
    targets: [target],
    // one seed on one target: nothing to sum up
    overall: null,
    profiles: [],
    missing: [],
    units: judged.length,
    leftOut: [],
  };
}

/** An arm as the benchmark has it: one seed. */
function armResults({ first }: PreparedRace, judged: Judged, budgets: readonly number[]): ArmResults {
  const { entrant, raced, final, points } = judged;
  const { name, scenario, seed } = first;
  const { records } = final.evaluation;
  const { updateSeconds = 0, updates = 0 } = raced.outcome ?? {};
  const last = { held: outcomesOf(records), trainSeconds: raced.seconds, updateSeconds, updates };
  const early = points.filter(({ trials }) => budgets.includes(trials));
  const result: RawResult = {
    ...{ version: 2, key: '', target: name, arm: entrant.name, seed, versions: {} },
    points: [
      ...early.map(({ records: seen, ...spent }) => ({ ...spent, held: outcomesOf(seen) })),
      { trials: entrant.run ? budgets[budgets.length - 1] : 0, ...last },
    ],
    ...(entrant.run && { training: outcomesOf(raced.records) }),
  };
  const setting: Setting = {
    entry: entryOf(entrant),
    size: {
      ...{ budgets, seeds: 1, finalTrials: records.length, trials: early[0]?.records.length ?? records.length },
      ...{ rounds: 0, pictures: 0, arms: [] },
    },
    target: {
      title: name,
      description: scenario.description,
      scenario: name,
      overrides: {},
      rounds: false,
      main: true,
    },
    scenario: entrant.run?.scenario ?? scenario,
    ...(entrant.run && { backbone: entrant.run.backbone }),
  };
  return { arm: entrant.name, setting, results: [result] };
}

/** Evaluation scenes of which the report shows what every arm did. */
const EXAMPLES = 4;

/** The first evaluation scenes, not chosen: an example for each arm. */
async function examplesOf({ pool, race, judged }: RaceFacts): Promise<ReportExample[][]> {
  const { seed } = race.first.scenario.evaluation;
  const scenes = judged[0].final.evaluation.records.slice(0, EXAMPLES).map(({ scene }) => scene);
  const byArm: ReportExample[][] = [];
  for (const { entrant, raced, final } of judged) {
    const policy = raced.outcome
      ? greedy(raced.outcome.model)
      : ({ kind: 'fixed', name: HEURISTICS[entrant.name] } as const);
    const { scenario } = entrant.run ?? race.first;
    const seen = [{ policy: entrant.name, records: final.evaluation.records }];
    byArm.push(await illustrate(pool, scenario, seed, policy, scenes, seen));
  }
  return scenes.map((_, i) => byArm.map((examples) => examples[i]));
}

/** The race in a page of Markdown. */
function markdown({ scenario, seed, trials, arms, leader, verdict, claims }: RaceJson, command: string): string {
  const rows = Object.entries(arms).map(([name, { success, trials: scenes, failed, seconds }]) =>
    markdownRow([
      name,
      `${rateText(success.rate)} ${intervalText(success)}`,
      String(scenes),
      String(failed),
      seconds.toFixed(1),
    ]),
  );
  const ahead = leader
    ? `When training ended, ${leader.arm} was ahead of every other arm, since trial ${leader.since}.`
    : 'When training ended, no arm was shown to be ahead of every other.';
  return `# Race on ${scenario}, seed ${seed}, ${trials} trials an arm

${ascii(verdict)}

${claims.map((claim) => `* ${ascii(claim)}`).join('\n')}

| arm | held on unseen scenes, %, 95 % interval | scenes | failed grasps in training | seconds |
|---|---|---|---|---|
${rows.join('\n')}

${ahead}

\`\`\`sh
${command}
\`\`\`
`;
}
