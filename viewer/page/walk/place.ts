/** Place: where in a benchmark the page is, as the fragment of its address says it. */
import type { Walk, WalkArm, WalkTarget } from '../../../sim/recording/walk.ts';
import { budgetsOf, type Ends, scenePairs } from './pairs.ts';

/** Which scenes of a pair are listed. */
export const SHOWN = ['differ', 'first', 'second', 'held', 'failed', 'all'] as const;
export type Shown = (typeof SHOWN)[number];

/** A place, from the matrix down: each of target, trials and scene needs the one before. */
export interface Place {
  /** Of the matrix: the arm that the others are compared with; success itself if left out. */
  readonly against?: string;
  /** Of the matrix: with the fewest training trials in place of the most. */
  readonly fewest?: boolean;
  readonly target?: string;
  /** The pair that is compared. */
  readonly arms?: readonly [string, string];
  /** Arms whose curves are drawn besides. */
  readonly also?: readonly string[];
  /** Training trials. */
  readonly trials?: number;
  readonly shown?: Shown;
  readonly family?: string;
  readonly end?: Ends;
  readonly scene?: { readonly seed: number; readonly scene: number };
  /** Seconds into the trial. */
  readonly time?: number;
}

/** The fragment of a place. */
export function linkTo(place: Place): string {
  const { against, fewest, target, arms, also, trials, shown, family, end, scene, time } = place;
  const parts: (string | undefined)[] = [
    against && `against=${against}`,
    fewest && 'at=fewest',
    target && `target=${target}`,
    arms && `arms=${arms.join(',')}`,
    also && also.length > 0 ? `also=${also.join(',')}` : undefined,
    trials === undefined ? undefined : `trials=${trials}`,
    shown && shown !== 'differ' ? `show=${shown}` : undefined,
    family && `family=${encodeURIComponent(family)}`,
    end && `end=${end}`,
    scene && `scene=${scene.seed}.${scene.scene}`,
    time === undefined ? undefined : `t=${time.toFixed(2)}`,
  ].map((part) => part || undefined);
  return `#${parts.filter((part) => part !== undefined).join('&')}`;
}

/** The place one step up. */
export function above({ against, fewest, target, arms, also, trials, shown, family, end, scene }: Place): Place {
  const matrix = { ...(against && { against }), ...(fewest && { fewest }) };
  if (trials === undefined) return matrix;
  const curve = { ...matrix, ...(target && { target }), ...(arms && { arms }), ...(also && { also }) };
  if (!scene) return curve;
  return { ...curve, trials, ...(shown && { shown }), ...(family && { family }), ...(end && { end }) };
}

/** A place that is there, and what was wrong with the rest of the link. */
interface Found {
  readonly place: Place;
  readonly problem?: string;
}

const targetIn = (walk: Walk, name: string | undefined): WalkTarget | undefined =>
  walk.targets.find((target) => target.name === name);

export const armIn = (target: WalkTarget, name: string | undefined): WalkArm | undefined =>
  target.arms.find((arm) => arm.name === name);

/** The pair that a target is first seen with: the verdict's arms, or the first two. */
export function usualPair({ headline }: Pick<Walk, 'headline'>, target: WalkTarget, with_?: string): [string, string] {
  const names = target.arms.map(({ name }) => name);
  const usual = [headline.frozen, headline.scratch].filter((name) => name !== null && names.includes(name)) as string[];
  const order = [...new Set([...(with_ === undefined ? [] : [with_]), ...usual, ...names])];
  return [order[0], order[1] ?? order[0]];
}

/** Reads a fragment as far as the benchmark has what it names. */
export function placeAt(walk: Walk, hash: string): Found {
  const asked = new URLSearchParams(hash.replace(/^#/, ''));
  const text = (name: string): string | undefined => asked.get(name) || undefined;
  const against = text('against');
  const known = against !== undefined && walk.targets.some((target) => armIn(target, against));
  let place: Place = { ...(known && { against }), ...(text('at') === 'fewest' && { fewest: true }) };
  const stop = (what: string, there: string): Found => ({
    place,
    problem: `The link asks for ${what}, which this benchmark does not have; ${there}.`,
  });
  if (against !== undefined && !known) return stop(`the arm '${against}'`, 'here is the whole of it');
  const name = text('target');
  if (name === undefined) {
    if (hash.length > 1 && ['arms', 'trials', 'scene'].some((key) => asked.has(key)))
      return stop('a part of an unnamed target', 'here is the whole of it');
    return hash.length > 1 && [...asked.keys()].every((key) => !KEYS.includes(key))
      ? stop(`'${hash.slice(0, 60)}'`, 'here is the whole of it')
      : { place };
  }
  const target = targetIn(walk, name);
  if (!target) return stop(`the target '${name}'`, 'here is the whole of it');
  place = { ...place, target: name, arms: usualPair(walk, target) };
  const pair = text('arms')?.split(',') ?? place.arms!;
  const missing = [...pair, ...(text('also')?.split(',') ?? [])].find((arm) => !armIn(target, arm));
  if (pair.length !== 2 || missing !== undefined)
    return stop(
      missing === undefined ? `${pair.length} arms` : `the arm '${missing}' on this target`,
      'here are others',
    );
  const arms: [string, string] = [pair[0], pair[1]];
  const also = text('also')?.split(',');
  place = { ...place, arms, ...(also && { also }) };
  return sceneAt(target, place, text, stop);
}

const KEYS = ['against', 'at', 'target', 'arms', 'also', 'trials', 'show', 'family', 'end', 'scene', 't'];

/** The rest of a link: trials, filter, scene, moment. */
function sceneAt(
  target: WalkTarget,
  curve: Place,
  text: (name: string) => string | undefined,
  stop: (what: string, there: string) => Found,
): Found {
  const [a, b] = curve.arms!.map((arm) => armIn(target, arm)!);
  const trials = text('trials');
  if (trials === undefined) return { place: curve };
  if (!budgetsOf(target, a, b).includes(Number(trials)))
    return { ...stop(`${trials} training trials`, 'here are those that there are'), place: curve };
  const [shown, family, end, time] = [text('show'), text('family'), text('end'), Number(text('t') ?? Number.NaN)];
  const place: Place = {
    ...curve,
    trials: Number(trials),
    ...(SHOWN.includes(shown as Shown) && { shown: shown as Shown }),
    ...(family && { family }),
    ...(end && { end: end as Ends }),
  };
  const asked = text('scene');
  if (asked === undefined) return { place };
  const [seed, scene] = asked.split('.').map(Number);
  const there = scenePairs(target, a, b, place.trials!).some((pair) => pair.seed === seed && pair.scene === scene);
  if (!there) return { ...stop(`scene ${asked}`, 'here are those that there are'), place };
  return { place: { ...place, scene: { seed, scene }, ...(time >= 0 && { time }) } };
}
