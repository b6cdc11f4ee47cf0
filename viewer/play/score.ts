/** Score: how many of some scenes a policy holds, counted up on the panel. */
import type { Remote } from 'comlink';
import { POLICY_NAMES, showBatch } from './panel.ts';
import type { PlaySession, PolicyName } from './session.ts';

const SCENES = 20;

interface ScoreRequest {
  readonly scenario: string;
  readonly seed: number;
  /** Number of the first scene. */
  readonly first: number;
  readonly policy: PolicyName;
  /** Whether a scene does not count. */
  readonly passedOver: (scene: number) => boolean;
}

/** Scores a policy on the next scenes, without showing them. */
export async function score(
  session: Remote<PlaySession>,
  { scenario, seed, first, policy, passedOver }: ScoreRequest,
): Promise<void> {
  let [held, scene] = [0, first];
  for (let done = 0; done < SCENES; done++) {
    showBatch(POLICY_NAMES[policy], held, done, SCENES);
    while (passedOver(scene)) scene++;
    const [{ record }] = await session.batch(scenario, seed, scene++, 1, policy, false);
    if (record.outcome === 'held') held++;
  }
  showBatch(POLICY_NAMES[policy], held, SCENES, SCENES);
}
