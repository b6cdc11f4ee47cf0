/** MJCF of a crosscheck case, and the file that it is written to. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { exportMjcf } from '../../../sim/files/mjcf.ts';
import { kindOf } from '../../../sim/hand/settings.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { InputError, loadScenario } from '../../load.ts';
import { libraryOf } from '../../objects/read.ts';
import { note } from '../../terminal/notes.ts';
import { drawCase } from './cases.ts';

/**
 * `graft export mjcf`: case `index` of `graft crosscheck --scenario NAME --seed SEED`, scene, gripper and grasp, as MJCF.
 * @throws InputError if the gripper is not a pair of jaws, or the file cannot be written.
 */
export async function mjcfOfCase(scenarioName: string, seed: number, index: number): Promise<string> {
  await loadPhysics();
  const { scenario, name } = loadScenario(scenarioName);
  if (kindOf(scenario.gripper) !== 'jaws') {
    throw new InputError(
      `scenario '${name}': expected a gripper of kind 'jaws' to export as MJCF, got '${kindOf(scenario.gripper)}'`,
    );
  }
  const library = await libraryOf(scenario, note);
  const { scene, grasp, settings } = drawCase({ scenario, own: true, seed, ...(library && { library }) }, index);
  return exportMjcf(scene, grasp, settings);
}

/** Writes a text file, making its folder. @returns the absolute path. @throws InputError if that cannot be done. */
export function writeText(file: string, text: string): string {
  const path = resolve(file);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } catch (error) {
    throw new InputError(
      `${file}: expected a file that can be written, got: ${error instanceof Error ? error.message : error}`,
    );
  }
  return path;
}
