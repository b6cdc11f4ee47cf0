import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type EvaluationSummary, summarize } from '../../../scenarios/run/evaluate.ts';
import { loadEventCodec, type ScalarEvent } from '../../../scenarios/run/event-file.ts';
import { addEvaluation, EVENT_FILE, startScalars, trainingEvents } from '../../../scenarios/run/scalars.ts';
import type { TrialRecord } from '../../../scenarios/trials/job.ts';
import { recordsOf } from '../../support/event-records.ts';
import { temporaryFolder } from '../../support/process/cli.ts';
import { missingPackages, pythonJson, without } from '../../support/process/python.ts';

const folder = temporaryFolder();

/** A trial: what came of it, and what the network gave it. */
const trial = (number: number, outcome: TrialRecord['outcome'], probability: number | null): TrialRecord => ({
  ...{ trial: number, scene: number, families: ['box'], position: [0, 0, 0], yaw: 0 },
  ...{ action: { cell: 1, angle: 0, depth: 0 }, probability, outcome, gap: 0, rise: 0, stateHash: '' },
});

/** Trials of which every third held; the first sixteen are random. */
const trials = (count: number): TrialRecord[] =>
  Array.from({ length: count }, (_, i) => trial(i, i % 3 === 0 ? 'held' : 'slipped', i < 16 ? null : 0.5 + i / 1000));

const summary: EvaluationSummary = summarize(trials(12));
const evaluation = [summary, { random: { summary: summarize(trials(6)) } }] as const;
const bytes = (run: string): Buffer => readFileSync(join(run, EVENT_FILE));
const emptyFolder = (): string => mkdtempSync(join(folder, 'run-'));

/** Plays a training of 48 trials in rounds of 16: loss from the second on. @param stop trials, after which it is cut off. */
async function play(run: string, from: number, stop = 48): Promise<void> {
  const all = trials(48);
  const log = await startScalars(run, all.slice(0, from));
  for (let done = from; done < stop; done += 16)
    log.add(all.slice(0, done + 16), done, done < 16 ? undefined : 1 / (done + 1));
}

describe('scalars of a training', () => {
  it('are running shares over the last 50 trials, one event a trial, and the loss after each round', () => {
    const events = trainingEvents(trials(80), 0, new Map([[32, 0.75]]));
    expect(events.map(({ step }) => step)).toEqual(
      [...Array(80).keys()].flatMap((i) => (i === 31 ? [32, 32] : [i + 1])),
    );
    expect(events[0].values).toEqual({ 'train/success': 1, 'train/exploration': 1 });
    expect(events[31].values['train/exploration']).toBe(0.5);
    expect(events[32].values).toEqual({ 'train/loss': 0.75 });
    const recent = trials(80).slice(30);
    const last = events.at(-1)?.values;
    expect(last?.['train/success']).toBe(recent.filter((t) => t.outcome === 'held').length / 50);
    expect(last?.['train/exploration']).toBe(0);
    expect(last?.['train/predicted']).toBeCloseTo(0.5 + (30 + 79) / 2000, 12);
  });

  it('leave out what did not count: invalid trials, and scenes with nothing to grasp', () => {
    const nothing = { ...trial(2, 'missed', null), action: null, position: null };
    const odd = [trial(0, 'invalid', 0.5), trial(1, 'held', 0.25), nothing];
    const [first, second, third] = trainingEvents(odd, 0, new Map()).map(({ values }) => values);
    expect(first).toEqual({ 'train/exploration': 0, 'train/predicted': 0.5 });
    expect(second).toEqual({ 'train/success': 1, 'train/exploration': 0, 'train/predicted': 0.375 });
    expect(third).toEqual({ 'train/success': 0.5, 'train/exploration': 0, 'train/predicted': 0.375 });
  });
});

describe('the event file of a run', () => {
  it('is after a resume, or several, that of a run that was never interrupted', async () => {
    const [whole, resumed, again] = [emptyFolder(), emptyFolder(), emptyFolder()];
    await play(whole, 0);
    // killed after 32 trials, checkpoint at 16
    await play(resumed, 0, 32);
    await play(resumed, 16);
    expect(bytes(resumed).equals(bytes(whole))).toBe(true);
    // resumed after it was finished and evaluated
    await play(again, 0);
    await addEvaluation(again, 48, ...evaluation);
    await play(again, 48);
    expect(bytes(again).equals(bytes(whole))).toBe(true);
  });

  it('is written anew where it was lost or damaged: only losses are gone', async () => {
    const [whole, lost] = [emptyFolder(), emptyFolder()];
    await play(whole, 0);
    await play(lost, 32);
    const { decode } = await loadEventCodec();
    const withLoss = (events: readonly ScalarEvent[]): number[] =>
      events.flatMap(({ step, values }) => ('train/loss' in values ? [step] : []));
    expect(withLoss(decode(bytes(whole)))).toEqual([32, 48]);
    expect(withLoss(decode(bytes(lost)))).toEqual([48]);
    const shares = (file: Buffer) => decode(file).filter(({ values }) => !('train/loss' in values));
    expect(shares(bytes(lost))).toEqual(shares(bytes(whole)));
  });

  it('ends with what was reached', async () => {
    const run = emptyFolder();
    await play(run, 0);
    await addEvaluation(run, 48, ...evaluation);
    expect(recordsOf(bytes(run))).toHaveLength(1 + 48 + 2 + 1);
    const { values, step } = (await loadEventCodec()).decode(bytes(run)).at(-1)!;
    const { rate, low, high } = summary.success;
    expect(step).toBe(48);
    expect(values).toEqual({
      ...{ 'evaluation/success': Math.fround(rate), 'evaluation/success_low': Math.fround(low) },
      ...{ 'evaluation/success_high': Math.fround(high), 'baseline/random': Math.fround(1 / 3) },
    });
  });

  const missing = missingPackages('tensorboard');
  it.skipIf(missing.length > 0)(`is what TensorBoard reads${without(missing)}`, async () => {
    const run = emptyFolder();
    await play(run, 0, 32);
    await play(run, 16);
    await addEvaluation(run, 48, ...evaluation);
    const code = `
import json
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator('.'); events.Reload()
print(json.dumps({tag: [[s.step, s.value] for s in events.Scalars(tag)] for tag in events.Tags()['scalars']}))`;
    const scalars = await pythonJson<Record<string, [number, number][]>>(['-c', code], { cwd: run });
    const wanted: Record<string, [number, number][]> = {};
    for (const { step, values } of (await loadEventCodec()).decode(bytes(run)))
      for (const [tag, value] of Object.entries(values)) wanted[tag] = [...(wanted[tag] ?? []), [step, value]];
    expect(scalars).toEqual(wanted);
    expect(scalars['train/success'].map(([step]) => step)).toEqual([...Array(48).keys()].map((i) => i + 1));
  });
});
