import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { loadBackbone, parametersHash } from '../../../../agent/backbones/own.ts';
import { createLearner } from '../../../../agent/learner/learner.ts';
import { decodeTensors, encodeTensors } from '../../../../agent/network/safetensors.ts';
import { loadScenario } from '../../../../scenarios/load.ts';
import { loadCheckpoint, saveCheckpoint } from '../../../../scenarios/run/saving/checkpoint.ts';
import { redirectNotes } from '../../../../scenarios/terminal/notes.ts';
import { learnerPlan } from '../../../../scenarios/training/learner-plan.ts';
import { rngStream } from '../../../../sim/math/rng.ts';
import { temporaryFolder } from '../../../support/process/cli.ts';
import { writeAnew } from '../../../support/write-anew.ts';

const { scenario } = loadScenario('quick');
const plan = learnerPlan(scenario, 'pretrained', loadBackbone('passive'), 3);
const base = temporaryFolder();
const [RUN, LATEST, BEFORE] = ['a run', 'checkpoint.safetensors', 'checkpoint-before.safetensors'];

/** A folder with a checkpoint after each of some numbers of trials. */
function saved(name: string, ...trials: readonly number[]): string {
  const folder = join(base, name);
  mkdirSync(folder);
  for (const n of trials) {
    const state = createLearner(plan);
    state.head['head/logit/bias'].values.fill(n);
    saveCheckpoint(folder, { state, trials: n }, { run: RUN, log: `log ${n}` });
  }
  return folder;
}

const bytesOf = (folder: string, file = LATEST): Buffer => readFileSync(join(folder, file));

describe('checkpoints of a run', () => {
  it('keep the learner, and the one before', () => {
    const folder = saved('kept', 8);
    expect(loadCheckpoint(join(base, 'nowhere'), plan, { run: RUN })).toBeUndefined();
    expect(existsSync(join(folder, BEFORE))).toBe(false);
    const first = bytesOf(folder);
    saveCheckpoint(folder, { state: createLearner(plan), trials: 16 }, { run: RUN, log: '' });
    expect(bytesOf(folder, BEFORE).equals(first)).toBe(true);
    expect(loadCheckpoint(folder, plan, { run: RUN })?.trials).toBe(16);
    rmSync(join(folder, LATEST));
    const before = loadCheckpoint(folder, plan, { run: RUN })!;
    expect(before.trials).toBe(8);
    expect(before.state.head['head/logit/bias'].values[0]).toBe(8);
  });

  it('are never read with a bit that flipped: the one before is, or it is said what is wrong', () => {
    const folder = saved('flipped', 8, 16);
    const whole = bytesOf(folder);
    const expected = parametersHash(loadCheckpoint(folder, plan, { run: RUN })!.state.head);
    const rng = rngStream(0, 'test/flips');
    const told: string[] = [];
    const restore = redirectNotes(new PassThrough().on('data', (text) => told.push(String(text))));
    for (let i = 0; i < 200; i++) {
      const damaged = Buffer.from(whole);
      // headers are a small part of the file
      const at = i < 100 ? rng.int(Math.min(4000, whole.length)) : rng.int(whole.length);
      damaged[at] ^= 1 << rng.int(8);
      writeAnew(join(folder, LATEST), damaged);
      const found = loadCheckpoint(folder, plan, { run: RUN })!;
      // spaces that fill up the header say nothing
      if (found.trials === 16) expect(parametersHash(found.state.head)).toBe(expected);
      else expect(found.trials).toBe(8);
    }
    restore();
    expect(told.join('')).toMatch(/checkpoint.safetensors: .*; going on from the checkpoint before, after 8 trials/);
    rmSync(join(folder, BEFORE));
    writeFileSync(join(folder, LATEST), whole.subarray(0, whole.length - 4));
    expect(() => loadCheckpoint(folder, plan, { run: RUN })).toThrow(
      /checkpoint.safetensors: expected .*; without .*checkpoint.safetensors it begins anew/,
    );
  });

  it('are refused with counters that were edited, of another run, or beside another log', () => {
    const folder = saved('edited', 8);
    const { parameters, metadata } = decodeTensors(bytesOf(folder), 'c');
    writeFileSync(join(folder, LATEST), encodeTensors({ parameters, metadata: { ...metadata, trials: '9' } }));
    expect(() => loadCheckpoint(folder, plan, { run: RUN })).toThrow(
      /expected a checkpoint as it was written, got one that was changed since/,
    );
    const { checksum: _, ...old } = metadata;
    writeFileSync(join(folder, LATEST), encodeTensors({ parameters, metadata: old }));
    expect(() => loadCheckpoint(folder, plan, { run: RUN })).toThrow(
      /expected a checkpoint with a checksum, got one without/,
    );
    writeFileSync(join(folder, LATEST), encodeTensors({ parameters, metadata }));
    expect(() => loadCheckpoint(folder, plan, { run: 'another' })).toThrow(
      /expected a checkpoint of this run, got one of another/,
    );
    const checkLog = (trials: number, log: string): void => {
      throw new Error(`${trials} trials, ${log}`);
    };
    expect(() => loadCheckpoint(folder, plan, { run: RUN, checkLog })).toThrow(/^8 trials, log 8; without/);
  });
});
