/** Lessons: the grasps by which a person taught the learner in the play page, tried again and recorded. */
import { readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { fromLog } from '../../agent/policy/action.ts';
import { graspShapes } from '../../agent/policy/action-space.ts';
import { loadPhysics } from '../../sim/physics.ts';
import { InputError, loadScenario, withObjects } from '../load.ts';
import { libraryOf } from '../objects/read.ts';
import { checkRecordRequest, type RunRecording, startRecording } from '../recordings/record.ts';
import type { Scenario } from '../schema/schema.ts';
import { Interrupted } from '../terminal/interrupted.ts';
import { note } from '../terminal/notes.ts';
import type { SceneJob, TrialOutput } from '../trials/job.ts';
import { NODE_HOST } from '../trials/node-host.ts';
import { JobRunner } from '../trials/runner.ts';

/** What a person is called where a policy has a name. */
const NAME = 'person';
const ALL = { every: 1, failuresOnly: false } as const;

const whole = z.int().min(0);

/** A line of the page's taught.jsonl: as in a run's trials.jsonl, with scenario, seed and split. */
const lessonSchema = z.looseObject({
  scenario: z.string().min(1),
  ...{ seed: whole, split: z.literal('evaluation'), trial: whole, scene: whole },
  action: z.looseObject({ cell: whole, angle: whole, depth: whole }),
  ...{ outcome: z.string(), stateHash: z.string() },
});
type Lesson = z.infer<typeof lessonSchema>;

export interface LessonsRequest {
  /** A file that the page saved. */
  readonly from: string;
  /** The recording to make. */
  readonly out: string;
  /** Name or path of the lessons' scenario, where it is none that is shipped, or where they are of several. */
  readonly scenario?: string | undefined;
  /** Folder or file of objects, in place of the scenario's own. */
  readonly objects?: string | undefined;
  readonly command: string;
  readonly signal: AbortSignal;
}

/** What `graft export lessons` made. */
export interface LessonsJson {
  readonly out: string;
  readonly trials: number;
  readonly held: number;
  /** Lessons of other scenarios. */
  readonly others: number;
  /**
   * Trials that came out otherwise than in the page, which are not in the recording: a scene is drawn anew for every grasp, so one
   * after an earlier one in clutter, after a second look, or after an object was dropped has none of that.
   */
  readonly otherwise: readonly number[];
}

/**
 * Tries every lesson again and records it, with what the camera showed.
 * @throws InputError for a file that holds no lessons, or none that comes out as in the page; Interrupted if the signal fires.
 */
export async function recordLessons(request: LessonsRequest): Promise<LessonsJson> {
  const out = resolve(request.out);
  checkRecordRequest({ rule: ALL, path: out });
  const all = lessonsIn(request.from);
  const names = [...new Set(all.map(({ scenario }) => scenario))];
  if (names.length > 1 && request.scenario === undefined)
    throw new InputError(`${request.from}: expected lessons of one scenario, or --scenario, got ${names.join(', ')}`);
  const { name, scenario: file } = loadScenario(request.scenario ?? names[0]);
  const scenario = withObjects(file, request.objects);
  const lessons = names.length > 1 ? all.filter((lesson) => lesson.scenario === name) : all;
  if (lessons.length === 0)
    throw new InputError(`${request.from}: expected lessons of '${name}', got some of ${names.join(', ')}`);
  for (const lesson of lessons) checkAction(request.from, lesson, scenario);
  await loadPhysics();
  const library = await libraryOf(scenario, note);
  const runner = new JobRunner(undefined, NODE_HOST, library);
  const recording = startRecording(
    { rule: ALL, path: out },
    {
      ...{ scenarioName: name, scenario, seed: lessons[0].seed, policy: NAME, library },
      ...{ weightsHash: 'none', engine: 'none', command: request.command },
    },
    out,
  );
  const ended = tryAll(lessons, scenario, runner, recording, request.signal).finally(() => runner.dispose());
  const tried = await ended.catch(() => undefined);
  const { error } = await recording.close();
  if (!tried?.trials || error !== undefined) rmSync(out, { force: true });
  const { trials, ...more } = await ended;
  if (error !== undefined) throw new InputError(`${out}: ${error}`);
  if (trials > 0) return { out, trials, ...more, others: all.length - lessons.length };
  throw new InputError(
    `${request.from}: expected a lesson of '${name}' that comes out as in the page, got ${lessons.length} that do not; another scenario, objects or version of graft`,
  );
}

async function tryAll(
  lessons: readonly Lesson[],
  scenario: Scenario,
  runner: JobRunner,
  recording: RunRecording,
  signal: AbortSignal,
): Promise<Pick<LessonsJson, 'trials' | 'held' | 'otherwise'>> {
  const otherwise: number[] = [];
  let held = 0;
  for (const lesson of lessons) {
    if (signal.aborted) throw new Interrupted('export interrupted; nothing was written');
    // lets an interrupt in
    await new Promise((done) => setImmediate(done));
    await recording.room();
    const output = await tryAgain(lesson, scenario, runner);
    const { outcome, stateHash } = output.record;
    if (outcome !== lesson.outcome || stateHash !== lesson.stateHash) {
      otherwise.push(lesson.trial);
      continue;
    }
    recording.add(output);
    if (outcome === 'held') held++;
  }
  return { trials: lessons.length - otherwise.length, held, otherwise };
}

async function tryAgain(
  { seed, split, scene, trial, action }: Lesson,
  scenario: Scenario,
  runner: JobRunner,
): Promise<TrialOutput> {
  const job: SceneJob = {
    ...{ scenario, seed, split, sceneIndex: scene, firstTrial: trial, grasps: 1 },
    policy: { kind: 'given', name: NAME, given: { action: fromLog(action), probability: null } },
    ...{ record: false, recordRule: ALL, picture: false },
  };
  const [output] = await runner.run(job);
  return output;
}

function lessonsIn(path: string): Lesson[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new InputError(`${path}: expected lessons that can be read, got: ${(error as Error).message}`);
  }
  return parseLessons(text, path);
}

/** Reads lessons, one a line. @throws InputError naming the line if it is none. */
export function parseLessons(text: string, where: string): Lesson[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) throw new InputError(`${where}: expected a lesson a line, got an empty file`);
  return lines.map((line, i) => {
    const parsed = lessonSchema.safeParse(json(line));
    if (parsed.success) return parsed.data;
    const [{ path: key, message }] = parsed.error.issues;
    throw new InputError(
      `${where}, line ${i + 1}: expected a lesson of the play page, got ${key.join('.')}: ${message}`,
    );
  });
}

function json(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** @throws InputError if the scenario has no such grasp. */
function checkAction(path: string, { trial, action: { cell, angle, depth } }: Lesson, scenario: Scenario): void {
  const { size } = scenario.sensor.heightmap;
  const shapes = graspShapes(scenario.action).length;
  if (cell < size * size && angle < scenario.action.angles && depth < shapes) return;
  throw new InputError(
    `${path}, trial ${trial}: expected a grasp of ${size} x ${size} cells, ${scenario.action.angles} angles and ${shapes} depths, got ${cell}, ${angle} and ${depth}`,
  );
}
