/** Reading: files as the server reads them, so that what is shown is what is asked about. */
import type { CameraFile } from '../../../scenarios/predict/camera-file.ts';
import type { Inputs } from './inputs.ts';
import type { CameraPicture } from './views/picture.ts';

/** A camera file: as it is sent, and what it says. */
export interface ReadCamera extends CameraFile {
  /** Plain data of any dialect. */
  readonly sent: unknown;
}

/**
 * Decodes depth, colour and mask.
 * @param scale metres a unit of depth in whole numbers.
 * @throws Error with a sentence if one is not what it should be.
 */
export async function readPicture({ depth, colour, mask }: Inputs, scale: number): Promise<CameraPicture | undefined> {
  if (!depth) return undefined;
  const { decodeColour, decodeDepth, decodeMask } = await import('../../../scenarios/predict/pictures.ts');
  const { values, ...size } = decodeDepth(depth.bytes, scale, depth.name);
  const picture = { ...size, values };
  return {
    ...size,
    depth: values,
    colour: colour && decodeColour(colour.bytes, picture, colour.name),
    mask: mask && decodeMask(mask.bytes, picture, mask.name),
  };
}

/** Reads a camera from JSON or YAML. @throws Error with a sentence if it is none. */
export async function readCamera({ camera }: Inputs): Promise<ReadCamera | undefined> {
  if (!camera) return undefined;
  const { cameraOf, parseYaml } = await import('../../../scenarios/predict/camera-file.ts');
  const sent = parseYaml(new TextDecoder().decode(camera.bytes), camera.name);
  return { ...cameraOf(sent, camera.name), sent };
}
