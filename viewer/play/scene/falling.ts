/** Falling: what is let go in an edited scene comes to rest, in the simulator's own physics. */
import type { PlacedInput } from '../../../scenarios/schema/placed.ts';
import type { Scenario } from '../../../scenarios/schema/schema.ts';
import { DROP_GAP } from '../../../sim/arrangement.ts';
import type { Pose, Quat, Vec3 } from '../../../sim/math/pose.ts';
import { meshBounds } from '../../../sim/objects/mesh.ts';
import { fallenPoses, type Placement, unsupported } from '../../../sim/placed.ts';

type Bounds = ReturnType<typeof meshBounds>;

/** Poses are kept to a micrometre and as many parts of a quaternion. */
const rounded = (v: number): number => Math.round(v * 1e6) / 1e6 + 0;

/** A pose as a scene file has it. */
export const roundedPose = ({ position: p, quaternion: q }: Pose): { position: Vec3; quaternion: Quat } => ({
  position: [rounded(p[0]), rounded(p[1]), rounded(p[2])],
  quaternion: [rounded(q[0]), rounded(q[1]), rounded(q[2]), rounded(q[3])],
});

/** Bounds that share less than this touch, metres. */
const TOUCH = 0.001;

/**
 * Lets fall what is in the air, lifted out of what it would be inside of, and what has lost its support.
 * @param made the objects, as `placements` makes them.
 * @returns the objects at rest.
 * @throws SceneError if something ends outside the workspace, or never rests.
 */
export function fallen(objects: readonly PlacedInput[], made: readonly Placement[], scenario: Scenario): PlacedInput[] {
  const { workspaceHalfWidth, tableFriction, bin } = scenario.scene;
  const settings = { workspaceHalfWidth, tableFriction, ...(bin && { bin }) };
  const movers = unsupported({ ...settings, placed: made }, scenario.physics).map(({ object }) => object);
  const lifted = clear(made.map((object) => (movers.includes(object) ? { ...object, falls: true } : object)));
  const order = [...lifted].sort((a, b) => low(a) - low(b));
  const poses = fallenPoses({ ...settings, placed: order }, scenario.physics);
  return objects.map((object, i): PlacedInput => {
    const pose = poses[order.indexOf(lifted[i])];
    return pose === made[i].pose ? object : { ...object, ...mutable(roundedPose(pose)), falls: false };
  });
}

const mutable = ({ position, quaternion }: Pose): Pick<PlacedInput, 'position' | 'quaternion'> => ({
  position: [...position],
  quaternion: [...quaternion],
});

const boundsOf = ({ model, pose }: Placement): Bounds => meshBounds(model.mesh, pose);
const low = (object: Placement): number => boundsOf(object).min[2];

/** What falls, above the table and above whatever its bounds would meet. */
function clear(made: readonly Placement[]): Placement[] {
  const taken = made.filter(({ falls }) => !falls).map(boundsOf);
  const lifted = new Map<Placement, Placement>();
  for (const object of made.filter(({ falls }) => falls).sort((a, b) => low(a) - low(b))) {
    const free = lift(object, taken);
    taken.push(boundsOf(free));
    lifted.set(object, free);
  }
  return made.map((object) => lifted.get(object) ?? object);
}

function lift(object: Placement, taken: readonly Bounds[]): Placement {
  const bounds = boundsOf(object);
  const meets = taken.filter((t) =>
    [0, 1, 2].every((k) => bounds.min[k] < t.max[k] - TOUCH && t.min[k] < bounds.max[k] - TOUCH),
  );
  const floor = Math.max(0, ...meets.map((t) => t.max[2]));
  const up = floor + DROP_GAP - bounds.min[2];
  if (bounds.min[2] >= 0 && meets.length === 0) return object;
  const [x, y, z] = object.pose.position;
  return lift({ ...object, pose: { ...object.pose, position: [x, y, z + up] } }, taken);
}

/** Places for another object of these bounds, the best first: where there is room, nearest to the centre; else above others. */
export function rooms(own: Bounds, made: readonly Placement[], halfWidth: number): (readonly [number, number])[] {
  const taken = made.map(boundsOf);
  const steps = Math.floor((0.9 * halfWidth) / GRID);
  const line = Array.from({ length: 2 * steps + 1 }, (_, i) => (i - steps) * GRID);
  const places = line
    .flatMap((y) => line.map((x) => [x, y] as const))
    .sort((a, b) => Math.hypot(...a) - Math.hypot(...b));
  const free = places.find((at) =>
    taken.every((t) => [0, 1].some((k) => own.min[k] + at[k] > t.max[k] + GAP || own.max[k] + at[k] < t.min[k] - GAP)),
  );
  return [...(free ? [free] : []), ...places.slice(0, SPARES)];
}

const GRID = 0.01;
const GAP = 0.008;
/** Places above others that are tried: on some an object never rests. */
const SPARES = 4;
