/**
 * What one asker and one Redis carry: workers whose units sleep, many in a process, on this machine.
 *
 *   npx tsx tests/bench/fleet/run.ts <workers> <units> <milliseconds of a unit> [processes]
 *
 * 1,000 workers whose units cost nothing: 1000 20000 0. Efficiency of 500 workers: 500 3000 10000.
 * Shared results lie in memory (/dev/shm), for a fleet has many disks and this machine has one; raw results on the disk.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../../../package/bundle.js';
import { writeCode } from '../../../package/code.js';
import { startRedis } from '../../support/process/redis.ts';

const [workers, units, sleepMs, processes = Math.min(4, workers)] = process.argv.slice(2).map(Number);
/** Programs as users run them, compiled; a TypeScript loader would count as their memory. Packages are found from within the checkout. */
const programs = fileURLToPath(new URL(`../../../.cache/graft/fleet-${process.pid}`, import.meta.url));
const input = { asker: 'tests/bench/fleet/asker.ts', machines: 'tests/bench/fleet/machines.ts' };
/** V8 lets a heap grow for as long as there is memory: what an asker needs shows where there is little. 20,000 units hold 84 MB. */
const LIMITS = { asker: ['--max-old-space-size=192'], machines: [] };

const startPart = (name: keyof typeof input, args: readonly (string | number)[]): ChildProcess =>
  spawn(process.execPath, [...LIMITS[name], join(programs, `${name}.js`), ...args.map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });

/** The first line that a process says. */
const lineOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('\n')) resolve(said.split('\n')[0]);
    });
    child.once('close', (code) => reject(new Error(`fleet: expected a line, got the end with ${code}`)));
  });

/** Seconds of processor time of a process, at 100 ticks a second. */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const [shared, out] = [mkdtempSync(join(memory, 'graft-fleet-')), mkdtempSync(join(tmpdir(), 'graft-fleet-'))];
await bundle(programs, { input });
await writeCode(programs);
const redis = await startRedis();
const fleet = Array.from({ length: processes }, (_, i) =>
  startPart('machines', [redis.url, shared, Math.floor((workers + i) / processes), sleepMs]),
);
try {
  await Promise.all(fleet.map(lineOf));
  const before = fleet.map(({ pid }) => processorSeconds(pid!));
  const told = JSON.parse(await lineOf(startPart('asker', [redis.url, shared, out, units]))) as Told;
  const others = fleet.reduce((sum, { pid }, i) => sum + processorSeconds(pid!) - before[i], 0);
  const ideal = (Math.ceil(units / workers) * sleepMs) / 1000;
  console.log(
    JSON.stringify({
      ...{ workers, sleepMs, ...told, unitsASecond: told.units / told.seconds },
      ...{ unitsAProcessorSecond: told.units / told.processorSeconds, machinesProcessorSeconds: others },
      ...(sleepMs > 0 && {
        efficiency: ideal / told.seconds,
        afterOpening: ideal / (told.seconds - told.openingSeconds),
      }),
    }),
  );
} finally {
  for (const each of fleet) each.stdin!.end();
  await redis.kill();
  for (const folder of [shared, out, programs]) rmSync(folder, { recursive: true, force: true });
}

interface Told {
  readonly units: number;
  readonly seconds: number;
  /** Of them, until packages are loaded and the server has answered. */
  readonly openingSeconds: number;
  readonly processorSeconds: number;
  readonly peakMB: number;
  readonly failed: number;
  readonly lost: number;
}
