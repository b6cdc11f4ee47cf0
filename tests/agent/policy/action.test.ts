import { expect, it } from 'vitest';
import { fromLog, toLog } from '../../../agent/policy/action.ts';

const ACTION = { cell: 1234, angle: 5, shape: 3 };

it("an action's shape is called depth in the log", () => {
  expect(JSON.stringify(toLog(ACTION))).toBe('{"cell":1234,"angle":5,"depth":3}');
});

it('a logged action is the action again', () => expect(fromLog(toLog(ACTION))).toEqual(ACTION));
