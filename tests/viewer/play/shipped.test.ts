import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../../scenarios/load.ts';
import { scenarioNames } from '../../../scenarios/names.ts';
import { ownScenario, shippedScenarios } from '../../../viewer/play/shipped.ts';

describe('the scenarios in the page', () => {
  it('are those that ship, as the command line resolves them', () => {
    const shipped = shippedScenarios();
    expect([...shipped.keys()]).toEqual(scenarioNames());
    for (const [name, { scenario }] of shipped) expect(scenario).toEqual(loadScenario(name).scenario);
  });

  it('may be of the user, named after the file', () => {
    expect(ownScenario('scene: { objectCount: 2 }', 'mine.yml')).toMatchObject({
      name: 'mine',
      scenario: { scene: { objectCount: 2 } },
    });
  });

  it('are refused with what is wrong, also if they draw objects from files', () => {
    expect(() => ownScenario('scene: { objects: 2 }', 'bad.yaml')).toThrow('bad.yaml:1: scene.objects: unknown key');
    expect(() => ownScenario('objects: { path: things }', 'files.yaml')).toThrow(
      'files.yaml: objects: expected a scenario that draws from the families, got one that draws from files',
    );
  });
});
