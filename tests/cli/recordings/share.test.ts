import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openRecordingFile } from '../../../scenarios/recordings/open.ts';
import type { Verification } from '../../../scenarios/verify/verify.ts';
import { type Carried, parseCarried } from '../../../viewer/page/share/carried.ts';
import { refusalsIn, run, runJson, snapshot, temporaryFolder } from '../../support/process/cli.ts';
import { runProgramJson } from '../../support/process/program.ts';
import { RECORDED_TRIALS, recordedRun } from '../../support/recordings/recorded-run.ts';
import { trialMessages } from '../../support/recordings/recordings.ts';

const folder = temporaryFolder();
const here = { cwd: folder };
const at = (...parts: string[]): string => join(folder, ...parts);
const refused = refusalsIn(folder);
const bytes = (...parts: string[]): Buffer => readFileSync(at(...parts));

interface ShareJson {
  readonly trials: number;
  readonly recorded: number;
  readonly sizeBytes: number;
  readonly snippet: string;
  readonly notes: readonly string[];
}

/** What a page says that it carries. */
function carriedIn(...parts: string[]): Carried {
  const [, text] = /<script type="application\/json" id="carried">([^<]*)<\/script>/.exec(bytes(...parts).toString())!;
  return parseCarried(text)!;
}

/** A file that is in a page. */
function inlineIn(page: string, what: string): Buffer {
  const block = new RegExp(`<script type="application/octet-stream" id="inline-${what}">([^<]*)</script>`);
  return Buffer.from(block.exec(bytes(page).toString())![1], 'base64');
}

beforeAll(async () => {
  await recordedRun(folder, 'run');
});

describe('graft share', () => {
  it('writes a folder with the recording, the report, the policy and a snippet', async () => {
    const { code, stdout, stderr } = await run(['share', 'run', '--out', 'folder', '--size', '800x450'], here);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(new RegExp(`folder: ${RECORDED_TRIALS} trials, \\d+\\.\\d MB`));
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
    expect(bytes('folder', 'recording.mcap').equals(bytes('run', 'recording.mcap'))).toBe(true);
    expect(bytes('folder', 'report.html').equals(bytes('run', 'report.html'))).toBe(true);
    expect(bytes('folder', 'policy.safetensors').equals(bytes('run', 'model.safetensors'))).toBe(true);
    const snippet = bytes('folder', 'embed.txt').toString().trim();
    expect(snippet).toMatch(
      /^<iframe src="https:.*index\.html" title="small, pretrained, seed 0" width="800" height="450"/,
    );
    expect(stderr).toContain(snippet);
    const { final } = JSON.parse(bytes('run', 'result.json').toString());
    expect(carriedIn('folder', 'index.html')).toEqual({
      recording: { name: 'recording.mcap', address: './recording.mcap' },
      report: { name: 'report.html', address: './report.html' },
      result: { ...final.success, trials: 6 },
      play: true,
      embed: { widthPx: 800, heightPx: 450 },
    });
    // what asks a server stays at home
    expect(
      readdirSync(at('folder'))
        .filter((name) => /\.html$/.test(name))
        .sort(),
    ).toEqual([...['index.html', 'play.html', 'report.html']]);
    expect(readdirSync(at('folder', 'assets')).filter((name) => name.startsWith('grasps'))).toEqual([]);
  });

  it('writes one file with everything in it', async () => {
    const shared = await runJson<ShareJson>(['share', 'run', '--out', 'one.html', '--single'], here);
    expect(shared).toMatchObject({ trials: RECORDED_TRIALS, recorded: RECORDED_TRIALS, notes: [] });
    expect(shared.sizeBytes).toBe(bytes('one.html').length);
    expect(inlineIn('one.html', 'recording').equals(bytes('run', 'recording.mcap'))).toBe(true);
    expect(inlineIn('one.html', 'report').equals(bytes('run', 'report.html'))).toBe(true);
    expect(carriedIn('one.html')).toMatchObject({ recording: { name: 'recording.mcap' }, play: false });
    expect(bytes('one.html').toString()).toContain("default-src 'none'");
  });

  it('takes some of the trials along, which verify, with the curve of all', async () => {
    await runJson<ShareJson>(['share', 'run', '--out', 'some', '--trials', '5'], here);
    const { marks } = await openRecordingFile(at('some', 'recording.mcap'));
    expect(marks.length).toBe(5);
    const curve = carriedIn('some', 'index.html').curve!;
    expect(curve.length).toBe(RECORDED_TRIALS);
    const log = bytes('run', 'trials.jsonl').toString().trim().split('\n');
    expect(curve.slice(0, 16).map((t) => t.outcome)).toEqual(log.map((line) => JSON.parse(line).outcome));
    const { same, trials } = await runJson<Verification>(['verify', 'some/recording.mcap'], here);
    expect({ same, trials }).toEqual({ same: 5, trials: 5 });
  });

  it('takes a recording without its run, with neither report nor play page', async () => {
    copyFileSync(at('run', 'recording.mcap'), at('alone.mcap'));
    await runJson<ShareJson>(['share', 'alone.mcap', '--out', 'alone'], here);
    expect(readdirSync(at('alone')).sort()).toEqual(['embed.txt', 'index.html', 'recording.mcap']);
  });

  it('draws the curve of a run of which not every trial was recorded from its log', async () => {
    await recordedRun(folder, 'sparse', 'every:4');
    await runJson<ShareJson>(['share', 'sparse', '--out', 'sparse-page'], here);
    const curve = carriedIn('sparse-page', 'index.html').curve!;
    expect(curve.map((t) => [t.trial, t.split])).toEqual(Array.from({ length: 16 }, (_, i) => [i, 'training']));
  });

  it('plays a run that was not recorded once more, from its log and by its policy, trial for trial', async () => {
    cpSync(at('run'), at('unrecorded'), { recursive: true });
    rmSync(at('unrecorded', 'recording.mcap'));
    // a process of its own: nothing is loaded but what the verb loads
    const args = ['share', 'unrecorded', '--out', 'again', '--trials', '10'];
    const { notes, trials } = await runProgramJson<ShareJson>(args, here);
    expect(trials).toBe(10);
    expect(notes.join()).toMatch(/not recorded, so 5 training trials were replayed .* 5 evaluation trials/);
    const trialsIn = async (path: string) =>
      (await trialMessages(at(path))).map(({ trial, split, outcome, stateHash, observationHash, graspPosition }) => ({
        ...{ trial, split, outcome, stateHash, observationHash, graspPosition },
      }));
    const replayed = await trialsIn('again/recording.mcap');
    expect(replayed.map((t) => t.split)).toEqual([...Array(5).fill('training'), ...Array(5).fill('evaluation')]);
    expect(await trialsIn('run/recording.mcap')).toEqual(expect.arrayContaining(replayed));
    expect(carriedIn('again', 'index.html').curve!.length).toBe(16);
    const { same } = await runJson<Verification>(['verify', 'again/recording.mcap'], here);
    expect(same).toBe(10);
    const before = snapshot(folder);
    const { code, stderr } = await run(['share', 'unrecorded', '--out', 'ended'], here, AbortSignal.abort());
    expect({ code, stderr }).toMatchObject({ code: 130, stderr: expect.stringContaining('share interrupted') });
    expect(snapshot(folder)).toEqual(before);
  });

  it('takes what a crash left of a recording, and says so', async () => {
    const whole = bytes('run', 'recording.mcap');
    writeFileSync(at('cut.mcap'), whole.subarray(0, Math.floor(whole.length * 0.9)));
    const { notes, recorded } = await runJson<ShareJson>(['share', 'cut.mcap', '--out', 'cut'], here);
    expect(recorded).toBeGreaterThan(0);
    expect(notes.join()).toMatch(/cut\.mcap: cut off at byte \d+/);
  });
});

describe('graft view --build', () => {
  it('opens with the recording of a run that has one, else with the play page and the shipped policy', async () => {
    for (const args of [
      ['run', '--build', 'of-run'],
      ['--build', 'plain'],
    ])
      expect(await run(['view', ...args], here)).toMatchObject({ code: 0 });
    expect(carriedIn('of-run', 'index.html').recording).toEqual({
      name: 'recording.mcap',
      address: './recording.mcap',
    });
    expect(bytes('of-run', 'policy.safetensors').equals(bytes('run', 'model.safetensors'))).toBe(true);
    expect(bytes('plain', 'index.html').equals(bytes('plain', 'play.html'))).toBe(true);
    expect(carriedIn('plain', 'viewer.html')).toEqual({ play: true, embed: { widthPx: 960, heightPx: 600 } });
    expect(carriedIn('plain', 'play.html')).toEqual({ embed: { widthPx: 960, heightPx: 600 } });
    const { policy } = JSON.parse(bytes('plain', 'policy.json').toString());
    expect(policy).toMatchObject({ file: 'policy.safetensors', scenario: 'tabletop' });
    expect(policy.about).toMatch(/^pretrained \(grasp-wide\), before any trial/);
    expect(existsSync(at('plain', 'share.html'))).toBe(false);
  });
});

describe('bad input of graft share', () => {
  it('is refused in a sentence, and nothing is written', async () => {
    mkdirSync(at('empty'));
    mkdirSync(at('full'));
    writeFileSync(at('full', 'file'), 'mine\n');
    for (const name of ['unfinished', 'otherwise']) {
      cpSync(at('run'), at(name), { recursive: true });
      rmSync(at(name, 'recording.mcap'));
    }
    rmSync(at('unfinished', 'model.safetensors'));
    const log = bytes('run', 'trials.jsonl').toString();
    writeFileSync(at('otherwise', 'trials.jsonl'), log.replace(/"stateHash":"\w+"/g, '"stateHash":"0123456789abcdef"'));
    cpSync(at('run'), at('twice'), { recursive: true });
    copyFileSync(at('run', 'recording.mcap'), at('twice', 'recording-2.mcap'));
    cpSync(at('run'), at('torn'), { recursive: true });
    writeFileSync(at('torn', 'result.json'), '{"final": {}}');
    const whole = bytes('run', 'recording.mcap');
    const damaged = Buffer.from(whole);
    // longer than the index behind a chunk, whose loss would not matter
    damaged.fill(0x5a, whole.length >> 1, (whole.length >> 1) + 30_000);
    writeFileSync(at('damaged.mcap'), damaged);
    writeFileSync(at('none.mcap'), whole.subarray(0, 2000));
    writeFileSync(at('text.mcap'), 'not a recording\n');
    const before = snapshot(folder);
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [
        ['nowhere', '--out', 'x'],
        /nowhere: expected the folder of a run .*, or a recording \(MCAP\), got nothing there/,
      ],
      [['empty', '--out', 'x'], /empty: expected the folder of a run .* got another folder/],
      [['unfinished', '--out', 'x'], /unfinished: expected a finished run with model\.safetensors, got none/],
      [
        ['otherwise', '--out', 'x'],
        /expected training trial \d+ to end in state 0123456789abcdef \(its log's\), got \w{16}/,
      ],
      [['twice', '--out', 'x'], /twice: expected one recording, got recording-2\.mcap, recording\.mcap; name the file/],
      [['torn', '--out', 'x'], /result\.json: expected the result of a run, got a damaged one/],
      [
        ['damaged.mcap', '--out', 'x'],
        /damaged\.mcap: expected a sound recording, got one that is damaged (at byte|after trial) \d+/,
      ],
      [['none.mcap', '--out', 'x'], /none\.mcap: expected/],
      [['text.mcap', '--out', 'x'], /text\.mcap: expected a recording \(MCAP/],
      [['run', '--out', 'full'], /full: expected a folder that is empty or does not exist yet, got one with files/],
      [['run', '--out', 'full/file'], /full\/file: expected a folder that is empty/],
      [['run', '--out', 'full/file/x'], /full\/file\/x: expected a place that can be written/],
      [['run', '--out', 'x', '--single'], /expected --out with a name that ends in \.html, got x/],
      [['run', '--out', 'no/x.html', '--single'], /no\/x\.html: expected a file in a folder that exists/],
      [['run', '--out', 'one.html', '--single'], /one\.html: expected a file that does not exist yet/],
      [['run', '--out', 'x', '--size', 'large'], /expected <width>x<height>/],
      [['run', '--out', 'x', '--trials', '0'], /expected an integer of at least 1/],
      [['run'], /required option '--out <path>'/],
    ];
    for (const [args, message] of cases) await refused(['share', ...args], message);
    expect(snapshot(folder)).toEqual(before);
  });
});
