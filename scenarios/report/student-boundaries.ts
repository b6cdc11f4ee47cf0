/**
 * Boundaries of a group sequential Student test, exact for normal observations (C. Jennison and B. Turnbull, "Exact calculations
 * for sequential t, chi-squared and F tests", Biometrika 78, 1991).
 *
 * With no true difference, R = (sum of x) / sqrt(sum of x^2) says all that |t| does, and is a Markov chain: the direction of the
 * first n observations does not depend on their length. One more observation turns the direction by an angle psi of its own,
 * R' = R cos psi + sin psi, whose density is proportional to cos^(n - 1) psi. So error at a look is one integral a step, with no
 * simulation and no normal limit, down to three observations.
 */

/** A test at looks after so many observations, two-sided. */
export interface StudentTest {
  /** Ascending. */
  readonly looks: readonly number[];
  /** |t| with looks[k] - 1 degrees of freedom beyond which look k stops. */
  readonly bounds: readonly number[];
}

/** Points on which the distribution of |R| is kept, evenly over its angle, and points of each integral. */
const [NODES, POINTS] = [400, 24];

/**
 * Bounds that spend just so much error.
 * @param looks after so many observations, ascending, from 3 on.
 * @param spent error that is spent up to each look, ascending, below 1.
 * @throws RangeError if they do not fit.
 */
export function studentTest(looks: readonly number[], spent: readonly number[]): StudentTest {
  const ascends = (list: readonly number[]): boolean => list.every((value, i) => i === 0 || value > list[i - 1]);
  if (looks.length !== spent.length || !ascends(looks) || !ascends(spent) || !(looks[0] >= 3) || !(spent[0] > 0))
    throw new RangeError(
      `studentTest: expected looks from 3 on with the error spent up to each, ascending, got looks [${looks}] and error [${spent}]`,
    );
  const bounds: number[] = [];
  let [weights, n] = [afterTwo(), 2];
  for (const [k, look] of looks.entries()) {
    for (; n < look - 1; n++) weights = goingOn(weights, n, Math.sqrt(n + 1));
    const limit = limitFor(weights, n, spent[k] - (spent[k - 1] ?? 0));
    weights = goingOn(weights, n, limit);
    n = look;
    bounds.push(limit * Math.sqrt((look - 1) / (look - limit * limit)));
  }
  return { looks, bounds };
}

/** |R| at an index of the weights. */
const rAt = (index: number, n: number): number => Math.sqrt(n) * Math.sin((Math.PI / 2) * (index / NODES));

/** [NODES + 1] weights of |R| = sqrt(n) sin(angle) at even angles from 0 to a right one: uniform after two observations. */
const afterTwo = (): Float64Array =>
  Float64Array.from({ length: NODES + 1 }, (_, i) => (i === 0 || i === NODES ? 0.5 : 1) / NODES);

/** The limit of |R| after one more observation beyond which just so much probability lies. */
function limitFor(weights: Float64Array, n: number, probability: number): number {
  const density = turning(n);
  const beyond = (limit: number): number =>
    weights.reduce((sum, weight, i) => {
      const within = stretchesBelow(limit, rAt(i, n)).map(([from, to]) => integral(from, to, density));
      return sum + weight * (1 - within.reduce((a, b) => a + b, 0));
    }, 0);
  let [low, high] = [0, Math.sqrt(n + 1)];
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (beyond(middle) > probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Density of the angle that observation n + 1 turns the direction by. */
function turning(n: number): (psi: number) => number {
  const shape = (psi: number): number => Math.cos(psi) ** (n - 1);
  const total = integral(-Math.PI / 2, Math.PI / 2, shape);
  return (psi) => shape(psi) / total;
}

/** Weights of |R| after one more observation, of what stays below the limit. */
function goingOn(weights: Float64Array, n: number, limit: number): Float64Array {
  const going = new Float64Array(NODES + 1);
  const density = turning(n);
  for (const [i, weight] of weights.entries()) {
    const r = rAt(i, n);
    for (const [from, to] of stretchesBelow(limit, r)) {
      for (const [psi, length] of points(from, to)) {
        const next = Math.abs(r * Math.cos(psi) + Math.sin(psi)) / Math.sqrt(n + 1);
        const at = (NODES * Math.asin(Math.min(next, 1))) / (Math.PI / 2);
        const below = Math.min(Math.floor(at), NODES - 1);
        const share = weight * density(psi) * length;
        going[below] += share * (below + 1 - at);
        going[below + 1] += share * (at - below);
      }
    }
  }
  return going;
}

/** Angles at which |r cos psi + sin psi| stays below a limit. */
function stretchesBelow(limit: number, r: number): [number, number][] {
  // the same as length cos(psi - peak)
  const [length, peak] = [Math.hypot(r, 1), Math.atan2(1, r)];
  const half = limit >= length ? 0 : Math.acos(limit / length);
  const stretches: [number, number][] = [
    [Math.max(-Math.PI / 2, peak - Math.PI + half), peak - half],
    [peak + half, Math.PI / 2],
  ];
  return stretches.filter(([from, to]) => to > from);
}

/** Points of an integral by Gauss and Legendre, each with the length that it stands for. */
function points(from: number, to: number): (readonly [number, number])[] {
  const half = (to - from) / 2;
  return LEGENDRE.map(([x, weight]) => [from + half * (1 + x), half * weight] as const);
}

const integral = (from: number, to: number, of: (x: number) => number): number =>
  points(from, to).reduce((sum, [x, length]) => sum + length * of(x), 0);

/** [point, weight] on -1..1: roots of Legendre's polynomial by Newton's method. */
const LEGENDRE: readonly (readonly [number, number])[] = Array.from({ length: POINTS }, (_, i) => {
  let x = Math.cos((Math.PI * (i + 0.75)) / (POINTS + 0.5));
  for (let step = 0; ; step++) {
    let [before, value] = [1, x];
    for (let k = 2; k <= POINTS; k++) [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
    const slope = (POINTS * (x * value - before)) / (x * x - 1);
    if (step === 10) return [x, 2 / ((1 - x * x) * slope * slope)] as const;
    x -= value / slope;
  }
});
