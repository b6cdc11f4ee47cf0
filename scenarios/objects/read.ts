/** Reading of an object library, from a folder or as a scenario names it. */
import { createHash } from 'node:crypto';
import { MeshFileError } from '../../sim/files/mesh-file.ts';
import type { ObjectModel } from '../../sim/objects/object.ts';
import { loadPhysics } from '../../sim/physics.ts';
import { InputError } from '../load.ts';
import type { ObjectsSettings } from '../schema/objects.ts';
import type { Scenario } from '../schema/schema.ts';
import { buildObject } from './build.ts';
import { type ObjectFile, type ObjectFolder, openObjectFolder, readInside } from './folder.ts';
import { type HullCache, openHullCache } from './hull-cache.ts';
import { modelsFor, type ObjectLibrary, type ObjectReport } from './library.ts';

export interface LoadObjectsOptions {
  readonly settings: ObjectsSettings;
  readonly gripper: Pick<Scenario['gripper'], 'stroke' | 'fingerThickness'>;
  readonly cache?: HullCache;
}

/**
 * Reads a folder of objects. One that cannot be used is reported by name and left out.
 * @throws InputError if there is no such folder, or nothing in it can be used.
 */
export async function loadObjects({
  settings,
  gripper,
  cache = openHullCache(),
}: LoadObjectsOptions): Promise<ObjectLibrary> {
  await loadPhysics();
  const folder = openObjectFolder(settings.path);
  const models: ObjectModel[] = [];
  const reports: ObjectReport[] = [];
  for (const file of folder.files) {
    const { model, report } = await readOne(file, folder, settings, gripper, cache);
    if (model) models.push(model);
    reports.push(report);
  }
  return { models, reports, hash: hashOf(models) };
}

async function readOne(
  source: ObjectFile,
  folder: ObjectFolder,
  settings: ObjectsSettings,
  gripper: LoadObjectsOptions['gripper'],
  cache: HullCache,
): Promise<{ model?: ObjectModel; report: ObjectReport }> {
  const { name, file } = source;
  try {
    const built = await buildObject(source, {
      read: (reference, from) => readInside(folder.root, reference, from),
      settings,
      cache,
      ...gripper,
    });
    const { model, size, triangles, width = null, warnings } = built;
    const mass = model.massProperties?.mass ?? null;
    const graspable = width !== null && width <= gripper.stroke;
    const report = {
      name,
      file,
      ok: true,
      error: null,
      warnings,
      hulls: model.parts.length,
      triangles,
      size,
      mass,
      width,
    };
    return { model, report: { ...report, graspable } };
  } catch (error) {
    if (!(error instanceof MeshFileError)) throw error;
    const nothing = { warnings: [], hulls: 0, triangles: 0, size: null, mass: null, width: null, graspable: false };
    return { report: { name, file, ok: false, error: error.message, ...nothing } };
  }
}

const bytesOf = (a: Float32Array | Uint32Array): Uint8Array => new Uint8Array(a.buffer, a.byteOffset, a.byteLength);

function hashOf(models: readonly ObjectModel[]): string {
  const hash = createHash('sha256');
  for (const { mesh, ...rest } of models) {
    hash.update(JSON.stringify(rest)).update(bytesOf(mesh.positions)).update(bytesOf(mesh.indices));
  }
  return hash.digest('hex');
}

/**
 * The objects that a scenario names; undefined if it draws from the families.
 * @param note told what was left out and why, and how many notes there are on the others.
 * @throws InputError if none can be used, or a split leaves a side without objects.
 */
export async function libraryOf(scenario: Scenario, note: (text: string) => void): Promise<ObjectLibrary | undefined> {
  const { objects: settings, gripper } = scenario;
  if (!settings) return undefined;
  const cache = openHullCache();
  const library = await loadObjects({ settings, gripper, cache });
  const bad = library.reports.filter((r) => !r.ok);
  if (library.models.length === 0) {
    const causes = bad.map((r) => `\n  ${r.name}: ${r.error}`).join('');
    throw new InputError(`objects ${settings.path}: expected at least one that can be used, got none:${causes}`);
  }
  note(`objects:  ${library.models.length} from ${settings.path}${bad.length > 0 ? `, ${bad.length} left out` : ''}`);
  for (const { name, error } of bad) note(`  left out ${name}: ${error}`);
  const notes = library.reports.reduce((n, r) => n + r.warnings.length, 0);
  if (notes > 0) note(`  ${notes} notes on what was read; graft objects '${settings.path}' lists them`);
  if (cache.problem) note(`  ${cache.problem}`);
  for (const split of ['training', 'evaluation'] as const) {
    if (modelsFor(library, settings, split).length === 0)
      throw new InputError(
        `objects ${settings.path}: expected objects on both sides of the split, got none for ${split}; add some or set objects.split to false`,
      );
  }
  return library;
}
