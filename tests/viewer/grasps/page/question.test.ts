import { expect, it } from 'vitest';
import { parseQuestion } from '../../../../scenarios/predict/request.ts';
import { type Fields, fovOf, guessedIntrinsics, questionOf } from '../../../../viewer/grasps/page/question.ts';

const FIELDS: Fields = {
  ...{ count: undefined, minProbability: undefined, hand: undefined, depthScale: undefined, clean: true, clear: false },
  ...{ centre: [undefined, undefined], size: [0.3, undefined] },
};
const intrinsics = guessedIntrinsics(640, 480, 60);

it('what is left empty is left to the server, half a pair too', () => {
  const question = questionOf(FIELDS, { intrinsics }, ['maps']);
  expect(question).toEqual({ intrinsics, workspace: {}, clean: true, clear: false, show: ['maps'] });
  expect(parseQuestion(question, 'question')).toMatchObject({ count: 1, depthScale: 0.001 });
});

it('what is filled in is asked in the words of the contract', () => {
  const filled: Fields = { ...FIELDS, count: 5, hand: '2f-85', depthScale: 0.01, centre: [0.1, 0], size: [0.3, 0.2] };
  const pose = { T_world_camera: { position: [0, 0, 1], quaternion: [1, 0, 0, 0] } };
  const question = { ...questionOf(filled, { intrinsics }, []), ...pose };
  const { hand, ...rest } = parseQuestion(question, 'question');
  expect(hand).toMatchObject({ preset: '2f-85', stroke: 0.085 });
  expect(rest).toMatchObject({ count: 5, depthScale: 0.01, workspace: { centre: [0.1, 0], size: [0.3, 0.2] } });
  expect(questionOf(FIELDS, { camera: { K: 1 } }, [])).toMatchObject({ camera: { K: 1 } });
});

it('a guessed camera sees as many degrees from left to right as was said', () => {
  expect(fovOf(intrinsics)).toBeCloseTo(60, 9);
  expect(intrinsics).toMatchObject({ widthPx: 640, heightPx: 480, cx: 320, cy: 240 });
  expect(intrinsics.fx).toBeCloseTo(320 * Math.sqrt(3), 6);
  expect(intrinsics.fy).toBe(intrinsics.fx);
});
