/** Model file: a trained policy as safetensors, with what it takes to read it again. */
import { parseCard, storedArchitecture } from '../backbones/card.ts';
import { type Architecture, architectureTaps, OWN_ARCHITECTURE } from '../network/architecture.ts';
import { featureLength } from '../network/features.ts';
import { headShapes, hiddenUnits } from '../network/head.ts';
import type { Model } from '../network/model.ts';
import { prefixed, withPrefix } from '../network/parameters.ts';
import { checkShapes, decodeTensors, encodeTensors, type TensorFile } from '../network/safetensors.ts';
import { trunkShapes } from '../network/trunk-layers.ts';

/** Version of everything that a run writes; what has another version is refused. */
export const RUN_VERSION = 1;

/** Shapes of the standardisation in a file. @param length of a feature vector. */
export const normShapes = (length: number) => ({ mean: [length], scale: [length] });

/** Shapes of the trunk's weights in a file; a foreign network's are not in it. */
export const storedTrunkShapes = (architecture: Architecture) =>
  architecture.kind === 'own' ? trunkShapes(architecture.layers) : {};

/** Makes sure that this version wrote a file. @throws Error naming the file if another one did. */
export function versioned(file: TensorFile, where: string): TensorFile {
  const { version } = file.metadata;
  if (version === String(RUN_VERSION)) return file;
  throw new Error(`${where}: expected a file of version ${RUN_VERSION}, got ${version ?? 'none'}`);
}

/** A trained policy as a file. @param shapeCount grasp shapes that its head chooses among: stored as `depths`. */
export function encodeModel(model: Model, shapeCount: number): Uint8Array {
  const parameters = {
    ...prefixed('trunk/', model.trunk),
    ...prefixed('', model.head),
    ...prefixed('norm/', { ...model.standardization }),
  };
  const metadata = {
    version: String(RUN_VERSION),
    depths: String(shapeCount),
    architecture: JSON.stringify(model.architecture),
  };
  return encodeTensors({ parameters, metadata });
}

/**
 * Reads a trained policy.
 * @param shapeCount grasp shapes that its head must choose among; as many as the file says if left out.
 * @throws Error naming the file if it is damaged, no policy, or of another version.
 */
export function decodeModel(
  bytes: Uint8Array,
  where: string,
  shapeCount?: number,
): { model: Model; shapeCount: number } {
  const { parameters, metadata } = versioned(decodeTensors(bytes, where), where);
  const count = shapeCount ?? Number(metadata.depths);
  if (!Number.isSafeInteger(count) || count < 1)
    throw new Error(`${where}: expected a trained policy, got a file without 'depths' in its metadata`);
  const architecture: Architecture = metadata.architecture
    ? parseCard(storedArchitecture, metadata.architecture, where)
    : OWN_ARCHITECTURE;
  const length = featureLength(architectureTaps(architecture));
  const trunk = withPrefix('trunk/', parameters);
  checkShapes(trunk, storedTrunkShapes(architecture), where);
  const head = prefixed('head/', withPrefix('head/', parameters));
  checkShapes(head, headShapes(length, count, hiddenUnits(head)), where);
  const norm = withPrefix('norm/', parameters);
  checkShapes(norm, normShapes(length), where);
  const standardization = { mean: norm.mean.values, scale: norm.scale.values };
  return { model: { architecture, trunk, head, standardization }, shapeCount: count };
}
