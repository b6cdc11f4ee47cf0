import { bounds, decimal, percent } from './html.ts';
import type { TrainReport } from './training-data.ts';

/** A difference with the bounds of its 95 % interval, -1..1. */
interface Measured {
  readonly difference: number;
  readonly low: number;
  readonly high: number;
}

/** What an interval allows one to say: `unclear` if it includes 0. */
export function reading({ low, high }: Measured): 'more' | 'less' | 'unclear' {
  if (low > 0) return 'more';
  return high < 0 ? 'less' : 'unclear';
}

/** Size of a difference in percentage points; a decimal where rounding would let the interval touch 0. */
export function size({ difference, low, high }: Measured, unit = ' points'): string {
  const digits =
    reading({ difference, low, high }) !== 'unclear' && Math.min(Math.abs(low), Math.abs(high)) < 0.01 ? 1 : 0;
  const text = decimal(100 * difference, digits);
  return `${text}${/^\D?1$/.test(text) && unit === ' points' ? ' point' : unit} ${bounds({ low, high }, digits)}`;
}

const mirrored = ({ difference, low, high }: Measured): Measured => ({
  difference: -difference,
  low: -high,
  high: -low,
});

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
    if (kind === 'less') return `On the same scenes ${policy} beats ${arm} by ${size(mirrored(difference))}.`;
    return `Against ${policy} there is no difference that this many trials can show (${arm} minus ${policy}: ${size(difference)}).`;
  });
  return { verdict, claims };
}
