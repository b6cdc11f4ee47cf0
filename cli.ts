import { resolve } from 'node:path';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { EngineError, loadEngine } from './agent/engine/engine.ts';
import { ARM_NAMES, type Arm } from './agent/learner/learner.ts';
import { TRUNK_SIZE_NAMES } from './agent/network/trunk-sizes.ts';
import { SOURCE_NAMES } from './agent/pretrain/pretrain.ts';
import { type AutoJson, type AutoRequest, runAuto } from './scenarios/experiments/auto/auto.ts';
import { type AutoBenchRequest, benchAuto } from './scenarios/experiments/auto/bench.ts';
import { candidateName } from './scenarios/experiments/auto/candidates.ts';
import { crosscheck, crosscheckTable } from './scenarios/experiments/crosscheck/crosscheck.ts';
import { mjcfOfCase, writeText } from './scenarios/experiments/crosscheck/mjcf-case.ts';
import {
  PRETRAIN_DEFAULTS,
  type PretrainRequest,
  pretrainWorkers,
  runPretraining,
} from './scenarios/experiments/pretrain/pretraining.ts';
import { runSoak } from './scenarios/experiments/speed/soak.ts';
import { benchSpeed } from './scenarios/experiments/speed/speed.ts';
import { ARM_CHOICES } from './scenarios/experiments/transfer/arms.ts';
import { PRESETS, type PresetName } from './scenarios/experiments/transfer/presets.ts';
import { TARGET_NAMES } from './scenarios/experiments/transfer/targets.ts';
import { benchTransfer, planTransfer, type TransferPlan } from './scenarios/experiments/transfer/transfer.ts';
import { runTune, TUNE_SEARCHES, type TuneRequest } from './scenarios/experiments/tune/tune.ts';
import { DATASET_FORMATS, type DatasetFormat, exportDataset } from './scenarios/export/dataset.ts';
import { listBackbones } from './scenarios/inspect/backbones.ts';
import { diagnose } from './scenarios/inspect/doctor.ts';
import { writeFrames } from './scenarios/inspect/frames.ts';
import { graftVersion } from './scenarios/inspect/versions.ts';
import { InputError, scenarioNames } from './scenarios/load.ts';
import { listObjects } from './scenarios/objects/list.ts';
import { type Override, parseOverride } from './scenarios/overrides.ts';
import type { RecordRequest } from './scenarios/recordings/record.ts';
import { parseRecordRule, type RecordRule } from './scenarios/recordings/rule.ts';
import { verify } from './scenarios/recordings/verify.ts';
import { Interrupted } from './scenarios/run/evaluate.ts';
import { runEvaluation } from './scenarios/run/evaluation.ts';
import { POLICY_NAMES } from './scenarios/run/named-policy.ts';
import { defaultWorkers } from './scenarios/run/pool.ts';
import { runTraining } from './scenarios/run/training.ts';
import { scenarioJsonSchema } from './scenarios/schema/schema.ts';
import { buildSite } from './scenarios/view/site.ts';
import { replayRun } from './scenarios/view/view-run.ts';
import { openRecording } from './sim/recording/reader.ts';
import { RecordingError } from './sim/recording/records.ts';
import { SceneError } from './sim/scene.ts';
import { writeSite } from './viewer/build.ts';
import { startViewer, type Viewer } from './viewer/server.ts';

/** `graft <verb>`: the only file that imports every folder. Thin verbs, no logic. */

const DEFAULT_PORT = 8090;
const integer =
  (low: number, high = Number.MAX_SAFE_INTEGER) =>
  (text: string) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < low || value > high) {
      throw new InvalidArgumentError(
        `expected an integer of at least ${low}${high < 1e9 ? ` and at most ${high}` : ''}.`,
      );
    }
    return value;
  };
const command = (): string => `npx graft ${process.argv.slice(2).join(' ')}`;
/** Flags that most verbs have. */
interface Flags {
  readonly force?: boolean;
  readonly json?: boolean;
}
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
const percent = (rate: number): string => `${(100 * rate).toFixed(1)} %`;
const interval = ({ rate, low, high }: { rate: number; low: number; high: number }): string =>
  `${percent(rate)} [${percent(low)}, ${percent(high)}]`;

/** Fires at the first Ctrl-C; a second one ends the process at once. */
function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    say('\ninterrupted: saving (again to stop at once)');
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller.signal;
}

const jsonOption = (): Option => new Option('--json', 'print one JSON object on stdout, nothing else');
const workersOption = (): Option =>
  new Option('--workers <n>', 'worker threads; the results do not depend on it')
    .argParser(integer(1, 256))
    .default(defaultWorkers());
const portOption = (): Option =>
  new Option('--port <n>', 'port of the viewer, 0 for any free one').argParser(integer(0, 65535)).default(DEFAULT_PORT);
const objectsOption = (): Option =>
  new Option(
    '--objects <path>',
    'a folder or file of URDF, OBJ, STL or GLB to draw objects from, in place of the families',
  );
const recordOption = (): Option =>
  new Option('--record <which>', 'record trials as MCAP: all, failures, every:N or off').argParser((text: string) => {
    try {
      return parseRecordRule(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  });
const collectOverride = (text: string, before: readonly Override[]): readonly Override[] => {
  try {
    return [...before, parseOverride(text)];
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
};
const recordRequest = (rule: RecordRule | undefined, path: string | undefined): { record?: RecordRequest } => {
  if (path !== undefined && !rule) throw new InputError('--recording: expected --record all, failures or every:N, too');
  return rule ? { record: { rule, ...(path !== undefined && { path }) } } : {};
};
/** Options of `auto` as they are typed. */
type Settable = 'objects' | 'budget' | 'seed' | 'out' | 'workers';
const scenarioHelp = `a scenario's name (${scenarioNames().join(', ')}) or the path of a YAML file`;
const policyHelp = `${POLICY_NAMES.join(', ')} (the scenario's trunk and head before any trial), or a run folder`;

const openViewer = async (port: number): Promise<Viewer> => {
  try {
    const viewer = await startViewer({ port });
    say(`viewer:   ${viewer.url}\n`);
    return viewer;
  } catch (error) {
    throw new InputError(error instanceof Error ? error.message : String(error));
  }
};

const program = new Command('graft')
  .description(
    'Grasp learning on frozen backbones, transferred: a simulated gripper tries grasps and learns from what held.',
  )
  .version(graftVersion())
  .showHelpAfterError('(add --help for the options)')
  // so that options after a verb are that verb's alone
  .enablePositionalOptions()
  .exitOverride();

program
  .command('train')
  .description('train a grasp head on a scenario, evaluate it on unseen object families, write a report')
  .argument('[scenario]', scenarioHelp, 'tabletop')
  .addOption(objectsOption())
  .option('--trials <n>', 'training trials', integer(1))
  .option('--seed <n>', 'training seed', integer(0))
  .addOption(new Option('--arm <name>', 'what the learner starts from and may change').choices(ARM_NAMES))
  .option('--out <folder>', 'the run folder (default: a new one under runs/)')
  .option('--view', 'show the trials live in a browser')
  .addOption(portOption())
  .option('--resume', 'go on with the run in --out')
  .addOption(recordOption())
  .option('--recording <file>', "the recording's file (default: recording.mcap in the run folder)")
  .addOption(workersOption())
  .addOption(jsonOption())
  .action(
    async (
      scenario: string,
      options: {
        objects?: string;
        trials?: number;
        seed?: number;
        arm?: Arm;
        out?: string;
        view?: boolean;
        port: number;
        resume?: boolean;
        record?: RecordRule;
        recording?: string;
        workers: number;
        json?: boolean;
      },
    ) => {
      const signal = interruptSignal();
      const { view, port, record, recording, ...rest } = options;
      const recorded = recordRequest(record, recording);
      const viewer = view ? await openViewer(port) : undefined;
      try {
        const result = await runTraining({
          ...rest,
          scenario,
          resume: options.resume ?? false,
          quiet: options.json ?? false,
          command: command(),
          ...(viewer && { view: viewer }),
          ...recorded,
          signal,
        });
        if (options.json) print(result);
        else {
          const on = !result.final.objects
            ? 'unseen families'
            : result.final.objects.split
              ? 'unseen objects'
              : 'objects seen in training';
          say(`\nheld on ${on}: ${interval(result.final.success)}, ${result.final.trials} trials`);
          for (const [name, { success }] of Object.entries(result.baselines))
            say(`  ${name.padEnd(12)} ${interval(success)}, same scenes`);
          say(`report:   ${result.report}`);
          if (viewer && process.stdout.isTTY) await keepShowing(viewer, signal);
        }
        // the stream runs on a timer: whoever watches gets the result before the page goes
        if (viewer && viewer.clientCount > 0) await new Promise((resolve) => setTimeout(resolve, 500));
      } finally {
        await viewer?.close();
      }
    },
  );

program
  .command('auto')
  .description(
    'automated transfer: choose backbone, taps and technique within a budget of trials, train, evaluate, and say why',
  )
  .argument('[scenario]', scenarioHelp, 'tabletop')
  .addOption(objectsOption())
  .option('--budget <n>', "trials in all, choosing included (default: the scenario's training trials)", integer(1))
  .option('--seed <n>', 'training seed', integer(0))
  .option('--out <folder>', 'the run folder (default: a new one under runs/)')
  .option('--resume', 'go on with the search or the training in --out')
  .addOption(workersOption())
  .addOption(jsonOption())
  .action(async (scenario: string, options: Pick<AutoRequest, Settable> & { resume?: boolean; json?: boolean }) => {
    const { json, ...rest } = options;
    const result: AutoJson = await runAuto({
      ...rest,
      scenario,
      resume: options.resume ?? false,
      quiet: json ?? false,
      command: command(),
      signal: interruptSignal(),
    });
    if (json) return print(result);
    say(`\nchosen:   ${candidateName(result.chosen)}`);
    for (const sentence of result.why) say(`  ${sentence}`);
    say(`held on the evaluation scenes: ${interval(result.final.success)}, ${result.final.trials} trials`);
    for (const [name, { success }] of Object.entries(result.baselines))
      say(`  ${name.padEnd(12)} ${interval(success)}, same scenes`);
    say(`reports:  ${result.report}\n          ${result.autoReport}`);
  });

/** Leaves the page up until Ctrl-C. */
async function keepShowing(viewer: Viewer, signal: AbortSignal): Promise<void> {
  say(`viewer:   ${viewer.url} stays open; Ctrl-C ends it`);
  if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
}

program
  .command('evaluate')
  .description('success of a policy on the evaluation scenes of a scenario, greedy, one grasp a scene')
  .argument('<policy>', policyHelp)
  .option('--scenario <name>', `${scenarioHelp}; a run's own by default`)
  .addOption(objectsOption())
  .option('--trials <n>', 'evaluation trials', integer(1))
  .addOption(
    new Option('--protocol <name>', 'one grasp a scene, or rounds of clutter removal')
      .choices(['single', 'clutter'])
      .default('single'),
  )
  .option('--rounds <n>', 'clutter: rounds for each seed', integer(1), 100)
  .option('--seeds <n>', 'clutter: seeds, from --seed upwards', integer(1), 5)
  .option('--seed <n>', 'evaluation seed', integer(0))
  .addOption(recordOption())
  .option('--recording <file>', "the recording's file (default: a new one under runs/)")
  .addOption(workersOption())
  .addOption(jsonOption())
  .action(
    async (
      policy: string,
      options: {
        scenario?: string;
        objects?: string;
        trials?: number;
        protocol: 'single' | 'clutter';
        rounds: number;
        seeds: number;
        seed?: number;
        record?: RecordRule;
        recording?: string;
        workers: number;
        json?: boolean;
      },
    ) => {
      const { protocol, rounds, seeds, record, recording, ...rest } = options;
      const result = await runEvaluation({
        ...rest,
        ...recordRequest(record, recording),
        command: command(),
        ...(protocol === 'clutter' && { clutter: { rounds, seeds } }),
        policy,
        quiet: options.json ?? false,
        signal: interruptSignal(),
      });
      if (options.json) return print(result);
      if (result.gsr && result.dr) {
        say(
          `${policy} on ${result.scenario}: ${result.rounds} rounds, grasp success rate ${interval(result.gsr)}, declutter rate ${interval(result.dr)}`,
        );
        return;
      }
      const reasons = Object.entries(result.reasons).map(([reason, n]) => `${reason} ${n}`);
      say(
        `${policy} on ${result.scenario}: held ${interval(result.success)}, ${result.trials} trials (${reasons.join(', ')})`,
      );
    },
  );

/** "2/3": the second of three parts. */
function parsePart(text: string): { part: number; of: number } {
  const [part, of] = /^\d{1,4}\/\d{1,4}$/.test(text) ? text.split('/').map(Number) : [0, 0];
  if (part < 1 || part > of) throw new InvalidArgumentError('expected i/n with 1 <= i <= n, such as 2/3.');
  return { part, of };
}

/** Lists may be written with spaces or commas. */
const list = (values: readonly string[] | undefined): string[] | undefined => values?.flatMap((a) => a.split(','));

interface TransferCommand {
  preset: PresetName;
  objects?: string;
  targets?: string[];
  arms?: string[];
  seeds?: number;
  out?: string;
  part?: { part: number; of: number };
  maxMinutes?: number;
  reportOnly?: boolean;
  pack?: boolean;
  plan?: boolean;
  workers: number;
  json?: boolean;
}

function sayPlan({ targets, coreHours, leftOut }: TransferPlan): void {
  for (const { target, arm, units, simulation, scoring, updates } of targets) {
    const each = [simulation, scoring, updates].map((s) => `${Math.round(s)}`.padStart(5)).join(' ');
    say(
      `${target.padEnd(13)} ${arm.padEnd(16)} ${String(units).padStart(3)} units of ${each} s (trials, scoring, updates)`,
    );
  }
  for (const { arm, why } of leftOut) say(`left out: ${arm}: ${why}`);
  say(`about ${coreHours.toFixed(1)} hours of one core`);
}

const bench = program.command('bench').description('measure');
bench
  .command('transfer')
  .description(
    'transfer learning against training from scratch: several arms and seeds on several targets, the same unseen scenes; writes a report',
  )
  .addOption(new Option('--preset <name>', 'how much to measure').choices(Object.keys(PRESETS)).default('quick'))
  .addOption(objectsOption())
  .option('--targets <names...>', `some of ${TARGET_NAMES.join(', ')}`)
  .option('--arms <names...>', `some of ${ARM_CHOICES.join(', ')}`)
  .option('--seeds <n>', 'training seeds', integer(1))
  .option('--out <folder>', 'results; a benchmark goes on where it stopped (default: runs/bench-<preset>)')
  .option('--part <i/n>', 'only every n-th piece, so that n machines can share the work', parsePart)
  .option('--max-minutes <n>', 'start no new piece after so many minutes', integer(0))
  .option('--report-only', 'measure nothing, report on what is there')
  .option('--pack', 'then pack the raw results into one file, which further commands read')
  .option('--plan', 'measure nothing, say how long it would take')
  .addOption(workersOption())
  .addOption(jsonOption())
  .action(async (options: TransferCommand) => {
    const [arms, targets] = [list(options.arms), list(options.targets)];
    const request = {
      ...options,
      ...(arms && { arms }),
      ...(targets && { targets }),
      quiet: options.json ?? false,
      command: command(),
      signal: interruptSignal(),
    };
    if (options.plan) {
      const plan = await planTransfer(request);
      return options.json ? print(plan) : sayPlan(plan);
    }
    const result = await benchTransfer(request);
    if (result.failed.length > 0) process.exitCode = 1;
    if (options.json) return print(result);
    say(result.verdict);
    for (const claim of result.claims) say(`- ${claim}`);
    say(`report: ${result.report}`);
  });
bench
  .command('auto')
  .description('what `auto` chooses beside every fixed choice: the same budget, seeds and evaluation scenes')
  .argument('[scenario]', scenarioHelp, 'tabletop')
  .option('--budget <n>', "trials of every run (default: the scenario's training trials)", integer(1))
  .option('--seeds <n>', 'training seeds', integer(1, 1000), 3)
  .option('--evaluation <n>', 'evaluation grasps for each seed', integer(1), 100)
  .option('--out <folder>', 'results; a benchmark goes on where it stopped (default: runs/bench-auto)')
  .addOption(workersOption())
  .addOption(jsonOption())
  .action(
    async (scenario: string, options: Omit<AutoBenchRequest, 'scenario' | 'quiet' | 'signal'> & { json?: boolean }) => {
      const { json, ...rest } = options;
      const result = await benchAuto({ ...rest, scenario, quiet: json ?? false, signal: interruptSignal() });
      if (json) return print(result);
      const estimate = ({ value, ...bounds }: { value: number; low: number; high: number }): string =>
        interval({ rate: value, ...bounds });
      say(`auto: ${estimate(result.auto.rate)}; chose ${result.auto.chosen.join('; ')}`);
      for (const { choice, rate, lead } of result.fixed)
        say(`${choice}: ${estimate(rate)}, auto minus this ${estimate(lead)}`);
      say(
        `auto minus the best: ${estimate(result.leadOverBest)}; minus their average: ${estimate(result.leadOverAverage)}`,
      );
    },
  );
bench
  .command('speed')
  .description('trials, frames, features and updates a second on one core, and the training step against stock kernels')
  .option('--seconds <n>', 'seconds for each figure', integer(1, 600), 6)
  .addOption(jsonOption())
  .action(async (options: { seconds: number; json?: boolean }) => {
    const result = await benchSpeed(options.seconds, (text) => options.json || say(`measuring ${text}`));
    if (options.json) return print(result);
    for (const [name, value] of Object.entries(result))
      say(`${name.padEnd(24)} ${typeof value === 'number' ? value.toFixed(2) : value}`);
  });

bench
  .command('soak')
  .description('many trials in one process: memory, diverged simulations, and whether a restored trial is the same one')
  .option('--trials <n>', 'trials to play', integer(10), 10_000)
  .option('--seed <n>', 'seed of scenes and grasps', integer(0), 0)
  .option('--scenario <name>', `${scenarioHelp}; by default the cases of crosscheck`)
  .addOption(jsonOption())
  .action(async (options: { trials: number; seed: number; scenario?: string; json?: boolean }) => {
    const result = await runSoak({ ...options, quiet: options.json ?? false });
    if (options.json) return print(result);
    const { trials, invalid, memoryGrowth, restored, unabridged, trialsPerSecond } = result;
    say(
      `${trials} trials, ${trialsPerSecond.toFixed(1)} a second; ${invalid} diverged; memory grew by ${memoryGrowth.toFixed(1)} MB`,
    );
    say(`${restored.identical} of ${restored.trials} trials played again from a copied scene ended bit for bit alike`);
    say(
      `with the free motion simulated, too: ${unabridged.changed} of ${unabridged.trials} outcomes differ, ${unabridged.timeRatio.toFixed(2)} times the time`,
    );
  });

program
  .command('tune')
  .description(
    "search an arm's learner settings on validation families, the same effort for every arm; never meets the benchmark's",
  )
  .addArgument(new Argument('<arm>', 'the arm to tune').choices(ARM_NAMES))
  .option('--scenario <name>', scenarioHelp, 'tabletop')
  .option(
    '--set <key=value>',
    "a setting in place of the scenario's, e.g. learner.backbone=random; repeatable",
    collectOverride,
    [],
  )
  .option('--trials <n>', 'training trials of a run', integer(1), 192)
  .option('--evaluation <n>', 'validation grasps of a run', integer(1), 150)
  .option('--configs <n>', "configurations: the scenario's own settings, and draws", integer(1), 8)
  .option('--seeds <n>', 'training seeds', integer(1, 1000), 3)
  .addOption(
    new Option('--search <name>', 'try all with every seed, or drop the worse half after each')
      .choices(TUNE_SEARCHES)
      .default('random'),
  )
  .option('--seed <n>', 'seed of the draws', integer(0), 0)
  .option('--max-minutes <n>', 'start no further run after this long; the same command goes on', integer(0))
  .option('--out <folder>', 'results; a search goes on where it stopped (default: runs/tune-<arm>)')
  .addOption(workersOption())
  .addOption(jsonOption())
  .action(async (arm: Arm, options: Omit<TuneRequest, 'arm' | 'quiet' | 'command' | 'signal'> & { json?: boolean }) => {
    const { json, ...rest } = options;
    const result = await runTune({ ...rest, arm, quiet: json ?? false, command: command(), signal: interruptSignal() });
    if (json) return print(result);
    for (const { config, settings, seeds, ...rate } of result.configs) {
      const values = Object.entries(settings).map(([key, value]) => `${key.replace(/^.*\./, '')} ${value}`);
      say(`${String(config).padStart(3)}  ${interval(rate)}, ${seeds} seeds  ${values.join('  ')}`);
    }
    if (!result.complete) say('not finished; the same command goes on');
    say(`table:    ${result.out}/result.md`);
  });

program
  .command('pretrain')
  .description(
    'pretrain a trunk on simulated scenes of families that no scenario trains or evaluates on; interrupted, the same command goes on',
  )
  .option('--name <name>', 'name of the weights', 'passive')
  .addOption(
    new Option('--source <what>', 'passive tasks, outcomes of simulated grasps, or both')
      .choices(SOURCE_NAMES)
      .default('passive'),
  )
  .addOption(new Option('--size <size>', 'of the trunk').choices(TRUNK_SIZE_NAMES).default('small'))
  .option('--rounds <n>', 'rounds of new scenes', integer(1), PRETRAIN_DEFAULTS.rounds)
  .option('--scenes <n>', 'scenes of a round', integer(1), PRETRAIN_DEFAULTS.scenes)
  .option('--grasps <n>', 'grasps tried on each scene', integer(1), PRETRAIN_DEFAULTS.grasps)
  .option('--steps <n>', 'gradient steps of a round', integer(1), PRETRAIN_DEFAULTS.steps)
  .option('--seed <n>', 'seed', integer(0), PRETRAIN_DEFAULTS.seed)
  .option('--data <folder>', 'scenes made before are used again (default: runs/source-grasps or runs/source-views)')
  .option('--out <file>', 'where to write (default: agent/weights/<name>.safetensors)')
  .option('--workers <n>', 'threads that draw scenes; the results do not depend on it', integer(1), pretrainWorkers())
  .option('--force', 'replace existing weights')
  .addOption(jsonOption())
  .action(async (options: Omit<PretrainRequest, 'force' | 'quiet' | 'command' | 'signal'> & Flags) => {
    const result = await runPretraining({
      ...options,
      force: options.force ?? false,
      quiet: options.json ?? false,
      command: command(),
      signal: interruptSignal(),
    });
    if (options.json) return print(result);
    const { graspAuc, familyAccuracy } = result.probe;
    say(
      `loss ${result.loss.toFixed(4)}${graspAuc === null ? '' : `, grasps ranked right ${percent(graspAuc)}`}` +
        `${familyAccuracy === null ? '' : `, family named right ${percent(familyAccuracy)}`}`,
    );
    say(`weights: ${result.out}`);
  });

program
  .command('view')
  .description(
    'watch the policy of a finished run on its evaluation scenes, or recordings, in a browser; or build a site to play in',
  )
  .argument('[run...]', 'a run folder (default: the newest; with --build: none), or one or two recordings (MCAP)')
  .addOption(portOption())
  .option(
    '--build <folder>',
    'write a site for any web server instead: the simulator in a page, with the policy of the run, and the viewer',
  )
  .action(async (what: string[], options: { port: number; build?: string }) => {
    const [run] = what;
    const recorded = what.some((path) => path.endsWith('.mcap'));
    if (options.build !== undefined) {
      if (recorded || what.length > 1)
        throw new InputError(`view --build: expected one run or none, got ${what.join(' ')}`);
      say(`site: ${await buildSite({ out: options.build, ...(run && { run }), write: writeSite })}`);
      return;
    }
    const signal = interruptSignal();
    if (what.some((path) => path.endsWith('.mcap'))) return viewRecordings(what, options.port, signal);
    if (what.length > 1) throw new InputError(`view: expected one run or two recordings, got ${what.join(' ')}`);
    await replayRun(what[0], () => openViewer(options.port), signal, say);
  });

/** Serves one recording, or two side by side, until Ctrl-C. @throws RecordingError if one is none. */
async function viewRecordings(paths: readonly string[], port: number, signal: AbortSignal): Promise<void> {
  if (paths.length > 2) throw new InputError(`view: expected one or two recordings, got ${paths.length}`);
  const opened = await Promise.all(paths.map((path) => openRecording(resolve(path))));
  const viewer = await startViewer({ port }).catch((error: Error) => {
    throw new InputError(error.message);
  });
  try {
    const [first, second] = opened.map(({ path }) => encodeURIComponent(viewer.serveRecording(path)));
    say(`viewer:   ${viewer.url}?recording=${first}${second ? `&beside=${second}` : ''}`);
    say('Ctrl-C ends it');
    if (!signal.aborted) await new Promise<void>((done) => signal.addEventListener('abort', () => done()));
  } finally {
    await viewer.close();
  }
}

program
  .command('verify')
  .description('replay every trial of a recording from (version, seed) and compare bit for bit')
  .argument('<recording>', 'an MCAP file made with --record')
  .addOption(jsonOption())
  .action(async (path: string, options: { json?: boolean }) => {
    const note = (text: string): void => void (options.json || say(text));
    const onTrial = (done: number): void => void (done % 50 === 0 && note(`${done} trials`));
    const result = await verify(await openRecording(path), { onTrial, note, signal: interruptSignal() });
    if (result.same + result.skipped < result.trials || result.ending === 'damaged') process.exitCode = 1;
    if (options.json) return print(result);
    for (const { trial, split, what, recorded, replayed } of result.mismatches)
      say(`${split} trial ${trial}: ${what}: recorded ${recorded}, replayed ${replayed}`);
    for (const text of result.notes) say(text);
    say(`${path}: ${result.same} of ${result.trials} trials the same, bit for bit`);
  });

program
  .command('crosscheck')
  .description('the same grasps in this physics and in MuJoCo (@mujoco/mujoco): do the labels agree?')
  .option('--trials <n>', 'grasps to play', integer(1, 100_000), 200)
  .option('--seed <n>', 'seed of scenes and grasps', integer(0), 0)
  .option('--scenario <name>', `${scenarioHelp}; by default every family, light to heavy, slippery to rough`)
  .addOption(objectsOption())
  .addOption(jsonOption())
  .action(async (options: { trials: number; seed: number; scenario?: string; objects?: string; json?: boolean }) => {
    const onProgress = (done: number): void => {
      if (!options.json && done % 50 === 0) say(`${done} of ${options.trials}`);
    };
    const result = await crosscheck({ ...options, onProgress, signal: interruptSignal() });
    if (options.json) return print(result);
    say(crosscheckTable(result));
  });

const exportCommand = program
  .command('export')
  .description('trials of a recording as a dataset, or (export mjcf) a scene for MuJoCo')
  // what follows mjcf is its own
  .enablePositionalOptions()
  .argument('<recording>', 'an MCAP file made with --record, or the folder of a recorded run')
  .option('--out <folder>', 'where to write; must not exist yet')
  .addOption(
    new Option(
      '--format <name>',
      'npz: NumPy arrays; hdf5: the same in one HDF5 file; lerobot: LeRobotDataset v3.0',
    ).choices(DATASET_FORMATS),
  )
  .addOption(jsonOption())
  .action(async (from: string, { out, format, json }: { out?: string; format?: DatasetFormat; json?: boolean }) => {
    if (!format) throw new InputError(`export: expected --format ${DATASET_FORMATS.join(', ')}, got none`);
    if (out === undefined) throw new InputError('export: expected --out with a folder to make, got none');
    const onTrial = (done: number): void => void (json || done % 200 !== 0 || say(`${done} trials`));
    const signal = interruptSignal();
    const result = await exportDataset({ from, format, out, open: openRecording, onTrial, signal });
    if (json) return print(result);
    for (const note of result.notes) say(note);
    say(`${result.out}: ${result.trials} trials, ${result.held} held`);
  });
exportCommand
  .command('mjcf')
  .description('scene, gripper and grasp as an MJCF file for MuJoCo: a case of crosscheck')
  .argument('[scenario]', scenarioHelp, 'tabletop')
  .option('--seed <n>', 'seed of scenes and grasps', integer(0), 0)
  .option('--index <n>', 'which case', integer(0), 0)
  .option('--out <file>', 'where to write (default: stdout)')
  .action(async (scenario: string, options: { seed: number; index: number; out?: string }) => {
    const text = await mjcfOfCase(scenario, options.seed, options.index);
    if (options.out === undefined) return void process.stdout.write(text);
    say(writeText(options.out, text));
  });

program
  .command('frame')
  .description('PNGs of one observation: colour, depth, segmentation, heightmap')
  .argument('[scenario]', scenarioHelp, 'tabletop')
  .option('--seed <n>', 'evaluation seed', integer(0), 0)
  .option('--index <n>', 'scene', integer(0), 0)
  .requiredOption('--out <folder>', 'where to write')
  .addOption(jsonOption())
  .action(async (scenario: string, options: { seed: number; index: number; out: string; json?: boolean }) => {
    const files = await writeFrames(scenario, options.seed, options.index, options.out);
    if (options.json) return print({ files });
    for (const file of files) say(file);
  });

program
  .command('objects')
  .description(
    'what a folder of URDF, OBJ, STL or GLB holds: what could be read, sizes, masses, what the gripper can hold',
  )
  .argument('<path>', 'a folder, or a single file')
  .option('--scenario <name>', `gripper and objects settings: ${scenarioHelp}`, 'tabletop')
  .option('--out <file>', 'contact sheet, PNG')
  .addOption(jsonOption())
  .action(async (path: string, options: { scenario: string; out?: string; json?: boolean }) => {
    const { objects, lines } = await listObjects(path, options);
    if (!objects.some((o) => o.ok)) process.exitCode = 2;
    if (options.json) return print(objects);
    for (const line of lines) say(line);
  });

program
  .command('backbones')
  .description('the trunks that learner.backbone can name: layers read, channels, hash, licence, and where they are')
  .addOption(jsonOption())
  .option('--time', 'also measure the time for one heightmap: 12 angles of 96 x 96 cells')
  .action(async (options: { json?: boolean; time?: boolean }) => {
    const { backbones, lines } = await listBackbones(options);
    if (backbones.some((b) => !b.ok)) process.exitCode = 2;
    if (options.json) return print(backbones);
    for (const line of lines) say(line);
  });

program
  .command('doctor')
  .description('what runs here: engine, physics, versions, browser, weights, and what is missing')
  .addOption(jsonOption())
  .action(async (options: { json?: boolean }) => {
    const result = await diagnose(await loadEngine());
    if (options.json) return print(result);
    for (const { name, value, ok } of result.checks) say(`${ok ? 'ok     ' : 'missing'}  ${name.padEnd(12)} ${value}`);
  });

program
  .command('schema')
  .description('the JSON Schema of scenario files')
  .action(() => print(scenarioJsonSchema()));

/** What the user can mend: the message is enough. */
const REFUSALS = [InputError, EngineError, SceneError, RecordingError] as const;

/** 0 done, 1 failed, 2 usage or bad input, 130 interrupted. */
function exitCode(error: unknown): number {
  if (error instanceof Interrupted) {
    say(error.message);
    return 130;
  }
  if (REFUSALS.some((kind) => error instanceof kind)) {
    say((error as Error).message);
    return 2;
  }
  if (error instanceof Error && 'exitCode' in error && 'code' in error && String(error.code).startsWith('commander.')) {
    return error.exitCode === 0 ? 0 : 2;
  }
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return 1;
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCode(error);
}
// worker threads and tensor engines may keep handles open; everything has been written by now
process.exit(process.exitCode ?? 0);
