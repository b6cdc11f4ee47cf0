import { describe, expect, it } from 'vitest';
import { handDimensions, parseUrdfHand } from '../../../sim/files/urdf-hand.ts';
import type { UrdfShape } from '../../../sim/files/urdf-xml.ts';
import type { Vec3 } from '../../../sim/math/pose.ts';

/** Corners of the boxes that the hands here are made of. */
function corners(shape: UrdfShape): Vec3[] {
  if (shape.kind !== 'box') throw new Error(`expected a box, got ${shape.kind}`);
  const [x, y, z] = shape.half;
  return [-1, 1].flatMap((i) => [-1, 1].flatMap((j) => [-1, 1].map((k): Vec3 => [i * x, j * y, k * z])));
}

const box = (size: string, xyz = '0 0 0'): string =>
  `<collision><origin xyz="${xyz}"/><geometry><box size="${size}"/></geometry></collision>`;

interface Written {
  /** Of the root link against the file's frame. */
  readonly rpy?: string;
  readonly second?: string;
  readonly limit?: string;
  readonly type?: string;
}

/** A hand that closes along Y and grasps along Z: palm 180 x 60 x 70 mm, fingers 12 x 20 x 50 mm in front, 80 mm apart. */
const written = ({
  rpy = '0 0 0',
  second = '',
  limit = 'lower="0" upper="0.04" effort="30" velocity="0.1"',
  type = 'prismatic',
}: Written = {}): string => `
<robot name="two fingers">
  <link name="base"/>
  <joint name="mount" type="fixed"><parent link="base"/><child link="palm"/><origin rpy="${rpy}" xyz="1 2 3"/></joint>
  <link name="palm">${box('0.06 0.18 0.07', '0 0 -0.035')}</link>
  <joint name="one" type="${type}"><parent link="palm"/><child link="left"/><origin xyz="0 0 0"/><axis xyz="0 1 0"/><limit ${limit}/></joint>
  <link name="left">${box('0.02 0.012 0.05', '0 0.006 0.025')}</link>
  <joint name="tip" type="fixed"><parent link="left"/><child link="pad"/></joint>
  <link name="pad">${box('0.01 0.004 0.01', '0 0.004 0.04')}</link>
  <joint name="two" type="prismatic"><parent link="palm"/><child link="right"/><axis xyz="0 -1 0"/><limit ${limit}/>${second}</joint>
  <link name="right">${box('0.02 0.012 0.05', '0 -0.006 0.025')}</link>
</robot>`;

const measure = (text: string) => handDimensions(parseUrdfHand(text, 'a.urdf'), corners, 'a.urdf');

const DIMENSIONS = {
  ...{ stroke: 0.08, fingerLength: 0.05, fingerWidth: 0.02, fingerThickness: 0.012 },
  ...{ palmWidth: 0.18, palmDepth: 0.06, palmHeight: 0.07 },
};

function expectDimensions(text: string, expected: typeof DIMENSIONS): void {
  const got = measure(text);
  for (const [key, value] of Object.entries(expected)) expect(got[key as keyof typeof got], key).toBeCloseTo(value, 6);
}

describe('a hand from a URDF', () => {
  it('has the dimensions of its links with the fingers open, and the limits of its joints', () => {
    expectDimensions(written(), DIMENSIONS);
    expect(parseUrdfHand(written(), 'a.urdf')).toMatchObject({ name: 'two fingers', force: 30, closingSpeed: 0.1 });
  });

  it('may stand anywhere, turned however', () => {
    for (const rpy of ['1.5707963267948966 0 0', '0 0 0.7', '0.3 -1.1 2.5'])
      expectDimensions(written({ rpy }), DIMENSIONS);
  });

  it('may close at either end of its joints, and one finger may follow the other', () => {
    expectDimensions(written({ limit: 'lower="-0.01" upper="0.03"' }), { ...DIMENSIONS, stroke: 0.06 });
    expectDimensions(written({ second: '<mimic joint="one"/>' }), DIMENSIONS);
    expectDimensions(written({ second: '<mimic joint="one" multiplier="0.5" offset="0.005"/>' }), {
      ...DIMENSIONS,
      stroke: 0.065,
    });
  });

  it.each([
    [
      'a swinging finger',
      written({ type: 'revolute' }),
      "joint 'one': expected type 'fixed' or 'prismatic', got 'revolute'",
    ],
    ['one finger', written({ type: 'fixed' }), 'expected two prismatic joints, which slide the fingers, got 1'],
    ['no limits', written({ limit: '' }), "joint 'one': expected a limit with lower and upper apart"],
    [
      'fingers inside the palm',
      written().replace('0.06 0.18 0.07', '0.06 0.18 0.2'),
      'expected fingers that stand out of the palm',
    ],
    [
      'fingers at an angle',
      written().replace('xyz="0 -1 0"', 'xyz="1 0 0"'),
      'expected fingers that slide along one line, got two',
    ],
    [
      'no palm',
      written().replace(/<link name="palm">.*/, '<link name="palm"/>'),
      'expected geometry of the palm, got none',
    ],
    ['an axis of zeros', written().replace('xyz="0 1 0"', 'xyz="0 0 0"'), "joint 'one': expected an axis, got zeros"],
    [
      'a loop',
      written().replace('<parent link="base"/>', '<parent link="pad"/>'),
      'expected a tree of links, got a loop',
    ],
    ['no robot', '<a/>', 'expected a <robot>, got none'],
  ])('with %s is refused', (_, text, message) => {
    expect(() => measure(text)).toThrow(`a.urdf: ${message}`);
  });
});
