/**
 * A scene, the gripper and a grasp as MJCF, MuJoCo's file format: the same shapes, masses, inertia, friction, finger
 * geometry and drive as the trial has in graft, for use in MuJoCo and for comparing the two engines.
 *
 * - Coefficients of friction multiply in graft, MuJoCo takes the larger one: so every pair of surfaces that can touch is
 *   an explicit `<pair>` with the product, and nothing else collides.
 * - The palm slides along world X, Y, Z from the pregrasp (`palm_x` ... are position servos; their ctrl is the displacement,
 *   metres). A heavy armature stands for graft's kinematic palm.
 * - Each finger feels `ctrl` newtons (negative closes; closing force in graft: `-force`), viscous damping that sets the
 *   closing speed, and the tendon `coupling` that keeps the jaws symmetric: f = ctrl - (COUPLING / 2) (q - q_other) - damping dq/dt.
 *   MuJoCo solves contacts before it applies damping implicitly, so a light, strongly damped finger chatters. Damping is
 *   explicit here and each finger's joint carries timestep * damping as armature, (m + h d) dv = h (f - d v): the same implicit
 *   step, seen by the contact solver too. Change the armature together with the timestep.
 * - Contacts are stiffer than MuJoCo's default, which lets a 20 N grip sink millimetres into a light object.
 */
import { binWalls, type Wall } from '../bin.ts';
import type { Grasp } from '../grasp.ts';
import { type HandPart, jawGeometry } from '../hand/geometry.ts';
import { COUPLING, jawOpening } from '../hand/jaws.ts';
import { type HandSettings, kindOf } from '../hand/settings.ts';
import type { Pose, Quat } from '../math/pose.ts';
import { clearPose } from '../motion.ts';
import type { ObjectModel, Part, Solid } from '../objects/object.ts';
import type { TrialSettings } from '../outcome.ts';
import type { Scene } from '../scene.ts';

export interface MjcfOptions {
  /** Seconds a step. */
  readonly timestep?: number;
}

/** Order of the first generalised coordinates; each object adds seven (position, then quaternion w x y z). */
export const MJCF_GRIPPER_QPOS = ['palm_x', 'palm_y', 'palm_z', 'left', 'right'] as const;
/** Names of the palm's and the fingers' geoms; each has a touch sensor `touch_<name>`, in this order. */
export const MJCF_GRIPPER_GEOMS = ['palm', 'left_pad', 'right_pad'] as const;
/** Name of an object's body; its geoms are `<name>_0`, `<name>_1`, ... in the order of its parts. */
export const mjcfObject = (index: number): string => `object${index}`;

/** Gains of the palm's position servos, N/m and N s/m: critically damped at the armature below. */
export const MJCF_SERVO = { kp: 1e6, kv: 2e4 } as const;
/** kg: the inertia of the servos that move the palm, so large that a grip does not move it. */
export const MJCF_PALM_ARMATURE = 100;
/** Time constant and damping ratio of a contact; 4 ms is the least that a 2 ms step resolves. */
const SOLREF = '0.004 1';
const SOLIMP = '0.98 0.995 0.0005';

const round = (x: number): string => String(Number(x.toPrecision(9)));
const list = (values: readonly number[]): string => values.map(round).join(' ');
const quat = ([x, y, z, w]: Quat): string => list([w, x, y, z]);
const placed = ({ position, quaternion }: Pose): string => `pos="${list(position)}" quat="${quat(quaternion)}"`;

interface Surface {
  readonly geom: string;
  readonly body: string;
  readonly friction: number;
}

function shape(solid: Solid, mesh: string): string {
  switch (solid.kind) {
    case 'box':
      return `type="box" size="${list(solid.half)}"`;
    case 'sphere':
      return `type="sphere" size="${round(solid.radius)}"`;
    case 'cylinder':
    case 'capsule':
      return `type="${solid.kind}" size="${list([solid.radius, solid.halfHeight])}"`;
    case 'hull':
      return `type="mesh" mesh="${mesh}"`;
    default:
      return solid satisfies never;
  }
}

const partName = (object: number, part: number): string => `${mjcfObject(object)}_${part}`;

/** Meshes of hull parts: their points; MuJoCo takes the hull itself. */
const meshAssets = (scene: Scene): string[] =>
  scene.objects.flatMap(({ model }, o) =>
    model.parts.flatMap(({ solid }: Part, p) =>
      solid.kind === 'hull'
        ? [`<mesh name="${partName(o, p)}" inertia="convex" vertex="${solid.points.map(list).join('  ')}"/>`]
        : [],
    ),
  );

function objectBody(model: ObjectModel, pose: Pose, o: number): string[] {
  const rgba = `${list(model.colour)} 1`;
  const { massProperties: own } = model;
  return [
    `<body name="${mjcfObject(o)}" ${placed(pose)}>`,
    '  <freejoint/>',
    ...(own
      ? [
          `  <inertial pos="${list(own.centre)}" quat="${quat(own.frame)}" mass="${round(own.mass)}" diaginertia="${list(own.inertia)}"/>`,
        ]
      : []),
    ...model.parts.map(
      ({ solid, pose: at }, p) =>
        `  <geom name="${partName(o, p)}" ${shape(solid, partName(o, p))} ${placed(at)} density="${round(model.density)}" rgba="${rgba}"/>`,
    ),
    '</body>',
  ];
}

/** A box of the hand as a geom and, just around it, the site of its touch sensor. */
function padLines(geom: string, { solid, pose: { position } }: HandPart, inertia: string): string[] {
  if (solid.kind !== 'box') throw new RangeError(`MJCF: expected a hand of boxes, got a ${solid.kind}`);
  const { half } = solid;
  const site = half.map((h) => h + 0.004);
  return [
    `<geom name="${geom}" type="box" size="${list(half)}" pos="${list(position)}" ${inertia} rgba="0.25 0.27 0.3 1"/>`,
    `<site name="touch_${geom}" type="box" size="${list(site)}" pos="${list(position)}" rgba="0 0 0 0"/>`,
  ];
}

function gripperBody(g: HandSettings, pregrasp: Pose, timestep: number): string[] {
  const [palm, ...fingers] = jawGeometry(g).parts;
  const damping = g.force / g.closingSpeed;
  const drive = `damping="${round(damping)}" armature="${round(timestep * damping)}"`;
  const finger = (name: 'left' | 'right', side: 1 | -1): string[] => [
    `    <body name="${name}" gravcomp="1">`,
    `      <joint name="${name}" type="slide" axis="${side} 0 0" range="0 ${round(g.stroke / 2)}" ${drive}/>`,
    ...padLines(`${name}_pad`, fingers[side === 1 ? 0 : 1], `mass="${round(g.fingerMass)}"`).map((l) => `      ${l}`),
    '    </body>',
  ];
  const axis = { x: '1 0 0', y: '0 1 0', z: '0 0 1' } as const;
  return [
    `<body name="carriage" pos="${list(pregrasp.position)}">`,
    ...(['x', 'y', 'z'] as const).map(
      (a) =>
        `  <joint name="palm_${a}" type="slide" axis="${axis[a]}" armature="${MJCF_PALM_ARMATURE}" limited="false"/>`,
    ),
    `  <body name="palm" quat="${quat(pregrasp.quaternion)}" gravcomp="1">`,
    ...padLines('palm', palm, 'density="1000"').map((l) => `    ${l}`),
    ...finger('left', 1),
    ...finger('right', -1),
    '  </body>',
    '</body>',
  ];
}

/** Every pair of surfaces that can touch, with the product of their coefficients of friction. */
function contactPairs(surfaces: readonly Surface[]): string[] {
  const fixed = (s: Surface): boolean => s.body === 'table' || s.body === 'palm';
  const jointed = (a: Surface, b: Surface): boolean => a.body === 'palm' && (b.body === 'left' || b.body === 'right');
  const lines: string[] = [];
  surfaces.forEach((a, i) => {
    for (const b of surfaces.slice(i + 1)) {
      if (a.body === b.body || (fixed(a) && fixed(b)) || jointed(a, b)) continue;
      const mu = round(a.friction * b.friction);
      lines.push(`<pair geom1="${a.geom}" geom2="${b.geom}" friction="${mu} ${mu} 0.005 0.0001 0.0001"/>`);
    }
  });
  return lines;
}

const walls = ({ bin }: Scene) => (bin ? binWalls(bin) : []);

function surfaces(scene: Scene, g: HandSettings): Surface[] {
  return [
    { geom: 'table', body: 'table', friction: scene.tableFriction },
    ...walls(scene).map((_, i) => ({ geom: `wall${i}`, body: 'table', friction: scene.tableFriction })),
    { geom: 'palm', body: 'palm', friction: g.padFriction },
    { geom: 'left_pad', body: 'left', friction: g.padFriction },
    { geom: 'right_pad', body: 'right', friction: g.padFriction },
    ...scene.objects.flatMap(({ model }, o) =>
      model.parts.map((_, p) => ({ geom: partName(o, p), body: mjcfObject(o), friction: model.friction })),
    ),
  ];
}

const wallGeom = ({ half, pose }: Wall, i: number): string =>
  `<geom name="wall${i}" type="box" size="${list(half)}" ${placed(pose)} rgba="0.5 0.55 0.62 1"/>`;

/** Pregrasp with the fingers at the grasp's opening, objects where they rest. */
function keyframe(scene: Scene, grasp: Grasp, g: HandSettings): string {
  const half = round(jawOpening(grasp, g) / 2);
  const objects = scene.objects.map(({ pose }) => `${list(pose.position)} ${quat(pose.quaternion)}`);
  return `<key name="pregrasp" qpos="${['0 0 0', half, half, ...objects].join(' ')}"/>`;
}

const indent = (lines: readonly string[], by: string): string => lines.map((l) => by + l).join('\n');

/**
 * @returns the MJCF file. Keyframe `pregrasp` is where graft's trial starts: the open gripper just clear of the objects
 *   along the approach, everything at rest.
 * @throws RangeError for a hand without jaws: no actuator of MJCF stands for a suction cup.
 */
export function exportMjcf(scene: Scene, grasp: Grasp, settings: TrialSettings, options: MjcfOptions = {}): string {
  const { gripper, physics } = settings;
  if (kindOf(gripper) !== 'jaws') {
    throw new RangeError(`MJCF: expected a hand of kind 'jaws', got '${kindOf(gripper)}'`);
  }
  const { timestep = 0.002 } = options;
  const pregrasp = clearPose(scene, grasp);
  const objects = scene.objects.flatMap(({ model, pose }, o) => objectBody(model, pose, o));
  const closing = round(4 * gripper.force);
  const motor = (name: string): string =>
    `<motor name="${name}" joint="${name}" ctrlrange="-${closing} ${closing}" ctrllimited="true"/>`;
  return `<mujoco model="graft">
  <compiler angle="radian" inertiafromgeom="auto" autolimits="true"/>
  <option timestep="${round(timestep)}" gravity="0 0 ${round(-physics.gravity)}" integrator="Euler" cone="elliptic" impratio="10">
    <flag multiccd="enable" eulerdamp="disable"/>
  </option>
  <default>
    <geom contype="0" conaffinity="0"/>
    <pair condim="3" solref="${SOLREF}" solimp="${SOLIMP}"/>
    <joint solreflimit="${SOLREF}" solimplimit="${SOLIMP}"/>
  </default>
  <asset>
${indent(meshAssets(scene), '    ')}
  </asset>
  <worldbody>
    <light pos="0 -0.5 1.2" dir="0 0.4 -1"/>
    <geom name="table" type="plane" size="0.6 0.6 0.1" rgba="0.8 0.78 0.74 1"/>
${indent([...walls(scene).map(wallGeom), ...gripperBody(gripper, pregrasp, timestep)], '    ')}
${indent(objects, '    ')}
  </worldbody>
  <tendon>
    <fixed name="coupling" stiffness="${round(COUPLING / 2)}" springlength="0">
      <joint joint="left" coef="1"/>
      <joint joint="right" coef="-1"/>
    </fixed>
  </tendon>
  <contact>
${indent(contactPairs(surfaces(scene, gripper)), '    ')}
  </contact>
  <actuator>
${indent(
  (['x', 'y', 'z'] as const).map(
    (a) => `<position name="palm_${a}" joint="palm_${a}" kp="${MJCF_SERVO.kp}" kv="${MJCF_SERVO.kv}"/>`,
  ),
  '    ',
)}
    ${motor('left')}
    ${motor('right')}
  </actuator>
  <sensor>
${indent(
  MJCF_GRIPPER_GEOMS.map((geom) => `<touch name="touch_${geom}" site="touch_${geom}"/>`),
  '    ',
)}
  </sensor>
  <keyframe>
    ${keyframe(scene, grasp, gripper)}
  </keyframe>
</mujoco>
`;
}
