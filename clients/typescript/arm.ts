/**
 * An arm of one's own, without a dependency: logistic regression on the width and the symmetry of what the fingers would meet.
 *
 *     graft bench transfer --arms scratch 'mine=external:npx tsx clients/typescript/arm.ts'
 *
 * Node 22.18 and newer need no tsx. graft asks on standard input, one JSON object a line; each answer has the id of its question.
 */
import { createInterface } from 'node:readline';

interface Encoded {
  readonly shape: readonly number[];
  readonly data: string;
}

interface Hello {
  readonly type: 'hello';
  readonly id: number;
  readonly spaces: {
    readonly heightmap: { readonly size: number; readonly cell: number };
    readonly action: { readonly yaws: readonly number[]; readonly shapes: readonly { readonly depth: number }[] };
  };
}

interface Propose {
  readonly type: 'propose';
  readonly id: number;
  readonly evaluation: boolean;
  /** Seed for the arm's own draws. */
  readonly draw: number;
  readonly observation: { readonly heightmap: Encoded; readonly objects: Encoded };
}

interface Outcome {
  readonly type: 'outcome';
  readonly id: number;
  readonly held: boolean;
}

const CANDIDATES = 300;
const WARMUP = 32;
const EPSILON = 0.1;
const RATE = 0.1;

const floats = ({ data }: Encoded): Float32Array =>
  new Float32Array(Uint8Array.from(Buffer.from(data, 'base64')).buffer);

/** Uniform in [0, 1) (mulberry32). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

let about: Hello['spaces'];
let [trials, latest, weights] = [0, [0], [0, -0.1, -0.5, -0.5]];

const score = (x: readonly number[]): number => x.reduce((sum, value, i) => sum + value * weights[i], 0);

/** One, the width (of 15 steps), how far it is from symmetric, whether it reaches beyond the fingers. */
function features(heights: Float32Array, cell: number, yaw: number): number[] {
  const { size } = about.heightmap;
  const [row, col] = [Math.floor(cell / size), cell % size];
  const level = Math.max(heights[cell] - about.action.shapes[0].depth, 0.007) + 0.004;
  const reach = (sign: number): number => {
    for (let k = 0; k < 15; k++) {
      const [r, c] = [Math.round(row + sign * k * Math.sin(yaw)), Math.round(col + sign * k * Math.cos(yaw))];
      if (r < 0 || c < 0 || r >= size || c >= size || heights[r * size + c] <= level) return k;
    }
    return 15;
  };
  const [left, right] = [reach(-1), reach(1)];
  return [1, (left + right) / 15, Math.abs(left - right) / 5, Math.max(left, right) >= 9 ? 1 : 0];
}

function propose({ draw, evaluation, observation }: Propose): object | null {
  const [random, heights] = [generator(draw), floats(observation.heightmap)];
  const objects = Buffer.from(observation.objects.data, 'base64');
  const cells = [...objects.keys()].filter((cell) => objects[cell] === 1);
  if (cells.length === 0) return null;
  const learned = evaluation ? trials > 0 : trials >= WARMUP && random() >= EPSILON;
  let best = { cell: 0, angle: 0, value: Number.NEGATIVE_INFINITY };
  for (let k = 0; k < (learned ? CANDIDATES : 1); k++) {
    const [cell, angle] = [cells[Math.floor(random() * cells.length)], Math.floor(random() * about.action.yaws.length)];
    const x = features(heights, cell, about.action.yaws[angle]);
    const value = score(x) + (evaluation ? 0 : 0.3 * random());
    if (value > best.value) [best, latest] = [{ cell, angle, value }, x];
  }
  return { action: { cell: best.cell, angle: best.angle, shape: 0 } };
}

function learn({ held }: Outcome): void {
  trials++;
  const error = (held ? 1 : 0) - 1 / (1 + Math.exp(-score(latest)));
  weights = weights.map((weight, i) => weight + RATE * error * latest[i]);
}

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line) as Hello | Propose | Outcome;
  const { id, type } = question;
  let more: object = {};
  if (question.type === 'hello') {
    about = question.spaces;
    more = { version: 1, observe: ['heightmap', 'objects'] };
  } else if (question.type === 'propose') more = { grasp: propose(question) };
  else learn(question);
  process.stdout.write(`${JSON.stringify({ id, type, ...more })}\n`);
}
