/** Pictures of a benchmark's scenes: how they are stored, and the examples made of them. */
import { decode, encode } from 'fast-png';
import { z } from 'zod';
import { InputError } from '../../load.ts';
import type { ReportExample } from '../../report/example.ts';
import type { RawStore } from '../raw-store.ts';
import type { RawPicture } from './raw.ts';

/** What the camera saw of a scene, the same for every arm. PNGs in base64: 8-bit colour, and heights in 0.1 mm, 16 bits. */
const storedScene = z.strictObject({ colour: z.string().min(1), heights: z.string().min(1) });

type StoredScene = z.infer<typeof storedScene>;

/** Heights are stored in these, metres. */
const HEIGHT_STEP = 1e-4;

const base64 = (png: Uint8Array): string => Buffer.from(png).toString('base64');

/** An example as it is kept: what the arm did, and what all arms saw. */
export function storedPicture(
  example: ReportExample,
  scene: number,
  families: readonly string[],
): { picture: RawPicture; seen: StoredScene } {
  const { image, heightmap, affordance, grasp, outcomes, probability } = example;
  const { size } = heightmap;
  const grey = affordance && Uint8Array.from(affordance, (p) => Math.round(255 * Math.min(Math.max(p, 0), 1)));
  const heights = Uint16Array.from(heightmap.height, (h) => Math.min(Math.max(Math.round(h / HEIGHT_STEP), 0), 65_535));
  return {
    picture: {
      scene,
      families: [...families],
      outcome: outcomes[0].outcome,
      probability,
      grasp,
      affordance: grey && base64(encode({ width: size, height: size, data: grey, channels: 1, depth: 8 })),
    },
    seen: {
      colour: base64(encode({ width: image.width, height: image.height, data: image.rgb, channels: 3, depth: 8 })),
      heights: base64(encode({ width: size, height: size, data: heights, channels: 1, depth: 16 })),
    },
  };
}

/** Name of a scene's picture in the raw store. */
export const sceneName = (target: string, scene: number): string => `${target}/scene-${scene}`;

/** What every arm saw of a scene; undefined if it was not kept. @throws InputError if the file is damaged. */
function readScene(
  store: RawStore,
  target: string,
  scene: number,
): Pick<ReportExample, 'image' | 'heightmap'> | undefined {
  const found = store.find(sceneName(target, scene));
  if (!found) return undefined;
  try {
    const { colour, heights } = storedScene.parse(found.parse());
    const [image, map] = [decode(Buffer.from(colour, 'base64')), decode(Buffer.from(heights, 'base64'))];
    return {
      image: { width: image.width, height: image.height, rgb: Uint8Array.from(image.data) },
      heightmap: { size: map.width, height: Float32Array.from(map.data, (h) => h * HEIGHT_STEP) },
    };
  } catch (error) {
    throw new InputError(
      `${found.path}: expected a scene's picture, got: ${error instanceof Error ? error.message : error}; remove the file to leave it out`,
    );
  }
}

/** The kept pictures of a target, scene by scene, an example for each arm. */
export function readExamples(
  store: RawStore,
  target: string,
  arms: readonly { readonly arm: string; readonly pictures: readonly RawPicture[] }[],
): ReportExample[][] {
  const scenes = [...new Set(arms.flatMap(({ pictures }) => pictures.map(({ scene }) => scene)))].sort((a, b) => a - b);
  return scenes.flatMap((scene) => {
    const seen = readScene(store, target, scene);
    if (!seen) return [];
    return [
      arms.flatMap(({ arm, pictures }) =>
        pictures.filter((p) => p.scene === scene).map((p): ReportExample => exampleOf(arm, p, seen)),
      ),
    ];
  });
}

function exampleOf(arm: string, picture: RawPicture, seen: Pick<ReportExample, 'image' | 'heightmap'>): ReportExample {
  const { affordance, grasp, probability, outcome, scene, families } = picture;
  return {
    title: `scene ${scene}: ${families.join(', ')}`,
    ...seen,
    affordance:
      affordance === null ? null : Float32Array.from(decode(Buffer.from(affordance, 'base64')).data, (p) => p / 255),
    grasp,
    outcomes: [{ policy: arm, outcome }],
    probability,
  };
}
