import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resultsIn } from '../../../../scenarios/experiments/experiment.ts';
import { openRawStore } from '../../../../scenarios/experiments/raw-store.ts';
import type { Unit } from '../../../../scenarios/experiments/transfer/plan.ts';
import {
  declutterTally,
  graspTally,
  transferExperiment,
  trialTally,
  unitName,
} from '../../../../scenarios/experiments/transfer/raw.ts';
import { InputError } from '../../../../scenarios/load.ts';
import { temporaryFolder } from '../../../support/process/cli.ts';

describe('raw results', () => {
  const folder = temporaryFolder();
  const unit: Unit = { target: 'unseen', arm: 'passive', seed: 3 };
  const path = join(folder, 'raw', `${unitName(unit)}.json`);
  const read = () =>
    resultsIn(
      openRawStore(folder),
      transferExperiment(() => 'k'),
    ).of(unit);
  const good = {
    ...{ version: 2, key: 'k', ...unit, versions: {} },
    points: [{ trials: 25, held: '01x', trainSeconds: 1, updateSeconds: 0, updates: 5 }],
  };
  const store = (value: unknown): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  };

  it('are read if they are whole and of this benchmark', () => {
    expect(read()).toBeUndefined();
    store(good);
    expect(read()).toEqual(good);
  });

  it.each([
    ['cut', JSON.stringify(good).slice(0, -9), /s3\.json: expected a result in JSON, got: .*; remove the file/],
    ['of another benchmark', { ...good, key: 'other' }, /expected a result of this very benchmark/],
    [
      'of other outcomes',
      { ...good, points: [{ ...good.points[0], held: '012' }] },
      /points\.0\.held: expected 0, 1 and x/,
    ],
    ['without a point', { ...good, points: [] }, /points: .*; remove the file to measure it again/],
    ['null', 'null', /expected a result of this very benchmark/],
  ])('are refused if they are %s', (_, value, message) => {
    store(value);
    expect(() => read()).toThrow(message);
    expect(() => read()).toThrow(InputError);
  });

  it('count what the protocols count', () => {
    expect(trialTally('10x1')).toEqual({ held: [1, 0, 0, 1], tried: [1, 1, 0, 1] });
    expect(graspTally(['11011', '00', ''])).toEqual({ held: [4, 0, 0], tried: [5, 2, 0] });
    expect(declutterTally(['11011', '00', ''], 5)).toEqual({ held: [4, 0, 0], tried: [5, 5, 5] });
  });
});
