import { expect, it } from 'vitest';
import { PlaySession } from '../../../viewer/play/session.ts';
import { drawnPolicy } from '../../support/policies.ts';

/** A session with the policy that has been trained on as many shapes of a grasp. */
async function sessionWith(shapes: number): Promise<PlaySession> {
  const session = new PlaySession();
  await session.loadPolicy(drawnPolicy(shapes), 'model.safetensors');
  return session;
}

const two = (key: 'depths' | 'openings'): string =>
  `action: { ${key}: ${key === 'depths' ? '[0.02, 0.035]' : '[0.6, 1]'} }`;

it.each(['depths', 'openings'] as const)('the play page asks a policy with two %s on its own scenario', async (key) => {
  const session = await sessionWith(2);
  const { name } = session.addScenario(two(key), 'own.yaml');
  await session.draw(name, 0, 0, false);
  const proposed = await session.propose('trained');
  expect(proposed?.grasp.probability).toBeGreaterThan(0);
});

it('the play page refuses a policy that chooses among other shapes than its scenario has', async () => {
  const session = await sessionWith(1);
  const { name } = session.addScenario(two('openings'), 'own.yaml');
  await session.draw(name, 0, 0, false);
  await expect(session.propose('trained')).rejects.toThrow(
    "scenario 'own': expected 1 combinations of action.depths and action.openings (the policy's own), got 2",
  );
});
