import { XMLValidator } from 'fast-xml-parser';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadMujoco, type Mujoco } from '../../../scenarios/experiments/crosscheck/mujoco.ts';
import { exportMjcf, mjcfObject } from '../../../sim/files/mjcf.ts';
import { topDownGrasp } from '../../../sim/grasp.ts';
import { conjugate, multiply, norm, type Quat, rotate, subtract, type Vec3 } from '../../../sim/math/pose.ts';
import { FAMILIES } from '../../../sim/objects/families.ts';
import { freeWorld, loadPhysics, massPropertiesOf, PHYSICS_DEFAULTS, stepWorld } from '../../../sim/physics.ts';
import { buildWorld, type Scene, sampleScene } from '../../../sim/scene.ts';
import { CUBE, sceneOf, TRIAL } from '../../support/scenes.ts';

let mujoco: Mujoco;

beforeAll(async () => {
  [mujoco] = await Promise.all([loadMujoco(), loadPhysics()]);
});

const sceneOfFamily = (family: (typeof FAMILIES)[number]): Scene =>
  sampleScene(
    {
      families: [family],
      objectCount: 1,
      arrangement: 'drop',
      ranges: { scale: [0.85, 1.25], density: [200, 1000], friction: [0.25, 0.8] },
      dropHalfWidth: 0.07,
      workspaceHalfWidth: 0.13,
      tableFriction: 0.6,
    },
    PHYSICS_DEFAULTS,
    4,
    'training',
    0,
  );

const fileOf = (scene: Scene): string => {
  const [x, y, z] = scene.objects[0].pose.position;
  return exportMjcf(scene, topDownGrasp([x, y, Math.max(z, 0.01)], 0.4, 0.08), TRIAL);
};

/** Inertia tensor in the body frame, row-major, from principal moments and their frame. */
function tensor(moments: readonly number[], frame: Quat): number[] {
  const columns = (
    [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ] as const
  ).map((e) => rotate(frame, e));
  return [0, 1, 2].flatMap((i) =>
    [0, 1, 2].map((j) => columns.reduce((sum, axis, k) => sum + moments[k] * axis[i] * axis[j], 0)),
  );
}

describe('MJCF export', () => {
  it('is well-formed, names every part and gives every pair that can touch its product of frictions', () => {
    const text = fileOf(sceneOf(CUBE, [0, 0, 0.02], { friction: 0.5 }));
    expect(XMLValidator.validate(text)).toBe(true);
    expect(text).toContain(`geom1="table" geom2="${mjcfObject(0)}_0" friction="0.3 0.3 `);
    expect(text).toContain(`geom1="left_pad" geom2="${mjcfObject(0)}_0" friction="0.5 0.5 `);
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('multiplies frictions between two objects', () => {
    const one = sceneOf(CUBE, [0, 0, 0.02], { friction: 0.5 });
    const two = sceneOf(CUBE, [0.1, 0, 0.02], { friction: 0.8 });
    const text = fileOf({ ...one, objects: [...one.objects, ...two.objects] });
    expect(text).toContain('geom1="object0_0" geom2="object1_0" friction="0.4 0.4 ');
  });

  for (const family of FAMILIES) {
    it(`${family}: MuJoCo compiles it, with Rapier's mass, centre and inertia within 1 %`, () => {
      const scene = sceneOfFamily(family);
      const model = mujoco.MjModel.from_xml_string(fileOf(scene));
      const { world, bodies } = buildWorld(scene, PHYSICS_DEFAULTS);
      try {
        stepWorld(world);
        const id = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY.value, mjcfObject(0));
        const row = (field: Float64Array, width: number): number[] => [...field.subarray(width * id, width * (id + 1))];
        const [body] = bodies;
        const own = massPropertiesOf(body);
        expect(row(model.body_mass, 1)[0] / own.mass).toBeCloseTo(1, 2);

        const centre = row(model.body_ipos, 3) as unknown as Vec3;
        expect(norm(subtract(centre, own.centre))).toBeLessThan(0.0003);

        const [w, x, y, z] = row(model.body_iquat, 4);
        const theirs = tensor(row(model.body_inertia, 3), [x, y, z, w]);
        const ours = tensor([...own.inertia], own.frame);
        // Rapier loses the products of inertia of very small things: single precision, absolute tolerance
        const tolerance = Math.max(0.01 * Math.max(...ours), 2e-7);
        for (let k = 0; k < 9; k++) expect(Math.abs(theirs[k] - ours[k])).toBeLessThan(tolerance);
      } finally {
        freeWorld(world);
        model.delete();
      }
    });
  }

  it('rests where graft left the object: a tenth of a second moves it less than half a millimetre', () => {
    const scene = sceneOfFamily('l-shape');
    const model = mujoco.MjModel.from_xml_string(fileOf(scene));
    const data = new mujoco.MjData(model);
    mujoco.mj_resetDataKeyframe(model, data, 0);
    for (let i = 0; i < 50; i++) mujoco.mj_step(model, data);
    const [x, y, z, qw, qx, qy, qz] = (data.qpos as Float64Array).slice(5, 12);
    const { pose } = scene.objects[0];
    expect(norm(subtract([x, y, z], pose.position))).toBeLessThan(0.0005);
    expect(Math.abs(multiply(conjugate(pose.quaternion), [qx, qy, qz, qw])[3])).toBeGreaterThan(0.9999);
    data.delete();
    model.delete();
  });
});
