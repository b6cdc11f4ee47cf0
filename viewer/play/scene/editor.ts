/** Editor: a scene of one's own behind the play page, with every step undoable. */
import { proxyMarker } from 'comlink';
import { applyOverrides } from '../../../scenarios/parse/overrides.ts';
import { MOST_OBJECTS, type PlacedInput } from '../../../scenarios/schema/placed.ts';
import { type Scenario, scenarioJsonSchema } from '../../../scenarios/schema/schema.ts';
import { placements } from '../../../scenarios/trials/placements.ts';
import { DROP_GAP } from '../../../sim/arrangement.ts';
import { observe } from '../../../sim/camera/observation.ts';
import { IDENTITY_POSE, type Pose, subtract, type Vec3 } from '../../../sim/math/pose.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { FAMILIES, type Family } from '../../../sim/objects/families.ts';
import { meshBounds } from '../../../sim/objects/mesh.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { type Placement, SceneError } from '../../../sim/placed.ts';
import { type EditedScene, editedOf, scenarioOf, textOf } from './edited.ts';
import { fallen, rooms, roundedPose } from './falling.ts';
import type { MeshFiles } from './meshes.ts';
import { type SceneShown, sceneShown } from './shown.ts';
import { type Lying, takenObjects } from './taken.ts';

/** What is placed: a family, or an object from a file. */
export type Kind = Pick<PlacedInput, 'family' | 'object'>;

/** An object of the scene, for the page. */
export interface ObjectShown extends Pick<PlacedInput, 'scale' | 'seed' | 'falls'> {
  /** Family, or the name of the file's object. */
  readonly name: string;
  readonly fromFile: boolean;
  readonly pose: Pose;
  /** Extent along its own axes, metres. */
  readonly size: Vec3;
}

/** The scene as it is now, as the page shows it. */
export interface EditShown extends SceneShown {
  readonly placed: readonly ObjectShown[];
  /** The scenario file. */
  readonly text: string;
  readonly scenario: Scenario;
  readonly undoable: boolean;
  readonly redoable: boolean;
}

/** Folder beside the scenario file for the meshes of a scene that has several. */
const MESH_FOLDER = 'meshes';

/** What may be changed of an object. */
export type Change = Partial<Pick<PlacedInput, 'scale' | 'seed'>> & { readonly pose?: Pose };

/** A step of the history. */
type Step = EditedScene;

/** The scene that is edited. Methods that change it give it back; one that throws changes nothing. */
export class SceneEditor {
  readonly [proxyMarker] = true as const;
  readonly #textOf: (scenario: string) => string;
  readonly #meshes: MeshFiles;
  readonly #lying: () => Lying | undefined;
  #steps: Step[] = [{ settings: {}, objects: [] }];
  #at = 0;

  /**
   * @param textOfScenario the file of a scenario of the page, by its name.
   * @param meshes the objects from files that the page has.
   * @param lying what is in play.
   */
  constructor(textOfScenario: (scenario: string) => string, meshes: MeshFiles, lying: () => Lying | undefined) {
    this.#lying = lying;
    this.#textOf = textOfScenario;
    this.#meshes = meshes;
  }

  /** What can be placed. */
  kinds(): { families: readonly Family[]; objects: readonly string[] } {
    return { families: FAMILIES, objects: this.#meshes.library?.models.map((m) => m.family) ?? [] };
  }

  /** The JSON Schema of scenario files. */
  schema(): unknown {
    return scenarioJsonSchema();
  }

  /** Begins with the objects that a scenario places, or with an empty table under its settings. */
  async begin(scenario: string): Promise<EditShown> {
    await loadPhysics();
    const begun = editedOf(this.#textOf(scenario), scenario);
    const shown = this.#show(begun);
    [this.#steps, this.#at] = [[begun], 0];
    return { ...shown, undoable: false, redoable: false };
  }

  /** The scene as it is. */
  now(): EditShown {
    return this.#show(this.#scene);
  }

  /** Takes over what lies in play, under the scenario's own settings. @throws Error if nothing does, or it cannot be placed. */
  take(): EditShown {
    const lying = this.#lying();
    if (!lying || lying.scene.objects.length === 0) throw new Error('scene: expected objects in play, got none');
    const { settings } = editedOf(this.#textOf(lying.name), lying.name);
    return this.#push({ settings, objects: takenObjects(lying) });
  }

  /** Lets fall one more object where there is room. @throws Error if there are as many as a scene may have, or there is no room. */
  add(kind: Kind): EditShown {
    this.#checkRoom();
    const { objects } = this.#scene;
    const seeds = objects.filter((o) => o.family === kind.family && o.object === kind.object).map((o) => o.seed);
    const seed = kind.family ? Math.max(-1, ...seeds) + 1 : 0;
    const fresh: PlacedInput = { ...kind, seed, scale: 1, position: [0, 0, 0], quaternion: [0, 0, 0, 1], falls: true };
    return this.#step(this.#inRoom(fresh));
  }

  /** Lets fall the object of a mesh file. @throws MeshFileError if it cannot be used. */
  async addFile(bytes: Uint8Array, file: string): Promise<EditShown> {
    this.#checkRoom();
    const { objects: known, gripper } = scenarioOf(this.#scene);
    const read = await this.#meshes.add(bytes, file, known, gripper);
    const { settings, objects } = this.#scene;
    const used = new Set(objects.flatMap(({ object }) => object ?? []).concat(read.name));
    const { unit } = read.settings;
    // one file lies beside the scenario's, several in a folder there
    const from = {
      ...(settings.objects as object),
      path: used.size > 1 ? MESH_FOLDER : file,
      ...(unit !== 'm' && { unit }),
    };
    const next = { settings: { ...settings, objects: from }, objects };
    const fresh: PlacedInput = {
      object: read.name,
      seed: 0,
      scale: 1,
      position: [0, 0, 0],
      quaternion: [0, 0, 0, 1],
      falls: true,
    };
    return this.#push({ ...next, objects: this.#inRoom(fresh, next) });
  }

  /** What the scenario file needs beside it: the mesh files, by their path. */
  filesBeside(): Readonly<Record<string, Uint8Array>> {
    const { settings, objects } = this.#scene;
    const files = this.#meshes.files(objects.flatMap(({ object }) => object ?? []));
    const inFolder = (settings.objects as { path?: string } | undefined)?.path === MESH_FOLDER;
    return Object.fromEntries(Object.entries(files).map(([f, bytes]) => [inFolder ? `${MESH_FOLDER}/${f}` : f, bytes]));
  }

  /** Lets fall another one like an object, beside it. */
  copy(index: number): EditShown {
    const { objects } = this.#scene;
    this.#checkRoom();
    return this.#step(this.#inRoom({ ...objects[index], falls: true }));
  }

  /** @param falls lets it fall then, and stay where it is otherwise. */
  change(index: number, { pose, ...rest }: Change, falls: boolean): EditShown {
    const { position, quaternion } = roundedPose(pose ?? this.#scene.objects[index]);
    const objects = this.#scene.objects.map((object, i): PlacedInput => {
      if (i !== index) return object;
      const { drawn, ...own } = object;
      // another draw is none of that scene's
      const kept = drawn && rest.seed === undefined ? { ...own, drawn } : own;
      return { ...kept, ...rest, position: [...position], quaternion: [...quaternion], falls: true };
    });
    return this.#step(falls ? this.#fallen(objects) : objects);
  }

  /** @param falls lets fall what lay on it. */
  remove(index: number, falls: boolean): EditShown {
    const objects = this.#scene.objects.filter((_, i) => i !== index);
    return this.#step(falls ? this.#fallen(objects) : objects);
  }

  /** Lets fall what is in the air. */
  fall(): EditShown {
    return this.#step(this.#fallen(this.#scene.objects));
  }

  /**
   * Changes a setting; undefined brings back its default.
   * @param path keys from the top.
   * @throws InputError if the scenario would be none.
   */
  set(path: readonly string[], value: unknown): EditShown {
    const { settings } = this.#scene;
    const changed = (
      value === undefined ? without(settings, path) : applyOverrides(settings, [{ path, value }])
    ) as Step;
    return this.#push({ ...this.#scene, settings: changed as unknown as Step['settings'] });
  }

  undo(): EditShown {
    this.#at = Math.max(this.#at - 1, 0);
    return this.now();
  }

  redo(): EditShown {
    this.#at = Math.min(this.#at + 1, this.#steps.length - 1);
    return this.now();
  }

  get #scene(): EditedScene {
    return this.#steps[this.#at];
  }

  #checkRoom(): void {
    if (this.#scene.objects.length >= MOST_OBJECTS)
      throw new Error(`scene: expected at most ${MOST_OBJECTS} objects, got one more`);
  }

  #made(objects: readonly PlacedInput[], settings = this.#scene.settings): Placement[] {
    return placements(objects, scenarioOf({ settings, objects }), this.#meshes.library);
  }

  /** The objects after another one has fallen where there is room for it. */
  #inRoom(object: PlacedInput, { objects, settings } = this.#scene): readonly PlacedInput[] {
    const [{ model, pose }] = this.#made([object], settings);
    const own = meshBounds(model.mesh, { ...pose, position: [0, 0, 0] });
    const { workspaceHalfWidth } = scenarioOf({ settings, objects }).scene;
    const at = ([x, y]: readonly [number, number]): readonly PlacedInput[] => {
      const { position } = roundedPose({ ...pose, position: [x, y, DROP_GAP - own.min[2]] });
      return this.#fallen([...objects, { ...object, position: [...position] }], settings);
    };
    for (const place of rooms(own, this.#made(objects, settings), workspaceHalfWidth)) {
      try {
        return at(place);
      } catch (error) {
        if (!(error instanceof SceneError)) throw error;
      }
    }
    throw new Error(`scene: expected room for one more ${model.family}, got none; move or delete something`);
  }

  #fallen(objects: readonly PlacedInput[], settings = this.#scene.settings): readonly PlacedInput[] {
    if (objects.length === 0) return objects;
    return fallen(objects, this.#made(objects, settings), scenarioOf({ settings, objects }));
  }

  #step(objects: readonly PlacedInput[]): EditShown {
    return this.#push({ ...this.#scene, objects });
  }

  #push(next: Step): EditShown {
    const shown = this.#show(next);
    this.#steps = [...this.#steps.slice(0, this.#at + 1), next];
    this.#at = this.#steps.length - 1;
    return { ...shown, undoable: true, redoable: false };
  }

  #show(edited: EditedScene): EditShown {
    const { objects, settings } = edited;
    const scenario = scenarioOf(edited);
    const made = this.#made(objects, settings);
    const { tableFriction, bin } = scenario.scene;
    const scene = { objects: made, tableFriction, ...(bin && { bin }) };
    // as the first scene of the evaluation side is seen
    const rng = rngStream(scenario.evaluation.seed, 'observe/evaluation', 0);
    return {
      ...sceneShown({ scenario, scene, observation: observe(scene, scenario.sensor, rng) }),
      placed: objects.map((object, i) => objectShown(object, made[i])),
      text: textOf(edited),
      scenario,
      undoable: this.#at > 0,
      redoable: this.#at < this.#steps.length - 1,
    };
  }
}

function objectShown({ object, seed, scale, falls }: PlacedInput, { model, pose }: Placement): ObjectShown {
  const { min, max } = meshBounds(model.mesh, IDENTITY_POSE);
  const fromFile = object !== undefined;
  return { name: model.family, fromFile, seed, scale, falls, pose, size: subtract(max, min) };
}

/** Settings without one of them; a section that is empty then goes, too. */
function without(settings: unknown, [key, ...rest]: readonly string[]): unknown {
  const { [key]: old, ...others } = settings as Record<string, unknown>;
  if (rest.length === 0 || typeof old !== 'object' || old === null) return others;
  const left = without(old, rest) as object;
  return Object.keys(left).length > 0 ? { ...(settings as object), [key]: left } : others;
}
