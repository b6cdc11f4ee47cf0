import { expect, it } from 'vitest';
import { fromLog, toLog } from '../../../agent/policy/action.ts';

const ACTION = { cell: 1234, angle: 5, shape: 3 };
const ANTIPODAL = { ...ACTION, score: 0.75 };

it("an action's shape is called depth in the log", () => {
  expect(JSON.stringify(toLog(ACTION))).toBe('{"cell":1234,"angle":5,"depth":3}');
  expect(JSON.stringify(toLog(ANTIPODAL))).toBe('{"cell":1234,"angle":5,"depth":3,"score":0.75}');
});

it.each([ACTION, ANTIPODAL])('a logged action is the action again: %j', (action) => {
  expect(fromLog(toLog(action))).toEqual(action);
});
