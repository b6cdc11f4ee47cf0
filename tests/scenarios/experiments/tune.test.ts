import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Regime } from '../../../agent/learner/regimes.ts';
import type { TuneJson } from '../../../scenarios/experiments/tune/report.ts';
import type { TuneRequest, TuneRun } from '../../../scenarios/experiments/tune/run.ts';
import {
  drawSettings,
  SPACES,
  settingsOf,
  spaceOf,
  spaceSize,
  TUNE_FAMILIES,
  withSettings,
} from '../../../scenarios/experiments/tune/space.ts';
import { runTune } from '../../../scenarios/experiments/tune/tune.ts';
import { InputError, loadScenario } from '../../../scenarios/load.ts';
import { parseOverride } from '../../../scenarios/parse/overrides.ts';
import { Interrupted } from '../../../scenarios/terminal/interrupted.ts';
import { HELD_OUT_FAMILIES, TRAINING_FAMILIES } from '../../../sim/objects/families.ts';
import { run, runJson, snapshot, temporaryFolder } from '../../support/process/cli.ts';

const folder = temporaryFolder();
const read = (path: string): string => readFileSync(join(folder, path), 'utf8');

describe('the space', () => {
  const { scenario } = loadScenario('tabletop');

  it('follows from the arm, its technique and its head; frozen and end-to-end arms have as many settings, all in the schema', () => {
    expect(SPACES.frozen).toHaveLength(SPACES.endToEnd.length);
    expect([spaceOf('pretrained'), spaceOf('random'), spaceOf('scratch'), spaceOf('finetuned')]).toEqual([
      ...['frozen', 'frozen', 'scratch', 'endToEnd'],
    ]);
    expect(spaceOf('pretrained', { technique: 'l2-sp' })).toBe('endToEnd');
    expect(spaceOf('pretrained', { head: 'initialised' })).toBe('initialised');
    for (const axes of Object.values(SPACES)) {
      for (const { key, values } of axes) {
        for (const value of values) {
          const changed = withSettings(scenario, { [key]: value });
          expect(key.split('.').reduce<unknown>((v, k) => (v as Record<string, unknown>)[k], changed)).toBe(value);
        }
        // about even on a logarithmic scale: no step is more than twice another
        const steps = values.slice(1).map((v, i) => Math.log(v / values[i]));
        expect(Math.max(...steps)).toBeLessThan(2.5 * Math.min(...steps));
      }
    }
  });

  it('is drawn without repetition, the same for the same seed, own settings first, and fewer begin more', () => {
    for (const space of ['frozen', 'initialised', 'endToEnd', 'scratch'] as const) {
      const own = settingsOf(scenario, space);
      const many = drawSettings(space, 60, own, 0);
      expect(many[0]).toEqual(own);
      expect(new Set(many.map((s) => JSON.stringify(s))).size).toBe(60);
      expect(drawSettings(space, 9, own, 0)).toEqual(many.slice(0, 9));
      expect(drawSettings(space, 9, own, 1)).not.toEqual(many.slice(0, 9));
      for (const { key, values } of SPACES[space]) {
        const counts = values.map((v) => many.slice(1).filter((s) => s[key] === v).length);
        expect(Math.min(...counts), key).toBeGreaterThan(0);
      }
    }
  });

  it('can be exhausted', () => {
    expect(spaceSize('endToEnd')).toBe(480);
    expect(drawSettings('endToEnd', 480, settingsOf(scenario, 'endToEnd'), 0)).toHaveLength(480);
  });

  it('is judged on families that are neither trained on nor held out', () => {
    const { training, validation } = TUNE_FAMILIES;
    for (const family of [...training, ...validation]) {
      expect(TRAINING_FAMILIES).toContain(family);
      expect(HELD_OUT_FAMILIES).not.toContain(family);
    }
    expect(new Set([...training, ...validation]).size).toBe(training.length + validation.length);
  });
});

const request = (arm: Regime, out: string): TuneRequest => ({
  ...{ arm, scenario: join(folder, 'tiny.yaml'), set: [], trials: 8, evaluation: 2, configs: 3, seeds: 2 },
  ...{ search: 'random', seed: 0, out: join(folder, out), workers: 2, quiet: true, command: 'npx graft tune' },
  signal: new AbortController().signal,
});
const timeless = ({ effort: { runs, updates }, configs, out: _, ...rest }: TuneJson) => ({
  ...{ ...rest, runs, updates },
  configs: configs.map(({ seconds: __, ...config }) => config),
});
const raw = (out: string): Omit<TuneRun, 'trainSeconds' | 'updateSeconds' | 'evaluationSeconds'>[] =>
  readdirSync(join(folder, out, 'raw'))
    .sort()
    .map((f) => {
      const text = read(`${out}/raw/${f}`);
      const { trainSeconds: _, updateSeconds: __, evaluationSeconds: ___, ...rest } = JSON.parse(text) as TuneRun;
      return rest;
    });

let whole: TuneJson;

beforeAll(async () => {
  writeFileSync(
    join(folder, 'tiny.yaml'),
    `training: { warmupTrials: 4, scenesPerRound: 2 }
action: { angles: 4, depths: [0.035] }
learner: { backbone: grasp-passive }
`,
  );
  whole = await runTune(request('pretrained', 'whole'));
});

describe('a search', () => {
  it('trains and judges every configuration with every seed on paired scenes of the validation families', () => {
    expect(readdirSync(join(folder, 'whole', 'raw')).sort()).toEqual(
      [0, 1, 2].flatMap((c) => [0, 1].map((s) => `c0${c}-s${s}.json`)),
    );
    expect(whole).toMatchObject({ arm: 'pretrained', space: 'initialised', complete: true, effort: { runs: 6 } });
    expect(whole.configs.map((c) => [c.seeds, c.grasps])).toEqual([0, 1, 2].map(() => [2, 4]));
    expect(whole.configs.map((c) => c.rate)).toEqual(whole.configs.map((c) => c.rate).sort((x, y) => y - x));
    expect(whole.best).toEqual(whole.configs[0].settings);
    expect(whole.configs.find((c) => c.config === 0)!.againstOwn).toBeNull();
    const { key } = raw('whole')[0];
    for (const family of [...TUNE_FAMILIES.training, ...TUNE_FAMILIES.validation]) expect(key).toContain(family);
    for (const family of HELD_OUT_FAMILIES) expect(key).not.toContain(`"${family}"`);
    const page = read('whole/result.md');
    expect(page).toContain('| config | learningRate | headAnchor | updatesPerTrial | batchSize | seeds |');
    expect(page.match(/^\| [012] /gm)).toHaveLength(3);
    expect(page).toContain('Effort: 6 runs;');
  });

  it('is the same with one worker, though it ran out of time and was interrupted on the way', async () => {
    const pieces = { ...request('pretrained', 'pieces'), workers: 1 };
    const none = await runTune({ ...pieces, maxMinutes: 0 });
    expect(none).toMatchObject({ complete: false, configs: [], best: null, effort: { runs: 0 } });
    const controller = new AbortController();
    const timer = setInterval(() => {
      if (existsSync(join(folder, 'pieces/raw/c00-s0.json'))) controller.abort();
    }, 5);
    await expect(runTune({ ...pieces, signal: controller.signal })).rejects.toBeInstanceOf(Interrupted);
    clearInterval(timer);
    const first = read('pieces/raw/c00-s0.json');
    expect(existsSync(join(folder, 'pieces/raw/c02-s1.json'))).toBe(false);
    const result = await runTune(pieces);
    expect(timeless(result)).toEqual(timeless(whole));
    expect(raw('pieces')).toEqual(raw('whole'));
    expect(read('pieces/raw/c00-s0.json')).toBe(first);
    expect(result.effort.trainSeconds).toBeGreaterThan(0);
  });

  it("drops the worse half after each seed if asked, and takes settings in place of the scenario's", async () => {
    const set = ['learner.endToEnd.updatesPerTrial=0.5', 'learner.endToEnd.batchSize=4'];
    const halving = {
      ...request('scratch', 'halving'),
      workers: 1,
      search: 'halving',
      set: set.map(parseOverride),
    } as const;
    const result = await runTune(halving);
    expect(result).toMatchObject({ space: 'scratch', search: 'halving', set, effort: { runs: 5 } });
    expect(result.configs.map((c) => c.seeds)).toEqual([2, 2, 1]);
    expect(result.configs.find((c) => c.config === 0)!.settings).toMatchObject({
      'learner.endToEnd.updatesPerTrial': 0.5,
      'learner.endToEnd.batchSize': 4,
    });
    const other = runTune({ ...halving, set: [] });
    await expect(other).rejects.toThrow(/c00-s0\.json: expected a result of this very search, got one of other/);
    writeFileSync(join(folder, 'halving/raw/c00-s0.json'), '{"key":');
    await expect(runTune(halving)).rejects.toThrow(/c00-s0\.json: expected a result in JSON, got: /);
  });

  it('is a command', async () => {
    const args = ['--trials', '4', '--evaluation', '1', '--configs', '1', '--seeds', '1', '--out', 'command'];
    const set = ['--set', 'learner.backbone=random', '--set', 'training.warmupTrials=2', '--workers', '1'];
    const result = await runJson<TuneJson>(['tune', 'pretrained', ...args, ...set], { cwd: folder });
    expect(result).toMatchObject({ backbone: 'random', complete: true, effort: { runs: 1 } });
    expect(result.command).toMatch(/^npx graft tune pretrained --trials 4 /);
    expect(JSON.parse(read('command/result.json'))).toEqual(result);
  });
});

describe('a request that makes no sense', () => {
  it.each([
    [[], /missing required argument 'arm'/],
    [['robot'], /Allowed choices are pretrained, random, scratch, finetuned/],
    [['pretrained', '--trials', '0'], /expected an integer of at least 1/],
    [['pretrained', '--configs', '601'], /^--configs: expected at most 600 \(the space's own\), got 601\n$/],
    [['pretrained', '--search', 'grid'], /Allowed choices are random, halving/],
    [['pretrained', '--max-minutes', '-1'], /expected an integer of at least 0/],
    [['pretrained', '--set', 'learner'], /--set: expected key=value with a dotted key/],
    [
      ['pretrained', '--set', 'learner.rate=1'],
      /^--set learner\.rate: learner\.rate: unknown key; expected one of arm/,
    ],
  ])('%j is refused', async (args, message) => {
    const before = snapshot(folder);
    const { code, stdout, stderr } = await run(['tune', ...args], { cwd: folder });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(snapshot(folder)).toEqual(before);
  });

  it.each<[{ scenario?: string; out?: string; set?: string[] }, RegExp]>([
    [{ scenario: 'nowhere' }, /^scenario 'nowhere': expected one of /],
    [{ out: 'tiny.yaml' }, /tiny\.yaml: expected a folder that can be written, got: /],
    [{ set: ['learner.backbone=none'] }, /^backbone 'none': expected one of .*passive/],
    [{ set: ['evaluation.trials=5'] }, /^--set evaluation\.trials: expected a key that tuning leaves alone/],
    [{ set: ['training.seed=5'] }, /^--set training\.seed: expected a key that tuning leaves alone/],
    [{ set: ['training={trials: 5}'] }, /^--set training: expected a key that tuning leaves alone/],
    [{ set: ['objects.path=x'] }, /^--set objects\.path: expected a key that tuning leaves alone/],
  ])('%j is refused before anything is written', async ({ set = [], out = 'new', ...asked }, message) => {
    const before = snapshot(folder);
    const tuning = runTune({ ...request('pretrained', out), ...asked, set: set.map(parseOverride) });
    await expect(tuning).rejects.toThrow(message);
    await expect(tuning).rejects.toBeInstanceOf(InputError);
    expect(snapshot(folder)).toEqual(before);
  });
});
