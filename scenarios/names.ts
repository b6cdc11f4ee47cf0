/** Names of the shipped scenarios, and the folder of their files. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Folder of the scenarios that ship with graft. */
export const SCENARIO_FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** Names of the scenarios that ship with graft. */
export const scenarioNames = (): string[] =>
  readdirSync(SCENARIO_FOLDER)
    .filter((f) => f.endsWith('.yaml'))
    .map((f) => f.slice(0, -'.yaml'.length))
    .sort();
