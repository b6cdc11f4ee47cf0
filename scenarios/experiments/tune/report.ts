/** Report of tuning: what each configuration reached, what the search cost, and the page in Markdown. */
import { rngStream } from '../../../sim/math/rng.ts';
import { pairedSeedDifference, scoreOverSeeds } from '../../report/bootstrap-intervals.ts';
import { intervalText, markdownRow, rateText } from '../../report/markdown.ts';
import type { TuneRequest, TuneRun } from './run.ts';
import type { TuneSearch } from './searches.ts';
import { type Settings, SPACES, type SpaceName, TUNE_FAMILIES } from './space.ts';

/** What a configuration reached on the validation families; 95 % intervals. */
interface TunedConfig {
  /** Its number; 0 has the scenario's own settings. */
  readonly config: number;
  readonly settings: Settings;
  readonly seeds: number;
  /** Validation grasps, diverged ones left out. */
  readonly grasps: number;
  readonly rate: number;
  readonly low: number;
  readonly high: number;
  /** Minus the scenario's own settings, on the same scenes; null for these themselves. */
  readonly againstOwn: { readonly difference: number; readonly low: number; readonly high: number } | null;
  /** Training and evaluation, all seeds. */
  readonly seconds: number;
}

/** The machine-readable result of `graft tune`. */
export interface TuneJson {
  readonly arm: string;
  readonly backbone: string;
  readonly scenario: string;
  readonly set: readonly string[];
  readonly space: SpaceName;
  readonly search: TuneSearch;
  readonly trials: number;
  readonly evaluation: number;
  /** False if time ran out; the same command goes on. */
  readonly complete: boolean;
  /** Best first: tried with more seeds before fewer, then by rate. */
  readonly configs: readonly TunedConfig[];
  readonly best: Settings | null;
  /** What the search cost, so that the effort of two arms can be compared in runs and in time. */
  readonly effort: {
    readonly runs: number;
    readonly trainSeconds: number;
    readonly updateSeconds: number;
    readonly evaluationSeconds: number;
    readonly updates: number;
  };
  readonly out: string;
  readonly command: string;
}

interface Tuned {
  readonly request: TuneRequest;
  readonly space: SpaceName;
  readonly configs: readonly Settings[];
  readonly runs: readonly TuneRun[];
  readonly complete: boolean;
  readonly folder: string;
  readonly backbone: string;
}

/** Sums up finished runs. */
export function tuneResult({ request, space, configs, runs, complete, folder, backbone }: Tuned): TuneJson {
  const tried = configs.flatMap((settings, config) => {
    const own = runs.filter((r) => r.config === config);
    return own.length > 0
      ? [
          tunedConfig(
            config,
            settings,
            own,
            runs.filter((r) => r.config === 0),
          ),
        ]
      : [];
  });
  const ranked = tried.sort((a, b) => b.seeds - a.seeds || b.rate - a.rate || a.config - b.config);
  const total = (pick: (run: TuneRun) => number): number => runs.reduce((sum, run) => sum + pick(run), 0);
  const { arm, scenario, search, trials, evaluation, command } = request;
  return {
    ...{
      arm,
      backbone,
      scenario,
      set: request.set.map(({ path, value }) => `${path.join('.')}=${JSON.stringify(value)}`),
    },
    ...{ space, search, trials, evaluation, complete, configs: ranked },
    best: complete && ranked.length > 0 ? ranked[0].settings : null,
    effort: {
      runs: runs.length,
      trainSeconds: total((r) => r.trainSeconds),
      updateSeconds: total((r) => r.updateSeconds),
      evaluationSeconds: total((r) => r.evaluationSeconds),
      updates: total((r) => r.updates),
    },
    out: folder,
    command,
  };
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

function tunedConfig(
  config: number,
  settings: Settings,
  runs: readonly TuneRun[],
  own: readonly TuneRun[],
): TunedConfig {
  const perSeed = runs.map(({ held }) => held.filter((h) => h !== null));
  const counted = perSeed.filter((held) => held.length > 0);
  const { value, low, high } =
    counted.length > 0
      ? scoreOverSeeds(counted, mean, rngStream(0, 'tune/interval', config))
      : { value: 0, low: 0, high: 1 };
  return {
    ...{ config, settings, seeds: runs.length, grasps: perSeed.flat().length, rate: value, low, high },
    againstOwn: config === 0 ? null : pairedDifferenceOf(config, runs, own),
    seconds: runs.reduce((sum, r) => sum + r.trainSeconds + r.evaluationSeconds, 0),
  };
}

/** On the seeds that both have, grasp by grasp. */
export function pairedDifferenceOf(
  config: number,
  runs: readonly TuneRun[],
  own: readonly TuneRun[],
): TunedConfig['againstOwn'] {
  const pairs = runs.flatMap((run) => {
    const other = own.find((o) => o.seed === run.seed);
    const both = other ? run.held.flatMap((h, i) => (h === null || other.held[i] === null ? [] : i)) : [];
    return other && both.length > 0
      ? [{ a: both.map((i) => run.held[i] === true), b: both.map((i) => other.held[i] === true) }]
      : [];
  });
  if (pairs.length === 0) return null;
  return pairedSeedDifference(
    pairs.map((p) => p.a),
    pairs.map((p) => p.b),
    rngStream(0, 'tune/difference', config),
  );
}

/** The result as a page of Markdown, ready for the documentation. */
export function tuneMarkdown(result: TuneJson): string {
  const keys = SPACES[result.space].map(({ key }) => key);
  const short = keys.map((key) => key.replace(/^.*\./, ''));
  const rows = result.configs.map((c) => [
    c.config === 0 ? '0 (own)' : String(c.config),
    ...keys.map((key) => String(c.settings[key])),
    String(c.seeds),
    `${rateText(c.rate)} ${intervalText(c)}`,
    c.againstOwn ? `${rateText(c.againstOwn.difference)} ${intervalText(c.againstOwn)}` : '',
    c.seconds.toFixed(0),
  ]);
  const { effort } = result;
  return [
    `# Settings of arm \`${result.arm}\``,
    '',
    `\`${result.command}\``,
    '',
    `Backbone \`${result.backbone}\`, scenario \`${result.scenario}\`${result.set.length > 0 ? ` with ${result.set.map((s) => `\`${s}\``).join(', ')}` : ''}. Trained on ${TUNE_FAMILIES.training.join(', ')} for ${result.trials} trials, judged on ${TUNE_FAMILIES.validation.join(', ')}: ${result.evaluation} greedy grasps a seed, the same scenes for every configuration. Configuration 0 has the scenario's own settings, the others are drawn (${result.search} search). Brackets are 95 % intervals.${result.complete ? '' : ' **Not finished yet.**'}`,
    '',
    markdownRow(['config', ...short, 'seeds', 'held, %', 'minus own, points', 'seconds']),
    markdownRow(Array.from({ length: keys.length + 5 }, () => '---')),
    ...rows.map(markdownRow),
    '',
    `Effort: ${effort.runs} runs; ${effort.trainSeconds.toFixed(0)} s of training (${effort.updateSeconds.toFixed(0)} s of them in ${effort.updates} updates), ${effort.evaluationSeconds.toFixed(0)} s of evaluation.`,
    '',
  ].join('\n');
}
