/**
 * Asker of a fleet: has sleeping units measured and stored as every experiment does, and says what that took as JSON.
 *
 *   asker <url> <shared> <out> <units> [first]
 */
import { readFileSync } from 'node:fs';
import { measuredWith } from '../../../scenarios/code.ts';
import { resultsIn } from '../../../scenarios/experiments/experiment.ts';
import { askingMachines } from '../../../scenarios/experiments/queue/asking.ts';
import { openRawStore } from '../../../scenarios/experiments/raw-store.ts';
import { measureUnits } from '../../../scenarios/experiments/units/measure.ts';
import { keyOf, nameOf, type SleepingUnit, sleepingKind, stored } from './sleeping.ts';

const [queue, shared, out, units, first = '0'] = process.argv.slice(2);
const all = Array.from({ length: Number(units) }, (_, i): SleepingUnit => ({ index: Number(first) + i }));
const own = await measuredWith();
const results = resultsIn(openRawStore(out), { noun: 'sleep', nameOf, keyOf, code: own.code, schema: stored });
const [began, cpu] = [performance.now(), process.cpuUsage()];
let opening = 0;
const open = askingMachines(
  { queue, shared },
  { kind: sleepingKind, request: () => ({}), nameOf, keyOf, units: all.length },
);
const failed = await measureUnits(results, {
  ...{ kind: sleepingKind.name, units: all, settingOf: () => undefined, workers: 1 },
  open: async () => {
    const runner = await open!();
    opening = (performance.now() - began) / 1000;
    return runner;
  },
  shown: { label: 'fleet', nameOf, stepsOf: () => 1, quiet: true },
  signal: new AbortController().signal,
  resultOf: (unit, { measured, versions = own }) => ({ key: keyOf(unit), versions, ...measured }),
});
const seconds = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage(cpu);
const [, peak] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))!;
const lost = all.filter((unit) => !results.of(unit)).length;
const told = {
  units: all.length,
  seconds,
  openingSeconds: opening,
  processorSeconds: (user + system) / 1e6,
  peakMB: Number(peak) / 1024,
};
console.log(JSON.stringify({ ...told, failed: failed.length, lost }));
