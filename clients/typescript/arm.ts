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
const RATE = 1;

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

/** What was seen of a grasp, and whether it held. */
interface Sample {
  readonly x: readonly number[];
  readonly held: boolean;
}

let about: Hello['spaces'];
let [latest, weights] = [[0], [0, 0, 0, 0, 0, 0]];
const samples: Sample[] = [];

const score = (x: readonly number[]): number => x.reduce((sum, value, i) => sum + value * weights[i], 0);

/**
 * One, the width (of 12 steps), how far it is from symmetric, whether it reaches beyond the fingers, whether it is too flat, and
 * the distance from the middle of what is seen (of 12 cells).
 */
function features(
  heights: Float32Array,
  cell: number,
  yaw: number,
  [middleRow, middleCol]: readonly number[],
): number[] {
  const { size } = about.heightmap;
  const [row, col] = [Math.floor(cell / size), cell % size];
  const level = Math.max(heights[cell] - about.action.shapes[0].depth, 0.007) + 0.004;
  const reach = (sign: number): number => {
    for (let k = 0; k < 12; k++) {
      const [r, c] = [Math.round(row + sign * k * Math.sin(yaw)), Math.round(col + sign * k * Math.cos(yaw))];
      if (r < 0 || c < 0 || r >= size || c >= size || heights[r * size + c] <= level) return k;
    }
    return 12;
  };
  const [left, right] = [reach(-1), reach(1)];
  const off = Math.hypot(row - middleRow, col - middleCol) / 12;
  return [1, (left + right) / 12, Math.abs(left - right) / 6, Math.max(left, right) >= 9 ? 1 : 0, left ? 0 : 1, off];
}

function propose({ draw, evaluation, observation }: Propose): object | null {
  const [random, heights] = [generator(draw), floats(observation.heightmap)];
  const objects = Buffer.from(observation.objects.data, 'base64');
  const cells = [...objects.keys()].filter((cell) => objects[cell] === 1);
  if (cells.length === 0) return null;
  const mean = (of: (cell: number) => number): number => cells.reduce((sum, cell) => sum + of(cell), 0) / cells.length;
  const { size } = about.heightmap;
  const middle = [mean((cell) => Math.floor(cell / size)), mean((cell) => cell % size)];
  const learned = evaluation || (samples.length >= WARMUP && random() >= EPSILON);
  let best = { cell: 0, angle: 0, value: Number.NEGATIVE_INFINITY };
  for (let k = 0; k < (learned ? CANDIDATES : 1); k++) {
    const [cell, angle] = [cells[Math.floor(random() * cells.length)], Math.floor(random() * about.action.yaws.length)];
    const x = features(heights, cell, about.action.yaws[angle], middle);
    const value = score(x) + (evaluation ? 0 : random());
    if (value > best.value) [best, latest] = [{ cell, angle, value }, x];
  }
  return { action: { cell: best.cell, angle: best.angle, shape: 0 } };
}

/** Gradient descent on all that was tried. */
function learn({ held }: Outcome): void {
  samples.push({ x: latest, held });
  for (let pass = 0; pass < 20; pass++) {
    const slope = weights.map((weight) => (-0.1 * weight) / samples.length);
    for (const { x, held } of samples) {
      const error = (held ? 1 : 0) - 1 / (1 + Math.exp(-score(x)));
      for (const i of slope.keys()) slope[i] += (error * x[i]) / samples.length;
    }
    weights = weights.map((weight, i) => weight + RATE * slope[i]);
  }
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
