// Arms of every character, for tests: node arm.js <character>.
import { createInterface } from 'node:readline';

const [, , character = 'good'] = process.argv;
if (character === 'crash-at-start') throw new Error('no weights here');

let asked = 0;
/** @param {unknown} value */
const say = (value) => process.stdout.write(`${typeof value === 'string' ? value : JSON.stringify(value)}\n`);

/** What each says in place of a grasp. @type {Record<string, (id: number) => unknown>} */
const BAD = {
  garbage: () => 'Traceback (most recent call last):',
  'not-finite': (id) => `{"id":${id},"grasp":{"position":[NaN,0,0.02],"yaw":0}}`,
  null: (id) => ({ id, grasp: { position: [null, 0, 0.02], yaw: 0 } }),
  'out-of-range': (id) => ({ id, grasp: { action: { cell: 1e6, angle: 0, shape: 0 } } }),
  malformed: (id) => ({ id, grasp: { position: [0, 0], yaw: 0 } }),
  'too-long': (id) => ({ id, grasp: 'x'.repeat(300_000) }),
  'other-question': (id) => ({ id: id + 7, grasp: null }),
  error: (id) => ({ id, type: 'error', error: 'out of memory' }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, type, ...question } = JSON.parse(line);
  if (type === 'hello') {
    if (character === 'silent-at-start') continue;
    say({ id, version: character === 'of-tomorrow' ? 2 : 1, observe: ['objects'] });
  } else if (type === 'outcome') say({ id });
  else {
    asked++;
    const bad = BAD[character];
    if (character === 'crash-in-the-middle' && asked > 3) process.exit(3);
    if (character === 'silent' || (character === 'silent-at-times' && asked % 2 === 0)) continue;
    // a liar tells the truth at times: every other answer
    if (bad && asked % 2 === 1) say(bad(id));
    else if (character === 'late') setTimeout(() => say({ id, grasp: { position: [0, 0, 0.5], yaw: 0 } }), 400);
    else {
      const mask = Buffer.from(question.observation.objects.data, 'base64');
      const cells = [...mask.keys()].filter((cell) => mask[cell] === 1);
      const action = { cell: cells[cells.length >> 1], angle: question.draw % 12, shape: 0 };
      say({ id, grasp: cells.length === 0 ? null : { action, probability: 0.5 } });
    }
  }
}
// one that does not end with its input
if (character === 'stubborn') setInterval(() => undefined, 1000);
