/**
 * What `graft serve` holds on to: a server of its own process is asked for grasps on the same few pictures for so many minutes.
 *
 *   npx tsx tests/bench/serve/soak.ts [minutes] [policy]
 */
import { readdirSync, readFileSync } from 'node:fs';
import { encodeNpy, npyNumbers } from '../../../scenarios/export/npy.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { sceneAndView } from '../../../scenarios/trials/scene.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { start } from '../../support/process/program.ts';

const [minutes = '5', policy = 'pretrained'] = process.argv.slice(2);
const SCENES = 10;
/** Questions after which threads, engine and caches are as they stay. */
const WARM = 50;

await loadPhysics();
const { scenario } = loadScenario('tabletop');
const bodies = Array.from({ length: SCENES }, (_, index) => {
  const { frame } = sceneAndView(scenario, 0, 'training', index).observation;
  const { intrinsics, pose } = frame.camera;
  const body = new FormData();
  body.set('question', JSON.stringify({ intrinsics, T_world_camera: pose, count: 5 }));
  const depth = encodeNpy(npyNumbers(frame.depth, [intrinsics.heightPx, intrinsics.widthPx]));
  body.set('depth', new Blob([new Uint8Array(depth)]), 'depth.npy');
  return body;
});

const server = start(['serve', policy, '--port', '0', '--workers', '1', '--rate', '100000'], {
  timeoutMs: 60_000 * (Number(minutes) + 5),
});
const url = await server.until('an address', () => /http:\/\/127\.0\.0\.1:\d+\//.exec(server.stderr())?.[0]);

/** Resident memory in MB, and descriptors that are open. */
function held(): { readonly memoryMB: number; readonly descriptors: number } {
  const [, kB] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))!;
  return { memoryMB: Number(kB) / 1024, descriptors: readdirSync(`/proc/${server.pid}/fd`).length };
}

/** @returns the grasps as text. */
async function ask(i: number): Promise<string> {
  const response = await fetch(`${url}grasps`, { method: 'POST', body: bodies[i % SCENES] });
  const { grasps } = (await response.json()) as { readonly grasps?: unknown };
  if (!response.ok || grasps === undefined) throw new Error(`soak: expected grasps, got ${response.status}`);
  return JSON.stringify(grasps);
}

const first: string[] = [];
for (let i = 0; i < WARM; i++) first[i % SCENES] = await ask(i);
const [before, began] = [held(), performance.now()];
let [asked, different] = [0, 0];
while (performance.now() - began < 60_000 * Number(minutes)) {
  if ((await ask(asked)) !== first[asked % SCENES]) different++;
  asked++;
}
const seconds = (performance.now() - began) / 1000;
console.log(JSON.stringify({ asked, seconds, aSecond: asked / seconds, different, before, after: held() }));
server.signal('SIGTERM');
console.log(`exit ${(await server.done).code}`);
