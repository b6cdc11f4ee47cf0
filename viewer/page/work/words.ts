/** Words of the work page: how units stand, in sentences. */
import { UNIT_STATES, type UnitState, type WorkPlan, type WorkState } from '../../../sim/recording/work.ts';

/** Whole units of time that are worth knowing: `42 s`, `3 min 20 s`, `34 min`, `2 h 5 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(Math.round(seconds), 0);
  if (whole < 60) return `${whole} s`;
  if (whole < 600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Units a minute, with as many digits as mean something. */
export const pace = (aMinute: number): string => (aMinute >= 10 ? aMinute.toFixed(0) : aMinute.toFixed(1));

const count = (n: number, what: string): string => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;

/** The state of a unit, of those that are drawn. */
export const stateOf = ({ states }: WorkState, unit: number): UnitState => UNIT_STATES[Number(states[unit])];

/** How it stands, in one sentence. */
export function headline({ total }: WorkPlan, { counts, ended, secondsLeft }: WorkState): string {
  const done = counts.done + counts.kept;
  const failed = counts.failed > 0 ? `, ${counts.failed.toLocaleString('en')} failed` : '';
  const open = counts.waiting + counts['in hand'];
  const of = `${done.toLocaleString('en')} of ${count(total, 'unit')}`;
  if (ended && open === 0)
    return counts.failed > 0 ? `${of} measured${failed}.` : `All ${count(total, 'unit')} measured.`;
  if (ended) return `Stopped: ${of} measured${failed}; the same command goes on.`;
  const left = secondsLeft === null ? '' : `, about ${duration(secondsLeft)} left`;
  return `${of} measured${failed}${left}.`;
}

/** What is known of a unit: its name, its state, and who had it last. @param time seconds, as those of the state. */
export function unitText(plan: WorkPlan, state: WorkState, unit: number, time: number): string {
  const { name } = plan.units[unit];
  const which = stateOf(state, unit);
  const number = state.holders[unit];
  const worker = state.workers.find((each) => each.number === number);
  const who = worker ? `#${number} ${worker.name}` : `#${number}`;
  if (which === 'waiting') return `${name}: waiting`;
  if (which === 'kept') return `${name}: measured before`;
  if (which === 'done') return number === 0 ? `${name}: done` : `${name}: done by ${who}`;
  if (which === 'failed') return number === 0 ? `${name}: failed` : `${name}: failed with ${who}`;
  const since = worker?.hand.find((each) => each.name === name)?.since;
  return `${name}: in hand of ${who}${since === undefined ? '' : `, for ${duration(time - since)}`}`;
}
