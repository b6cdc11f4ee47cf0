/** Diagnosis of a machine: engine, physics, weights, scenarios, browser, versions. */
import { existsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { delimiter, join } from 'node:path';
import { backboneNames, loadBackbone } from '../../agent/backbones/own.ts';
import type { Engine } from '../../agent/engine/engine.ts';
import { loadPhysics, PHYSICS_ENGINE, physicsVersion } from '../../sim/physics.ts';
import { measuredWith } from '../code.ts';
import { scenarioNames } from '../names.ts';

interface Check {
  readonly name: string;
  readonly value: string;
  readonly ok: boolean;
}

export interface Diagnosis {
  readonly checks: readonly Check[];
  readonly versions: Readonly<Record<string, string>>;
}

/** A browser that could show the viewer, for people who wonder. */
function findBrowser(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'firefox'];
  const folders = (process.env.PATH ?? '').split(delimiter);
  return names.flatMap((n) => folders.map((f) => join(f, n))).find((path) => existsSync(path));
}

/** `graft doctor`. Missing things that graft can do without say so. */
export async function diagnose(engine: Engine): Promise<Diagnosis> {
  await loadPhysics();
  const browser = findBrowser();
  const weights = backboneNames().map((name): Check => {
    try {
      return { name: 'backbone', value: `${name}: ${loadBackbone(name).card}`, ok: true };
    } catch (error) {
      return { name: 'backbone', value: error instanceof Error ? error.message : String(error), ok: false };
    }
  });
  const native =
    engine.name === 'native'
      ? 'in use'
      : `not in use (${engine.nativeError ?? 'not asked for'}); graft is complete without it`;
  return {
    checks: [
      { name: 'node', value: process.version, ok: true },
      { name: 'machine', value: `${availableParallelism()} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`, ok: true },
      { name: 'engine', value: engine.description, ok: true },
      { name: 'tfjs-node', value: native, ok: true },
      { name: 'physics', value: `${PHYSICS_ENGINE} ${physicsVersion()}`, ok: true },
      ...weights,
      { name: 'scenarios', value: scenarioNames().join(', '), ok: true },
      {
        name: 'browser',
        value:
          browser ?? 'none on the PATH; the viewer needs one (on Debian: apt-get install chromium), training does not',
        ok: browser !== undefined,
      },
    ],
    versions: await measuredWith(),
  };
}
