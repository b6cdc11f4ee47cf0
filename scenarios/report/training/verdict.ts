/** The verdict on a training run, in words. */

import { bounds, percent } from '../numbers.ts';
import { negated, reading, size } from '../words.ts';
import type { TrainReport } from './data.ts';

/** What the training run shows, with its interval, and how it compares with the fixed policies. */
export function trainVerdict(report: Pick<TrainReport, 'arm' | 'training' | 'final' | 'baselines'>): {
  verdict: string;
  claims: string[];
} {
  const { arm, training, final, baselines } = report;
  const trained = training.filter(({ outcome }) => outcome !== 'invalid').length;
  const start = trained === 0 ? 'Without a training trial' : `After ${trained} training trials`;
  if (final.trials === 0) return { verdict: `${start} ${arm} was not evaluated, so nothing is claimed.`, claims: [] };
  const held = Math.round(final.rate * final.trials);
  const verdict =
    `${start} ${arm} holds ${percent(final.rate)} of the evaluation grasps (${held} of ${final.trials}; ` +
    `95\u00a0% interval ${bounds(final)}).`;
  const claims = baselines.map(({ policy, difference }) => {
    const kind = reading(difference);
    if (kind === 'more') return `On the same scenes ${arm} beats ${policy} by ${size(difference)}.`;
    if (kind === 'less') return `On the same scenes ${policy} beats ${arm} by ${size(negated(difference))}.`;
    return `Against ${policy} there is no difference that this many trials can show (${arm} minus ${policy}: ${size(difference)}).`;
  });
  return { verdict, claims };
}
