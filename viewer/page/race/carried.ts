/** Carried race: what a page without a server has of a race. */
import type { RacedArm, RaceInfo } from '../../../sim/recording/race.ts';
import { CARRIED_ID, type CarriedFile, type Embeddable } from '../share/carried.ts';

/** What is in the page's element `carried`. */
export interface CarriedRace extends Embeddable {
  readonly info: Omit<RaceInfo, 'arms'>;
  /** Whether the play page is beside it. */
  readonly play?: boolean;
  readonly arms: readonly (RacedArm & { readonly recording: CarriedFile })[];
}

/** Undefined if a server stands behind the page. */
export const carriedRace = (): CarriedRace | undefined =>
  (JSON.parse(document.getElementById(CARRIED_ID)?.textContent ?? 'null') as CarriedRace | null) ?? undefined;
