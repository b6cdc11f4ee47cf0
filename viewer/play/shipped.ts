/** Scenarios of the play page: those that ship, and files of its user. */
/// <reference types="vite/client" />
import { parseScenario } from '../../scenarios/parse/parse.ts';
import type { Scenario } from '../../scenarios/schema/schema.ts';

/** The scenario files, as they were when the page was built. */
const TEXTS = import.meta.glob<string>('../../scenarios/*.yaml', { query: '?raw', import: 'default', eager: true });

/** Name of a scenario by its file. */
const nameOf = (path: string): string => path.replace(/^.*\//, '').replace(/\.ya?ml$/, '');

/** A scenario file of the page: as written, and resolved. */
export interface ScenarioFile {
  readonly text: string;
  readonly scenario: Scenario;
}

/** The scenarios that ship with graft. */
export const shippedScenarios = (): ReadonlyMap<string, ScenarioFile> =>
  new Map(
    Object.entries(TEXTS)
      .map(([path, text]): [string, ScenarioFile] => [
        nameOf(path),
        { text, scenario: parseScenario(text, `${nameOf(path)}.yaml`) },
      ])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/**
 * A scenario file of the user's own.
 * @param known the objects from files that the page has.
 * @throws Error with one line per problem; also if it draws objects from files, which a page cannot read, or places others.
 */
export function ownScenario(
  text: string,
  file: string,
  known: readonly string[] = [],
): { name: string; scenario: Scenario } {
  const scenario = parseScenario(text, file);
  const missing = scenario.scene.placed?.find(({ object }) => object !== undefined && !known.includes(object));
  if (missing)
    throw new Error(
      `${file}: scene.placed: expected the mesh of '${missing.object}' on this page, got none; drop it here, and then the scenario`,
    );
  if (scenario.objects && !scenario.scene.placed)
    throw new Error(
      `${file}: objects: expected a scenario that draws from the families, got one that draws from files`,
    );
  return { name: nameOf(file), scenario };
}
