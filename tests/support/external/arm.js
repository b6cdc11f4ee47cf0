// Arms of every character, for tests: node arm.js <character>, or on a websocket: node arm.js <character> listen.
import { createInterface } from 'node:readline';
import { WebSocketServer } from 'ws';

const [, , character = 'good', place = 'here'] = process.argv;
if (character === 'crash-at-start') throw new Error('no weights here');

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

/** @param {{ draw: number, observation: { objects: { data: string } } }} question */
function grasp({ draw, observation }) {
  const mask = Buffer.from(observation.objects.data, 'base64');
  const cells = [...mask.keys()].filter((cell) => mask[cell] === 1);
  if (cells.length === 0) return null;
  return { action: { cell: cells[cells.length >> 1], angle: draw % 12, shape: 0 }, probability: 0.5 };
}

/**
 * An arm: takes messages.
 * @param {(text: string) => void} send
 * @returns {(text: string) => void}
 */
function arm(send) {
  let [asked, owed] = [0, false];
  /** @param {unknown} value */
  const say = (value) => send(typeof value === 'string' ? value : JSON.stringify(value));
  return (text) => {
    const { id, type, ...question } = JSON.parse(text);
    if (type === 'hello' && character === 'silent-at-start') return;
    if (type === 'hello') return say({ id, version: character === 'of-tomorrow' ? 2 : 1, observe: ['objects'] });
    // one that ends where it is not told what it is to be told
    if (character === 'strict' && (type === 'outcome') !== owed) process.exit(9);
    owed = type === 'propose' && !question.evaluation;
    if (type === 'outcome') return say({ id });
    asked++;
    if (character === 'crash-in-the-middle' && asked > 3) process.exit(3);
    if (character === 'silent' || (character === 'silent-at-times' && asked % 2 === 0)) return;
    // a liar tells the truth at times: every other answer
    const lies = character === 'liar' ? Object.values(BAD) : BAD[character] ? [BAD[character]] : [];
    if (lies.length > 0 && asked % 2 === 1) return say(lies[(asked >> 1) % lies.length](id));
    if (character === 'late') return void setTimeout(() => say({ id, grasp: null }), 900);
    return say({ id, grasp: grasp(question) });
  };
}

if (place === 'listen') {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('listening', () => console.log(/** @type {import('node:net').AddressInfo} */ (server.address()).port));
  server.on('connection', (socket) => {
    const take = arm((text) => socket.send(text));
    socket.on('message', (data) => take(String(data)));
  });
} else {
  const take = arm((text) => process.stdout.write(`${text}\n`));
  for await (const line of createInterface({ input: process.stdin })) take(line);
  // one that does not end with its input
  if (character === 'stubborn') setInterval(() => undefined, 1000);
}
