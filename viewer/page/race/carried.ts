/** Carried race: what a page without a server has of a race. */
import type { RacedArm, RaceInfo } from '../../../sim/recording/race.ts';
import { CARRIED_ID, type CarriedFile } from '../share/carried.ts';

/** What is in the page's element `carried`. */
export interface CarriedRace {
  readonly info: Omit<RaceInfo, 'arms'>;
  readonly arms: readonly (RacedArm & { readonly recording: CarriedFile })[];
}

/** Undefined if a server stands behind the page. */
export const carriedRace = (): CarriedRace | undefined =>
  (JSON.parse(document.getElementById(CARRIED_ID)?.textContent ?? 'null') as CarriedRace | null) ?? undefined;
