/**
 * What `graft serve` takes: `npx tsx tests/bench/grasps.ts [requests] [clients]`. Frames of 640 x 480 pixels, one object and a full
 * bin, through HTTP on loopback: median and 95 % of requests, beside the time inside (heightmap, policy), and requests a second.
 */
import { encodeNpy, npyNumbers } from '../../scenarios/export/npy.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { parseOverride } from '../../scenarios/parse/overrides.ts';
import { openApi } from '../../scenarios/predict/openapi.ts';
import type { Prediction } from '../../scenarios/predict/predict.ts';
import { startPredictThreads } from '../../scenarios/predict/thread/predict-threads.ts';
import { sceneAndView } from '../../scenarios/trials/scene.ts';
import { loadPhysics } from '../../sim/physics.ts';
import { startGraspServer } from '../../viewer/grasps/server/server.ts';

const [requests = 200, clients = 1] = process.argv.slice(2).map(Number);
const WORKERS = 2;
const SCENES = 10;
const LARGE = ['widthPx=640', 'heightPx=480', 'fovDeg=45'].map((setting) => parseOverride(`sensor.${setting}`));
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const quantile = (list: readonly number[], share: number): string =>
  `${[...list].sort((a, b) => a - b)[Math.min(Math.floor(list.length * share), list.length - 1)].toFixed(0)} ms`;

/** Bodies of requests for scenes of a scenario. */
function bodies(name: string): FormData[] {
  const { scenario } = loadScenario(name, LARGE);
  return Array.from({ length: SCENES }, (_, index) => {
    const { frame } = sceneAndView(scenario, 0, 'training', index).observation;
    const { intrinsics, pose } = frame.camera;
    const body = new FormData();
    body.set('question', JSON.stringify({ intrinsics, T_world_camera: pose, count: 5 }));
    const depth = encodeNpy(npyNumbers(frame.depth, [intrinsics.heightPx, intrinsics.widthPx]));
    body.set('depth', new Blob([new Uint8Array(depth)]), 'depth.npy');
    return body;
  });
}

await loadPhysics();
const threads = await startPredictThreads('pretrained', undefined, WORKERS);
const server = await startGraspServer({
  ...{
    port: 0,
    host: '127.0.0.1',
    bytesMax: 1 << 26,
    rate: 1e6,
    slots: WORKERS,
    about: {},
    openapi: openApi('', false),
  },
  answer: threads.answer,
});
try {
  const scenes = ['tabletop', 'bin'].map((name) => ({ name, asked: bodies(name) }));
  for (const { name, asked } of scenes) {
    const [whole, inside]: [number[], Prediction['timing'][]] = [[], []];
    const ask = async (i: number): Promise<void> => {
      const begun = performance.now();
      const response = await fetch(`${server.url}grasps`, { method: 'POST', body: asked[i % SCENES] });
      const { timing } = (await response.json()) as Prediction;
      whole.push(performance.now() - begun);
      inside.push(timing);
    };
    const client = async (first: number): Promise<void> => {
      for (let i = first; i < requests; i += clients) await ask(i);
    };
    for (let i = 0; i < 4 * WORKERS; i++) await ask(i);
    whole.length = inside.length = 0;
    const begun = performance.now();
    await Promise.all(Array.from({ length: clients }, (_, i) => client(i)));
    const seconds = (performance.now() - begun) / 1000;
    const part = (key: 'heightmapMs' | 'policyMs'): string =>
      quantile(
        inside.map((t) => t[key]),
        0.5,
      );
    say(
      `${name}: ${quantile(whole, 0.5)} median, ${quantile(whole, 0.95)} at 95 % (heightmap ${part('heightmapMs')}, policy ${part('policyMs')}), ${(requests / seconds).toFixed(1)} a second, ${clients} client(s)`,
    );
  }
} finally {
  await server.close();
  await threads.close();
}
