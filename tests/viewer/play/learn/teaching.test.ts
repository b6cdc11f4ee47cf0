import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { WEIGHTS_FOLDER } from '../../../../agent/backbones/own.ts';
import { loadPhysics } from '../../../../sim/physics.ts';
import { type Lesson, type PageArm, TrainingSession } from '../../../../viewer/play/learn/training.ts';
import { PlaySession } from '../../../../viewer/play/session.ts';

const play = new PlaySession();
const SHORT = 'training: { scenesPerRound: 4 }\nlearner: { batchSize: 16, endToEnd: { batchSize: 4 } }\n';
let lessons: Lesson[];

/** The user's own grasps on some scenes: at the middle of the object, the last ones beside it. */
async function triedByHand(count: number): Promise<Lesson[]> {
  const { name } = play.addScenario(SHORT, 'short.yaml');
  const given: Lesson[] = [];
  for (let index = 0; given.length < count; index++) {
    const { poses } = await play.draw(name, 3, index, false);
    play.point(poses[0] + (index % 3 === 2 ? 0.08 : 0), poses[1], 0.1 * index, 0.034, true);
    play.try();
    const lesson = play.lesson();
    if (lesson) given.push(lesson);
  }
  return given;
}

beforeAll(async () => {
  await loadPhysics();
  lessons = await triedByHand(4);
});

const session = (): TrainingSession =>
  new TrainingSession(async (url) => readFileSync(`${WEIGHTS_FOLDER}${url.replace(/^.*\//, '')}`));
const request = (arm: PageArm = 'pretrained') => ({ scenario: play.scenario('short'), arm, seed: 2, trials: 8 });
const nobody = { onTrial: () => undefined, onLearned: () => undefined };

/** The weights hash after these lessons, taught to a new learner. */
async function taught(given: readonly Lesson[], arm?: PageArm): Promise<string> {
  const learner = session();
  let hash = '';
  for (const lesson of given) ({ hash } = await learner.teach(request(arm), lesson));
  return hash;
}

describe('a grasp that a person tries', () => {
  it('is one that the learner could choose: the nearest angle and depth', async () => {
    expect(lessons.map((l) => l.action.shape)).toEqual([1, 1, 1, 1]);
    expect(lessons.map((l) => l.action.angle)).toEqual([0, 0, 1, 1]);
    expect(new Set(lessons.map((l) => l.held)).size).toBe(2);
    await play.draw('short', 3, 9, false);
    expect(play.point(0, 0, 0, 0.034, true).depth).toBe(0.035);
    expect(play.point(0, 0, 0, 0.034).depth).toBe(0.034);
    play.try();
    expect(play.lesson()).toBeUndefined();
  });

  it('is kept as a line that says all about it', () => {
    expect(JSON.parse(lessons[0].line)).toMatchObject({
      ...{ scenario: 'short', seed: 3, split: 'evaluation', scene: 0 },
      action: { cell: lessons[0].action.cell, angle: 0, depth: 1 },
      outcome: lessons[0].held ? 'held' : expect.any(String),
    });
  });
});

describe('lessons', () => {
  it.each(['pretrained', 'scratch'] as const)('teach arm %s, and are undone as if they had never been', async (arm) => {
    const [one, two] = [await taught(lessons.slice(0, 1), arm), await taught(lessons.slice(0, 2), arm)];
    const learner = session();
    await learner.teach(request(arm), lessons[0]);
    expect(await learner.teach(request(arm), lessons[1])).toMatchObject({ hash: two, lessons: 2, undoable: 2 });
    expect(await learner.undo()).toMatchObject({ hash: one, lessons: 1 });
    // another one in its place
    await learner.teach(request(arm), lessons[2]);
    await learner.undo();
    expect(await learner.teach(request(arm), lessons[1])).toMatchObject({ hash: two });
    expect(learner.lessons()).toBe(`${lessons[0].line}\n${lessons[1].line}\n`);
    if (arm === 'pretrained') expect(one).not.toBe(two);
  });

  it('come after a training, or before the next one', async () => {
    const learner = session();
    await learner.train(request(), nobody);
    const alone = learner.weights().hash;
    expect((await learner.teach(request(), lessons[0])).hash).not.toBe(alone);
    expect(await learner.undo()).toMatchObject({ hash: alone, lessons: 0, trials: 8 });
    await learner.teach(request(), lessons[0]);
    await learner.train(request(), nobody);
    const both = learner.weights().hash;
    expect(both).not.toBe(alone);
    expect(await learner.teach(request(), lessons[1])).toMatchObject({ lessons: 2, undoable: 1 });
    expect(await learner.undo()).toMatchObject({ hash: both, lessons: 1, undoable: 0 });
    learner.forget();
    await learner.train(request(), nobody);
    expect(learner.weights().hash).toBe(alone);
  });

  it('are refused where they mean nothing', async () => {
    const learner = session();
    await expect(learner.undo()).rejects.toThrow('teaching: expected a lesson to take back, got none');
    await learner.train({ ...request(), trials: 2 }, nobody);
    const other = { ...lessons[0].scenario, action: { ...lessons[0].scenario.action, angles: 4 } };
    await expect(learner.teach(request(), { ...lessons[0], scenario: other })).rejects.toThrow(
      "teaching: expected grasps with the learner's own hand, angles and depths, got a scenario with others",
    );
    const training = learner.train(request(), nobody);
    await expect(learner.teach(request(), lessons[0])).rejects.toThrow('expected a learner that is not training');
    expect(await training).toBe(true);
  });
});
