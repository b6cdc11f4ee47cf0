/** Arms of a race: regimes, which learn, and heuristics, which do not. */
import { REGIME_NAMES, type Regime } from '../../../agent/learner/regimes.ts';
import type { FixedPolicyName } from '../../../agent/policy/names.ts';
import { UserError } from '../../../sim/user-error.ts';

/** Heuristics by the name that they race under; `random` is a regime. */
export const HEURISTICS: Readonly<Record<string, FixedPolicyName>> = {
  'depth-pca': 'depth-pca',
  antipodal: 'antipodal',
  'random-grasps': 'random',
};

/** Everything that can race. */
export const RACE_ARMS: readonly string[] = [...REGIME_NAMES, ...Object.keys(HEURISTICS)];

export const DEFAULT_ARMS: readonly string[] = ['pretrained', 'scratch'];

/** More could not be told apart in a plot. */
const MOST = 6;

/** Whether an arm learns: then it is a run of that regime. */
export const isRegime = (arm: string): arm is Regime => (REGIME_NAMES as readonly string[]).includes(arm);

/** Reads a list such as `pretrained,scratch`. @throws UserError unless it names from two to six different arms. */
export function parseArms(text: string): readonly string[] {
  const arms = text.split(',').map((name) => name.trim());
  const bad = arms.find((arm) => !RACE_ARMS.includes(arm));
  if (bad !== undefined) throw new UserError(`--arms: expected some of ${RACE_ARMS.join(', ')}, got '${bad}'`);
  const twice = arms.find((arm, i) => arms.indexOf(arm) !== i);
  if (twice !== undefined) throw new UserError(`--arms: expected each arm once, got '${twice}' twice`);
  if (arms.length < 2 || arms.length > MOST)
    throw new UserError(`--arms: expected from 2 to ${MOST} arms with commas between them, got ${arms.length}`);
  return arms;
}
