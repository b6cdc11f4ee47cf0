/** Mesh files of the play page: those that its user gave, built into objects as Node builds them. */
import type { ObjectLibrary } from '../../../scenarios/objects/library.ts';
import { type ObjectsSettings, objectsAt } from '../../../scenarios/schema/objects.ts';
import type { Scenario } from '../../../scenarios/schema/schema.ts';
import { MeshFileError } from '../../../sim/files/mesh-file.ts';
import type { ObjectModel } from '../../../sim/objects/object.ts';
import { loadPhysics } from '../../../sim/physics.ts';

/** Units that are tried in turn where none is said: the first in which the object has a sensible size. */
const UNITS = ['m', 'mm', 'cm', 'inch'] as const;

/** A file that was given. */
interface Given {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly model: ObjectModel;
}

/** The files that were given, by the names of their objects. */
export class MeshFiles {
  readonly #given = new Map<string, Given>();
  readonly #onChange: () => void;

  /** @param onChange told when the objects are others. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** The objects, for scenes; undefined if there are none. */
  get library(): ObjectLibrary | undefined {
    if (this.#given.size === 0) return undefined;
    return { models: [...this.#given.values()].map(({ model }) => model), reports: [], hash: '' };
  }

  /** Content of the files of some objects, by file name. */
  files(names: readonly string[]): Readonly<Record<string, Uint8Array>> {
    const given = names.flatMap((name) => this.#given.get(name) ?? []);
    return Object.fromEntries(given.map(({ file, bytes }) => [file, bytes]));
  }

  /**
   * Builds the object of a file; one of the same name goes.
   * @param settings how the scene reads its files; undefined if it has none yet.
   * @returns the object's name, and the settings that it was read with.
   * @throws MeshFileError naming the file if it cannot be used.
   */
  async add(
    bytes: Uint8Array,
    file: string,
    settings: ObjectsSettings | undefined,
    { stroke, fingerThickness }: Scenario['gripper'],
  ): Promise<{ name: string; settings: ObjectsSettings }> {
    await loadPhysics();
    // only who gives files needs their parsers
    const [{ buildObject }, { cutMesh }] = await Promise.all([
      import('../../../scenarios/objects/build.ts'),
      import('../../../scenarios/objects/hulls.ts'),
    ]);
    const name = file.replace(/\.\w+$/, '');
    const read = (reference: string, from: string): { bytes: Uint8Array; file: string } => {
      if (reference === file) return { bytes, file };
      throw new MeshFileError(`${from}: expected an object in one file, got one that refers to ${reference}`);
    };
    const tries = settings ? [settings] : UNITS.map((unit) => ({ ...objectsAt(file), unit }));
    for (const [i, tried] of tries.entries()) {
      try {
        const context = { read, settings: tried, cache: { pieces: cutMesh }, stroke, fingerThickness };
        const { model } = await buildObject({ name, file }, context);
        this.#given.set(name, { file, bytes, model });
        this.#onChange();
        return { name, settings: tried };
      } catch (error) {
        const isSize = error instanceof MeshFileError && error.message.includes('m long');
        if (!isSize || i === tries.length - 1) throw error;
      }
    }
    throw new MeshFileError(`${file}: expected an object of a sensible size, got none`);
  }
}
