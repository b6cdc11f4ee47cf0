import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readHand } from '../../../scenarios/inspect/hand.ts';
import { scenarioSchema } from '../../../scenarios/schema/schema.ts';
import { boxMesh } from '../../../sim/objects/mesh.ts';
import { writeObj } from '../../support/objects/mesh-writers.ts';
import { temporaryFolder } from '../../support/process/cli.ts';

const folder = temporaryFolder();
mkdirSync(join(folder, 'meshes'));
writeFileSync(join(folder, 'meshes', 'finger.obj'), writeObj([boxMesh([10, 6, 25])]));

const finger = (name: string, side: number, file = 'package://my_hand/meshes/finger.obj'): string => `
  <joint name="${name}" type="prismatic"><parent link="palm"/><child link="${name}_finger"/><axis xyz="0 ${side} 0"/>
    <limit lower="0" upper="0.045" effort="40" velocity="0.15"/></joint>
  <link name="${name}_finger"><visual><origin xyz="0 ${side * 0.006} 0.025"/>
    <geometry><mesh filename="${file}" scale="0.001 0.001 0.001"/></geometry></visual></link>`;

const hand = (...fingers: readonly string[]): string => `<robot name="mine">
  <link name="palm"><collision><origin xyz="0 0 -0.03"/><geometry><cylinder radius="0.04" length="0.06"/></geometry></collision></link>
  ${fingers.join('')}</robot>`;

function saved(text: string): string {
  const path = join(folder, 'hand.urdf');
  writeFileSync(path, text);
  return path;
}

describe('the URDF of a gripper', () => {
  it('becomes the gripper of a scenario, its meshes measured', async () => {
    const { name, gripper } = await readHand(saved(hand(finger('left', 1), finger('right', -1))));
    expect(name).toBe('mine');
    expect(gripper).toEqual({
      ...{ stroke: 0.09, fingerLength: 0.05, fingerWidth: 0.02, fingerThickness: 0.012 },
      ...{ palmWidth: 0.08, palmDepth: 0.08, palmHeight: 0.06, force: 40, closingSpeed: 0.15 },
    });
    expect(scenarioSchema.parse({ gripper }).gripper).toMatchObject(gripper);
  });

  it('is refused in a sentence', async () => {
    await expect(readHand(join(folder, 'nowhere.urdf'))).rejects.toThrow(/expected a URDF, got no such file/);
    const outside = saved(hand(finger('left', 1, '../../finger.obj'), finger('right', -1)));
    await expect(readHand(outside)).rejects.toThrow(/hand hand.urdf: mesh: expected a path inside the folder/);
    const missing = saved(hand(finger('left', 1, 'meshes/thumb.obj'), finger('right', -1)));
    await expect(readHand(missing)).rejects.toThrow(/expected the file 'meshes\/thumb.obj', got none/);
  });

  const published = process.env.GRAFT_PUBLISHED ?? '';
  it.skipIf(!existsSync(published))('of a real hand has about its data sheet (needs GRAFT_PUBLISHED)', async () => {
    const { gripper } = await readHand(join(published, 'data_robot/urdfs/panda/hand.urdf'));
    // 80 mm between the pads, 204 x 63 mm of housing
    expect(gripper.stroke).toBeCloseTo(0.08, 2);
    expect(gripper.palmWidth).toBeCloseTo(0.204, 2);
    expect(gripper.palmDepth).toBeCloseTo(0.063, 2);
    expect(gripper.fingerLength).toBeCloseTo(0.046, 2);
  });
});
