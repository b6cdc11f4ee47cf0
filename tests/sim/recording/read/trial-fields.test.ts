import { describe, expect, it } from 'vitest';
import { protobufDecoder } from '../../../../sim/recording/read/decode.ts';
import { StoredTrial } from '../../../../sim/recording/read/stored-trial.ts';
import { trialOf, trialSummary } from '../../../../sim/recording/read/trial-fields.ts';
import { messagesOf } from '../../../../sim/recording/write/messages.ts';
import { schemaBytes } from '../../../../sim/recording/write/schemas.ts';
import { recordTrials } from '../../../support/recordings/recordings.ts';

const decode = protobufDecoder(schemaBytes('graft.Trial'), 'graft.Trial');
const [entry] = await recordTrials(1);
const message = messagesOf(entry, 0, true).find(({ topic }) => topic === '/trial')!;

/** A trial whose message on `/trial` has some fields changed. */
function changed(changes: Readonly<Record<string, unknown>>): StoredTrial {
  const trial = new StoredTrial('x.mcap', ({ data }) => ({ ...decode(data), ...changes }), []);
  trial.add(message);
  return trial;
}

describe('what a recording says of a trial', () => {
  it('is what was written', () => {
    const { trial, split, policy, grasp, outcome, proof } = entry.episode;
    const { target, gap, forces, rise, steps, stateHash } = proof.result;
    expect(trialOf(changed({}))).toEqual({
      ...{ trial, split, policy, grasp, outcome, probability: null, log: entry.log },
      families: entry.episode.objects.map((o) => o.family),
      proof: { ...proof, result: { target, gap, forces, rise, steps, stateHash } },
      duration: expect.any(Number),
    });
  });

  it('has its place in a round, if it is of one', () => {
    expect(trialOf(changed({ round: 2, attempt: 0 })).inRound).toEqual({ round: 2, attempt: 0 });
  });

  it.each([
    [
      'outcome',
      'flew',
      "outcome: expected one of held, missed, slipped, collided, too-wide, no-seal, unstable, invalid, got 'flew'",
    ],
    ['split', 'test', "split: expected one of training, evaluation, got 'test'"],
    ['trial', 0.5, 'trial: expected a whole number, got 0.5'],
    ['seed', -1n, 'seed: expected a whole number, got -1'],
    ['policy', 7, 'policy: expected a text, got 7'],
    ['families', 'mug', "families: expected texts, got 'mug'"],
    ['gap', Number.NaN, 'gap: expected a finite number, got NaN'],
    ['opening', 3, 'opening: expected a number from -2 to 2, got 3'],
    ['graspPosition', [0, 0], 'graspPosition: expected 3 numbers, got 0,0'],
    ['graspPosition', [0, 0, 1e6], 'graspPosition: expected a number from -2 to 2, got 1000000'],
    ['graspOrientation', [0, 0, 0, 2], 'graspOrientation: expected a number from -1.01 to 1.01, got 2'],
    ['round', 1, 'attempt: expected round and attempt, or neither'],
    ['attempt', 1, 'attempt: expected round and attempt, or neither'],
  ])('is refused with %s %s', (key, value, why) => {
    expect(() => trialOf(changed({ [key]: value }))).toThrow(
      `x.mcap: expected a sound message on /trial, got a damaged one: ${why}`,
    );
  });

  it('is refused if it is missing', () => {
    expect(() => trialOf(new StoredTrial('x.mcap', decode as never, []))).toThrow(
      'expected a message on /trial, got none',
    );
  });
});

describe('a line of a list', () => {
  it('needs no more than a live run tells, and counts an outcome that is not known as diverged', () => {
    const told = { trial: 3, split: 'training', policy: '', families: ['mug'], outcome: 'flew', held: false };
    const line = { trial: 3, split: 'training', families: ['mug'], outcome: 'invalid', probability: null };
    expect(trialSummary(told)).toEqual(line);
    expect(trialSummary({ ...told, probability: 0.25 }).probability).toBe(0.25);
  });
});
