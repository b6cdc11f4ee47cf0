/** Evaluation log: the trials of an evaluation that is not over, so that a run that is gone on with does not play them again. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { append, flush, writeAtomically } from '../../files.ts';
import type { TrialRecord } from '../../trials/job.ts';
import { startSaveClock } from './clock.ts';

const FOLDER = 'evaluating';

/** The trials of one evaluation, on disk as they come. */
export interface EvaluationLog {
  /** Those that an earlier process has played. */
  readonly done: readonly TrialRecord[];
  add(record: TrialRecord): void;
}

/**
 * Opens the log of an evaluation.
 * @param name of the policy. @param key identifies policy and scenes: trials of another evaluation are not used.
 */
export function openEvaluationLog(folder: string, name: string, key: string): EvaluationLog {
  mkdirSync(join(folder, FOLDER), { recursive: true });
  const path = join(folder, FOLDER, `${name}.jsonl`);
  const head = JSON.stringify({ key });
  const done = read(path, head);
  // what a crash left half written goes
  writeAtomically(path, [head, ...done.map((record) => JSON.stringify(record))].map((line) => `${line}\n`).join(''));
  const clock = startSaveClock();
  return {
    done,
    add: (record) => {
      append(path, `${JSON.stringify(record)}\n`);
      if (clock.due()) clock.save(() => flush(path));
    },
  };
}

/** Takes the logs of a run's evaluations away, once its result is written. */
export const removeEvaluationLogs = (folder: string): void =>
  rmSync(join(folder, FOLDER), { recursive: true, force: true });

/** The trials up to the first line that is none: trials are logged in their order. */
function read(path: string, head: string): TrialRecord[] {
  if (!existsSync(path)) return [];
  const [first, ...lines] = readFileSync(path, 'utf8').split('\n');
  if (first !== head) return [];
  const records: TrialRecord[] = [];
  for (const line of lines) {
    const record = parse(line);
    if (record?.trial !== records.length) break;
    records.push(record);
  }
  return records;
}

function parse(line: string): TrialRecord | undefined {
  try {
    return JSON.parse(line) as TrialRecord;
  } catch {
    return undefined;
  }
}
