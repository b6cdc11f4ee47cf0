/** Link to a moment of a race: the arms on the left and on the right, trial and seconds, as `#arms=pretrained,scratch&t=12,3.45`. */
import { linkTo, parseLink } from '../playback/player.ts';

/** A moment of a race; without a time the race is looked at from its start. */
interface RaceMoment {
  readonly arms: readonly [string, string];
  readonly at?: { readonly index: number; readonly time: number };
}

/** The fragment of a moment. */
export const raceLink = (arms: readonly string[], index: number, time: number): string =>
  `#arms=${arms.join(',')}&${linkTo(index, time).slice(1)}`;

/**
 * Reads {@link raceLink}, of arms that there are and one of so many trials.
 * @returns what is wrong with it; undefined for no link at all.
 */
export function raceMoment(hash: string, arms: readonly string[], trials: number): RaceMoment | string | undefined {
  if (hash.length < 2) return undefined;
  const [, a, b, rest] = /^#arms=([\w-]+),([\w-]+)(?:&(.*))?$/.exec(hash) ?? [];
  const missing = [a, b].find((name) => name !== undefined && !arms.includes(name));
  const wrong = (what: string): string => `The link asks for ${what}; here is the race from its start.`;
  if (a === undefined || a === b) return wrong(`'${hash.slice(0, 60)}', which is no moment of a race`);
  if (missing !== undefined) return wrong(`the arm '${missing}', which did not race or was not recorded`);
  if (rest === undefined) return { arms: [a, b] };
  const at = parseLink(`#${rest}`);
  if (!at) return wrong(`'${rest.slice(0, 60)}', which is no moment of a trial`);
  return at.index < trials ? { arms: [a, b], at } : wrong(`trial ${at.index}, and ${trials} came with the page`);
}
