import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type AblationsRequest, benchAblations } from '../../../scenarios/experiments/ablations/ablations.ts';
import { ABLATIONS, type AblationGroup } from '../../../scenarios/experiments/ablations/groups.ts';
import { type AblationsJson, ablationsMarkdown } from '../../../scenarios/experiments/ablations/report.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { parseOverride } from '../../../scenarios/parse/overrides.ts';
import { temporaryFolder } from '../../support/process/cli.ts';

describe('the ablations', () => {
  it('are changes that the schema knows, each of one learner and another one than its neighbours', () => {
    for (const { title, rows } of ABLATIONS) {
      const learners = rows.map(({ name, arm = 'pretrained', set }) => {
        const { scenario } = loadScenario('tabletop', set.map(parseOverride));
        expect(name.length, title).toBeGreaterThan(2);
        return JSON.stringify([arm, scenario.learner, scenario.action, scenario.training]);
      });
      expect(new Set(learners).size, title).toBe(rows.length);
    }
  });
});

const SET = ['training.warmupTrials=4', 'action.angles=4'];
const GROUPS: readonly AblationGroup[] = [
  {
    title: 'With a head of its own',
    rows: [
      { name: 'default', set: SET },
      { name: 'random trunk', arm: 'random', set: SET },
    ],
  },
];

describe('measuring ablations', () => {
  const folder = temporaryFolder();
  const request = (out: string): AblationsRequest => ({
    ...{ trials: 6, evaluation: 2, seeds: 1, out: join(folder, out), workers: 1, quiet: true },
    ...{ command: 'npx graft bench ablations', signal: new AbortController().signal },
  });
  const timeless = ({ groups, out: _, ...rest }: AblationsJson) => ({
    ...rest,
    groups: groups.map(({ title, rows }) => ({ title, rows: rows.map(({ trainSeconds: __, ...row }) => row) })),
  });

  it('is the same in parts, keeps runs, and compares each with the first of its group', async () => {
    const first = await benchAblations({ ...request('parts'), part: { part: 1, of: 2 } }, GROUPS);
    expect(first).toMatchObject({ complete: false, groups: [{ rows: [{ seeds: 1 }, { seeds: 0, success: null }] }] });
    const path = join(folder, 'parts', '0-0', 'raw', 'c00-s0.json');
    const before = statSync(path).mtimeMs;
    const rest = await benchAblations({ ...request('parts'), part: { part: 2, of: 2 } }, GROUPS);
    expect(rest.complete).toBe(true);
    expect(statSync(path).mtimeMs).toBe(before);

    const whole = await benchAblations(request('whole'), GROUPS);
    expect(timeless(whole)).toEqual(timeless(rest));
    const [own, random] = whole.groups[0].rows;
    expect([own.againstFirst, random.settings]).toEqual([null, ['arm random', ...SET]]);
    expect(random.againstFirst!.difference).toBeCloseTo(random.success!.rate - own.success!.rate, 12);
    expect(JSON.parse(readFileSync(join(folder, 'whole', 'result.json'), 'utf8'))).toEqual(whole);
    expect(readFileSync(join(folder, 'whole', 'result.md'), 'utf8')).toBe(ablationsMarkdown(whole));
  });

  it('starts nothing when the time is up', async () => {
    const none = await benchAblations({ ...request('late'), maxMinutes: 0 }, GROUPS);
    expect(none).toMatchObject({ complete: false, groups: [{ rows: [{ seeds: 0 }, { seeds: 0 }] }] });
  });
});

describe('the table of ablations', () => {
  it('has a line for each that was measured', () => {
    const rate = { rate: 0.5, low: 0.25, high: 0.75 };
    const row = { name: 'default', settings: [], seeds: 1, success: rate, againstFirst: null, trainSeconds: 12.4 };
    const other = {
      ...row,
      name: 'other',
      settings: ['a=1', 'b=2'],
      againstFirst: { difference: -0.1, low: -0.2, high: 0 },
    };
    const missing = { ...row, success: null, trainSeconds: null };
    const groups = [{ title: 'A learner', rows: [row, missing, other] }];
    expect(ablationsMarkdown({ groups })).toBe(
      [
        '### A learner',
        '',
        '| | setting | held, % | difference, points | training, s |',
        '|---|---|---|---|---|',
        '| default |  | 50.0 [25.0, 75.0] |  | 12 |',
        '| other | `a=1` `b=2` | 50.0 [25.0, 75.0] | -10.0 [-20.0, 0.0] | 12 |',
        '',
      ].join('\n'),
    );
  });
});
