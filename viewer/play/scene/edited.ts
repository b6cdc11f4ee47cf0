/** Edited scene: the settings of a scenario and the objects that are placed in it, to and from YAML. */
import { Document, isScalar, isSeq, visit } from 'yaml';
import { parseScenario, readYaml } from '../../../scenarios/parse/parse.ts';
import type { PlacedInput } from '../../../scenarios/schema/placed.ts';
import type { Scenario } from '../../../scenarios/schema/schema.ts';

/** Sections and keys of a scenario file, as written: what is left out has its default. */
type Settings = Readonly<Record<string, unknown>>;

/** A scene while it is edited. `scene.placed` and the count that follows from it are not among the settings. */
export interface EditedScene {
  readonly settings: Settings;
  readonly objects: readonly PlacedInput[];
}

/**
 * The scene that a scenario file places; an empty table if it draws its objects.
 * @throws InputError as `parseScenario`.
 */
export function editedOf(text: string, file: string): EditedScene {
  const { placed } = parseScenario(text, file).scene;
  const { scene, ...settings } = (readYaml(text, file) ?? {}) as Record<string, unknown>;
  const { placed: _, objectCount: __, arrangement: ___, ...rest } = (scene ?? {}) as Record<string, unknown>;
  const described = placed ? settings : { ...settings, description: `Objects placed by hand, else as ${file}.` };
  return { settings: { ...described, ...(Object.keys(rest).length > 0 && { scene: rest }) }, objects: placed ?? [] };
}

/** The scenario file of an edited scene. One without objects draws them. */
export function textOf({ settings, objects }: EditedScene): string {
  const { description, scene, ...others } = settings;
  const placed = objects.length > 0 && { placed: objects.map(shortened) };
  const document = new Document({
    ...(description !== undefined && { description }),
    ...((scene || placed) && { scene: { ...(scene as object), ...placed } }),
    ...others,
  });
  visit(document, {
    Seq: (_, seq) => {
      if (isSeq(seq) && seq.items.every(isScalar)) seq.flow = true;
    },
  });
  return document.contents === null ? '' : document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** Resolved: every default filled in. @throws InputError as `parseScenario`. */
export const scenarioOf = (edited: EditedScene): Scenario => parseScenario(textOf(edited), 'scene');

/** Without what it would have anyway. */
const shortened = ({ family, drawn, object, seed, scale, position, quaternion, falls }: PlacedInput): object => ({
  ...(family ? { family } : { object }),
  ...(seed !== 0 && { seed }),
  ...(drawn && { drawn }),
  ...(scale !== 1 && { scale }),
  position,
  ...(quaternion.some((v, k) => v !== (k === 3 ? 1 : 0)) && { quaternion }),
  ...(falls && { falls }),
});
