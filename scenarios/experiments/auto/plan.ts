/** Trials that every candidate shares at the start: about a sixth of the budget, within these. */
const [LEAST_SHARED, MOST_SHARED] = [24, 96];
/** Candidates that enter the first rung, if the budget feeds so many. */
const MOST_CANDIDATES = 8;
/** Share of the trials after the shared ones that goes into choosing; the rest is the winner's. */
const CHOOSING = 1 / 2;

/** One rung of successive halving. */
interface Rung {
  readonly survivors: number;
  /** Scenes that each survivor explores in this rung. */
  readonly scenesEach: number;
}

/** How a budget is spent, in scenes. What is left over is trained on by the winner. */
export interface AutoPlan {
  readonly sharedScenes: number;
  readonly rungs: readonly Rung[];
}

/** Scenes that every candidate shares. */
export function sharedScenes(budget: number, graspsPerScene: number): number {
  const trials = Math.min(Math.max(Math.ceil(budget / 6), LEAST_SHARED), MOST_SHARED);
  return Math.ceil(trials / graspsPerScene);
}

/** Scenes for choosing. */
const choosingScenes = (budget: number, graspsPerScene: number): number =>
  Math.floor((Math.floor(budget / graspsPerScene) - sharedScenes(budget, graspsPerScene)) * CHOOSING);

/** The smallest budget, trials, that lets two candidates explore a scene each and leaves as much to the winner. */
export const leastBudget = (graspsPerScene: number): number =>
  graspsPerScene * (Math.ceil(LEAST_SHARED / graspsPerScene) + 4);

const rungsFor = (candidates: number): number => Math.ceil(Math.log2(candidates));

/** Candidates that a budget feeds: every one explores at least one scene in every rung it is in. */
export function candidatesFor(budget: number, graspsPerScene: number): number {
  const scenes = choosingScenes(budget, graspsPerScene);
  let most = MOST_CANDIDATES;
  while (most > 2 && scenes < most * rungsFor(most)) most--;
  return most;
}

/**
 * Successive halving (Karnin, Koren and Somekh, 2013; Jamieson and Talwalkar, 2016): every rung gets the same number of
 * scenes, shared among its survivors, and the better half goes on. The last rung leaves one.
 * @param candidates at least 1; 1 means that there is nothing to choose.
 * @throws RangeError if the budget is below {@link leastBudget}.
 */
export function planAuto(budget: number, graspsPerScene: number, candidates: number): AutoPlan {
  const least = leastBudget(graspsPerScene);
  if (budget < least) throw new RangeError(`planAuto: expected a budget of at least ${least} trials, got ${budget}`);
  const perRung = choosingScenes(budget, graspsPerScene) / Math.max(rungsFor(candidates), 1);
  const rungs: Rung[] = [];
  for (let survivors = candidates; survivors > 1; survivors = Math.ceil(survivors / 2))
    rungs.push({ survivors, scenesEach: Math.max(1, Math.floor(perRung / survivors)) });
  return { sharedScenes: sharedScenes(budget, graspsPerScene), rungs };
}
