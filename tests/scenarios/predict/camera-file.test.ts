import { describe, expect, it } from 'vitest';
import { parseCamera } from '../../../scenarios/predict/camera-file.ts';

const intrinsics = { widthPx: 640, heightPx: 480, fx: 615.5, fy: 616, cx: 320.5, cy: 241.5 };

describe('a camera file', () => {
  it.each([
    ["graft's own", JSON.stringify(intrinsics)],
    ["graft's own, nested", JSON.stringify({ intrinsics, note: 'x' })],
    [
      'of RealSense',
      '{"width":640,"height":480,"ppx":320,"ppy":241,"fx":615.5,"fy":616,"model":"x","coeffs":[0,0,0,0,0]}',
    ],
    [
      'of ROS',
      'header: {frame_id: cam}\nwidth: 640\nheight: 480\nk: [615.5, 0, 320, 0, 616, 241, 0, 0, 1]\nd: [0.0, 0.0]\n',
    ],
    ['of ROS 1', 'image_width: 640\nimage_height: 480\nK: [615.5, 0, 320, 0, 616, 241, 0, 0, 1]'],
    [
      'of OpenCV',
      '%YAML:1.0\n---\nimage_width: 640\nimage_height: 480\ncamera_matrix: !!opencv-matrix\n   rows: 3\n   cols: 3\n   dt: d\n   data: [ 615.5, 0., 320., 0., 616., 241., 0., 0., 1. ]\n',
    ],
  ])('%s gives the same intrinsics, centres of pixels at +0.5', (_, text) =>
    expect(parseCamera(text, 'cam')).toEqual({ intrinsics, distortion: false }),
  );

  it('says that a lens distorts', () =>
    expect(parseCamera(JSON.stringify({ ...intrinsics, D: [0.1, -0.2, 0, 0, 0] }), 'cam').distortion).toBe(true));

  it('gives the pose of a matrix, nested or flat, or of a quaternion', () => {
    const rows = [
      [0, -1, 0, 0.1],
      [-1, 0, 0, 0.2],
      [0, 0, -1, 0.7],
      [0, 0, 0, 1],
    ];
    const half = Math.SQRT1_2;
    const pose = { position: [0.1, 0.2, 0.7], quaternion: [half, -half, 0, 0] };
    for (const T_world_camera of [rows, rows.flat(), pose]) {
      const got = parseCamera(JSON.stringify({ ...intrinsics, T_world_camera }), 'cam').T_world_camera!;
      expect(got.position).toEqual(pose.position);
      const sign = Math.sign(got.quaternion[0]);
      got.quaternion.forEach((q, i) => {
        expect(sign * q).toBeCloseTo(pose.quaternion[i], 12);
      });
    }
  });

  it.each([
    ['no YAML', '{"a": ', 'expected JSON or YAML, got: '],
    ['a list', '[1, 2]', 'expected an object with a camera'],
    ['nothing', '', "expected an object with a camera's intrinsics, got null"],
    ['no width', '{"fx": 1}', 'expected widthPx or width or image_width, a number, got none'],
    ['no focal length', '{"width": 6, "height": 4, "fx": "long"}', 'expected fx, a number, got "long"'],
    ['half a matrix', '{"width": 6, "height": 4, "K": [1, 2]}', 'expected a camera matrix of 9 numbers, got 2'],
    [
      'a mirror',
      JSON.stringify({ ...intrinsics, T_world_camera: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1] }),
      'T_world_camera: expected a rotation',
    ],
    [
      'a short pose',
      JSON.stringify({ ...intrinsics, T_world_camera: [1, 2, 3] }),
      'a matrix of 4 x 4 numbers, got 3 numbers',
    ],
    [
      'a long quaternion',
      JSON.stringify({ ...intrinsics, T_world_camera: { position: [0, 0, 1], quaternion: [1, 1, 0, 0] } }),
      'of length 1',
    ],
    ['a matrix that holds itself', 'width: 9\nheight: 9\nK: &a [*a]', 'expected a camera matrix of 9 numbers, got 0'],
    [
      'a bomb of aliases',
      `a: &a [1,1]\n${'b: [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n'}`,
      'cam: expected',
    ],
  ])('with %s is refused', (_, text, message) => expect(() => parseCamera(text, 'cam')).toThrow(message));
});
