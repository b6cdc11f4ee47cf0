"""Frames: graft's world lies 0.15, 0.15, 0.05 m into the published one; both have OpenCV cameras and z up."""
import numpy as np

# of graft's origin (the middle of the table top) in the published world, metres
CENTRE = np.array([0.15, 0.15, 0.05])
INTRINSICS = {'widthPx': 640, 'heightPx': 480, 'fx': 540.0, 'fy': 540.0, 'cx': 320.0, 'cy': 240.0}


def camera_pose(extrinsic):
    """T_world_camera in graft's world as {position, quaternion}. extrinsic: [4, 4], T_camera_world of the published world."""
    rotation = extrinsic[:3, :3].T
    position = -rotation @ extrinsic[:3, 3] - CENTRE
    return {'position': position.tolist(), 'quaternion': quaternion_of(rotation).tolist()}


def quaternion_of(matrix):
    """[x, y, z, w] of a rotation matrix [3, 3]."""
    m = np.asarray(matrix, float)
    squares = np.array([1 + m[0, 0] - m[1, 1] - m[2, 2], 1 - m[0, 0] + m[1, 1] - m[2, 2],
                        1 - m[0, 0] - m[1, 1] + m[2, 2], 1 + m[0, 0] + m[1, 1] + m[2, 2]])
    k = int(np.argmax(squares))
    rows = [[squares[0], m[0, 1] + m[1, 0], m[0, 2] + m[2, 0], m[2, 1] - m[1, 2]],
            [m[0, 1] + m[1, 0], squares[1], m[1, 2] + m[2, 1], m[0, 2] - m[2, 0]],
            [m[0, 2] + m[2, 0], m[1, 2] + m[2, 1], squares[2], m[1, 0] - m[0, 1]],
            [m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], squares[3]]]
    q = np.array(rows[k])
    return q / np.linalg.norm(q)


def matrix_of(quaternion):
    """[3, 3] of [x, y, z, w]."""
    x, y, z, w = quaternion
    return np.array([[1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                     [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                     [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]])


def table_depth(camera):
    """[480, 640] metres along the optical axis to the table's plane, z = 0 in graft's world; infinite where it is not seen."""
    k = INTRINSICS
    u = (np.arange(k['widthPx']) + 0.5 - k['cx']) / k['fx']
    v = (np.arange(k['heightPx']) + 0.5 - k['cy']) / k['fy']
    up = matrix_of(camera['quaternion'])[2]
    fall = -(up[0] * u[None, :] + up[1] * v[:, None] + up[2])
    with np.errstate(divide='ignore'):
        return np.where(fall > 1e-6, camera['position'][2] / fall, np.inf)


def rescaled(depth, camera, reach=0.15):
    """The picture times the one factor that brings the table to its known place: noise and calibration scale whole pictures.

    The factor is the commonest ratio, within `reach` of 1; the picture as it is where no table is seen.
    """
    with np.errstate(divide='ignore', invalid='ignore'):
        ratio = table_depth(camera) / depth
    ratio = ratio[np.isfinite(ratio) & (np.abs(ratio - 1) < reach)]
    if ratio.size < 1000:
        return depth
    counts, edges = np.histogram(ratio, bins=np.arange(1 - reach, 1 + reach, 0.005))
    peak = edges[np.argmax(counts)] + 0.0025
    for width in (0.015, 0.01):
        peak = np.median(ratio[np.abs(ratio - peak) < width])
    return depth * peak
