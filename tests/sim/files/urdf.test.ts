import { describe, expect, it } from 'vitest';
import { parseUrdf } from '../../../sim/files/urdf.ts';
import { transform, type Vec3 } from '../../../sim/math/pose.ts';
import { writeUrdf } from '../../support/objects/mesh-writers.ts';
import { refusalOf } from '../../support/surfaces.ts';

describe('a URDF', () => {
  const parse = (text: string) => parseUrdf(text, 'a.urdf');

  it('gives geometry, colour, mass and inertia', () => {
    const text = writeUrdf('thing', {
      visual: 'v.obj',
      collision: '<cylinder radius="0.02" length="0.1"/>',
      mass: 0.3,
      inertia: [1e-4, 2e-4, 2.5e-4],
      rgba: '1 0 0 1',
    });
    const urdf = parse(text);
    expect(urdf.name).toBe('thing');
    expect(urdf.visual).toMatchObject([
      { shape: { kind: 'mesh', file: 'v.obj', scale: [1, 1, 1] }, colour: [1, 0, 0] },
    ]);
    expect(urdf.collision[0].shape).toEqual({ kind: 'cylinder', radius: 0.02, halfHeight: 0.05 });
    expect(urdf.moments).toEqual({ mass: 0.3, centre: [0, 0, 0], inertia: [1e-4, 2e-4, 2.5e-4, 0, 0, 0] });
  });

  it('with more links or text than any object is refused at once', async () => {
    const chain = (n: number): string =>
      `<robot name="r">${Array.from({ length: n }, (_, i) => `<link name="l${i}"/>`).join('')}</robot>`;
    expect(await refusalOf(async () => parse(chain(1001)))).toBe('a.urdf: expected at most 1000 links, got 1001');
    expect(await refusalOf(async () => parse(' '.repeat(2_000_001)))).toMatch(/expected at most 2000000 characters/);
  });

  /** Two boxes of 1 kg, the second turned a quarter about Z and 1 m along X. */
  const LINKED = `<robot name="two"><link name="a"><inertial><mass value="1"/><inertia ixx="1" iyy="2" izz="2.5"/></inertial>
    <collision><geometry><box size="0.2 0.4 0.6"/></geometry></collision></link>
    <link name="b"><inertial><mass value="1"/><inertia ixx="1" iyy="2" izz="2.5"/></inertial>
    <collision><origin xyz="0.5 0 0"/><geometry><box size="1 2 3"/></geometry></collision></link>
    <joint name="j" type="fixed"><parent link="a"/><child link="b"/><origin xyz="1 0 0" rpy="0 0 1.5707963267948966"/></joint></robot>`;

  it('of several links joined firmly is one body', () => {
    const { collision, moments } = parse(LINKED);
    const { position } = collision[1].pose;
    [1, 0.5, 0].forEach((p, k) => {
      expect(position[k]).toBeCloseTo(p, 9);
    });
    expect(moments!.mass).toBe(2);
    expect(moments!.centre[0]).toBeCloseTo(0.5, 9);
    [3, 3.5, 5.5, 0, 0, 0].forEach((i, k) => {
      expect(moments!.inertia[k]).toBeCloseTo(i, 9);
    });
  });

  it('turns by roll, pitch and yaw about the axes of the parent, in this order', () => {
    const at = (rpy: string) =>
      parse(shape('<box size="1 1 1"/>').replace('<visual>', `<visual><origin rpy="${rpy}" xyz="1 2 3"/>`)).visual[0]
        .pose;
    const [roll, pitch, yaw] = [0.3, -0.7, 1.9];
    const about = (axis: 0 | 1 | 2, a: number, v: readonly number[]): number[] => {
      const [i, j] = [(axis + 1) % 3, (axis + 2) % 3];
      const out = [...v];
      out[i] = Math.cos(a) * v[i] - Math.sin(a) * v[j];
      out[j] = Math.sin(a) * v[i] + Math.cos(a) * v[j];
      return out;
    };
    const point: Vec3 = [0.2, -0.5, 0.9];
    const wanted = about(2, yaw, about(1, pitch, about(0, roll, point)));
    transform(at(`${roll} ${pitch} ${yaw}`), point).forEach((v, k) => {
      expect(v).toBeCloseTo(wanted[k] + k + 1, 12);
    });
  });

  it('takes the colour from where the material is named, linear, and leaves a bad one out', () => {
    const material = (inner: string) => `<material name="m">${inner}</material>`;
    const coloured = (inner: string) =>
      parse(shape('<box size="1 1 1"/>').replace('</geometry>', `</geometry>${material(inner)}`)).visual[0].colour;
    expect(coloured('<color rgba="1 0.5 0 1"/>')).toEqual([1, expect.closeTo(0.5 ** 2.2, 12), 0]);
    expect(coloured('<color rgba="2 -1 0 1"/>')).toEqual([1, 0, 0]);
    for (const bad of ['', '<color rgba="1 0"/>', '<color rgba="a b c"/>']) expect(coloured(bad)).toBeUndefined();
    const named = shape('<box size="1 1 1"/>').replace('</geometry>', `</geometry><material name="m"/>`);
    const robot = named.replace('<robot name="r">', `<robot name="r">${material('<color rgba="0 0 1 1"/>')}`);
    expect(parse(robot).visual[0].colour).toEqual([0, 0, 1]);
  });

  const link = (inner: string): string => `<robot name="r"><link name="l">${inner}</link></robot>`;
  const shape = (s: string): string => link(`<visual><geometry>${s}</geometry></visual>`);
  it.each([
    ['', /^a.urdf:1: expected XML, got: /],
    ['<robot', /^a.urdf:1: expected XML, got: /],
    ['<robot><link></robot>', /^a.urdf:1: expected XML, got: /],
    ['<sdf/>', 'a.urdf: expected a <robot>, got none'],
    ['<robot/>', 'a.urdf: expected at least one <link>, got none'],
    [
      '<!DOCTYPE r [<!ENTITY a "aa">]><robot/>',
      'a.urdf: expected URDF without DOCTYPE and entities, got one with them',
    ],
    [
      '<! doctype r SYSTEM "file:///etc/passwd"><robot/>',
      'a.urdf: expected URDF without DOCTYPE and entities, got one with them',
    ],
    [`${'<a>'.repeat(5000)}${'</a>'.repeat(5000)}`, /^a.urdf: expected XML, got: /],
    [
      LINKED.replace('"fixed"', '"revolute"'),
      "a.urdf: joint 'j': expected type 'fixed' (an object is one rigid body), got 'revolute'",
    ],
    [LINKED.replace('child link="b"', 'child link="c"'), "a.urdf: joint 'j': expected a link of this file, got 'c'"],
    [LINKED.replace('child link="b"', 'child link="a"'), "a.urdf: expected a tree of links, got a loop at 'a'"],
    [LINKED.replace('name="b"', 'name="a"'), "a.urdf: expected links of different names, got 'a' twice"],
    [LINKED.replace(/<joint.*joint>/, ''), 'a.urdf: expected one link without a parent, got 2 (a, b)'],
    [shape('<capsule/>'), "a.urdf: link 'l' visual: expected a mesh, box, sphere or cylinder, got capsule"],
    [shape(''), "a.urdf: link 'l' visual: expected a mesh, box, sphere or cylinder, got nothing"],
    [shape('<mesh/>'), "a.urdf: link 'l' visual mesh: expected a filename, got none"],
    [shape('<mesh filename="a" scale="1 0 1"/>'), /expected factors other than 0, got 1 0 1/],
    [shape('<box size="1 2"/>'), "a.urdf: link 'l' visual box size: expected 3 finite numbers, got '1 2'"],
    [shape('<box size="1 2 -3"/>'), /expected numbers above 0, got 1 2 -3/],
    [shape('<sphere radius="big"/>'), "a.urdf: link 'l' visual sphere radius: expected 1 finite number, got 'big'"],
    [link('<inertial><mass value="-1"/></inertial>'), /mass: expected a number of at least 0, got -1/],
    [link('<inertial><mass value="NaN"/></inertial>'), /mass: expected 1 finite number, got 'NaN'/],
  ])('that is no sound rigid body is refused: case %#', async (text, message) => {
    const got = await refusalOf(() => parse(text));
    if (typeof message === 'string') expect(got).toBe(message);
    else expect(got).toMatch(message);
    expect(got.length).toBeLessThan(300);
  });
});
