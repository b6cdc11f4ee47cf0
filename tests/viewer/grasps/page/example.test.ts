import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { writeFrames } from '../../../../scenarios/inspect/frames.ts';
import { temporaryFolder } from '../../../support/process/cli.ts';

const EXAMPLE = fileURLToPath(new URL('../../../../viewer/grasps/page/example/', import.meta.url));

it('the example is what the simulator shows of its scene, and small', async () => {
  const out = join(temporaryFolder(), 'frame');
  await writeFrames(join(EXAMPLE, 'scene.yaml'), 0, 3, out);
  for (const name of ['depth-mm.png', 'colour.png']) {
    const shipped = readFileSync(join(EXAMPLE, name));
    expect(shipped.equals(readFileSync(join(out, name))), name).toBe(true);
    expect(shipped.length).toBeLessThan(40_000);
  }
  const camera = (folder: string): unknown => JSON.parse(readFileSync(join(folder, 'camera.json'), 'utf8'));
  expect(camera(EXAMPLE)).toEqual(camera(out));
});
