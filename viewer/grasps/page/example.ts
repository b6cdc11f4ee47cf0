/** Example: a simulated picture with its camera, as `graft frame example/scene.yaml --index 3` writes them. */
import type { InputFile } from './inputs.ts';

const FILES = {
  'depth-mm.png': new URL('./example/depth-mm.png', import.meta.url),
  'colour.png': new URL('./example/colour.png', import.meta.url),
  'camera.json': new URL('./example/camera.json', import.meta.url),
} as const;

/** Fetches the example's files. @throws Error if the server does not have them. */
export function exampleFiles(): Promise<InputFile[]> {
  return Promise.all(
    Object.entries(FILES).map(async ([name, url]) => {
      const response = await fetch(url);
      if (!response.ok) throw new Error(`example: expected ${name}, got status ${response.status}`);
      return { name, bytes: new Uint8Array(await response.arrayBuffer()) };
    }),
  );
}
