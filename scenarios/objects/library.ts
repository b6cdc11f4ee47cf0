/** Object library: models and reports of a folder, and which models are for which split. */
import type { Vec3 } from '../../sim/math/pose.ts';
import { rngStream } from '../../sim/math/rng.ts';
import type { ObjectModel } from '../../sim/objects/object.ts';
import type { SceneSplit } from '../../sim/scene.ts';
import type { ObjectsSettings } from '../schema/objects.ts';

/** What became of one file. Plain JSON. */
export interface ObjectReport {
  readonly name: string;
  /** Relative to the folder. */
  readonly file: string;
  readonly ok: boolean;
  readonly error: string | null;
  readonly warnings: readonly string[];
  /** Convex pieces. */
  readonly hulls: number;
  readonly triangles: number;
  /** Extent along the object's axes, metres. */
  readonly size: Vec3 | null;
  /** kg */
  readonly mass: number | null;
  /** Smallest width between two fingers, metres; null if no two faces oppose each other. */
  readonly width: number | null;
  /** Whether that width fits the gripper's stroke. */
  readonly graspable: boolean;
}

/** Objects from files: plain data, so worker threads can have it. */
export interface ObjectLibrary {
  readonly models: readonly ObjectModel[];
  /** One for every object found, in the order of their names. */
  readonly reports: readonly ObjectReport[];
  /** SHA-256 of the models: what a run with these objects depends on. */
  readonly hash: string;
}

/**
 * The objects of one side: all, or with `split` those whose name falls on that side (about a third for evaluation). A side
 * does not depend on what else is in the folder, so an object that is added moves no other one.
 */
export function modelsFor(
  { models }: ObjectLibrary,
  { split: apart }: Pick<ObjectsSettings, 'split'>,
  split: SceneSplit,
): readonly ObjectModel[] {
  if (!apart) return models;
  return models.filter(({ family }) => rngStream(0, `split/${family}`).next() < 1 / 3 === (split === 'evaluation'));
}

/** What machine-readable results say about objects from files. */
export interface ObjectsJson {
  readonly path: string;
  readonly used: number;
  readonly leftOut: readonly { readonly name: string; readonly error: string }[];
  /** Whether training and evaluation have different objects. */
  readonly split: boolean;
  readonly hash: string;
}

export const objectsJson = (
  { models, reports, hash }: ObjectLibrary,
  { path, split }: ObjectsSettings,
): ObjectsJson => ({
  path,
  used: models.length,
  leftOut: reports.flatMap(({ name, error }) => (error === null ? [] : [{ name, error }])),
  split,
  hash,
});
