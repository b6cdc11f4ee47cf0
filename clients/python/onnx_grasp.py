"""A depth picture to a grasp, by a policy that `graft export onnx` wrote; numpy and onnxruntime.

python onnx_grasp.py pretrained.onnx depth.npy camera.json   # as `graft frame` writes the two
"""
import json
import sys

import numpy as np
import onnxruntime

from onnx_windows import candidates, heightmap, levered, turned_windows, world_points

session = onnxruntime.InferenceSession(sys.argv[1])
about = session.get_modelmeta().custom_metadata_map
action, grid, window, hand = (json.loads(about[k]) for k in ("action", "heightmap", "window", "hand"))
depth, camera = np.load(sys.argv[2]), json.load(open(sys.argv[3]))

points = world_points(depth, camera)  # [height, width, 3] m; the table lies at z = 0
height, seen = heightmap(depth, points, grid)  # [size, size] m above the table; rows along y
row, col = candidates(height, action, grid, window)  # cells that show an object
if len(row) == 0:
    sys.exit("nothing to grasp")
angles = turned_windows(height, seen, row, col, action, grid, window)
logits = [session.run(["logits"], {"windows": one, "points": at})[0] for one, at in angles]
logits = levered(np.concatenate(logits), height, row, col, action, grid, hand)  # [angles, cells, shapes]
angle, cell, shape = (int(i) for i in np.unravel_index(logits.argmax(), logits.shape))
row, col = int(row[cell]), int(col[cell])
yaw = angle * np.pi / action["angles"]
below_top, opening = action["shapes"][shape]
top = height[row - 1 : row + 2, col - 1 : col + 2].max()
x, y = (float((i + 0.5) * grid["cell"] - grid["size"] * grid["cell"] / 2) for i in (col, row))
print(json.dumps({
    "cell": [row, col], "angle": angle, "shape": shape,
    # midpoint of the finger tips in the world, m; [x, y, z, w] with +Z approach and +X closing
    "position": [x, y, float(max(top - below_top, action["tableClearance"]))],
    "quaternion": [np.cos(yaw / 2), np.sin(yaw / 2), 0, 0],
    "opening": opening,  # m
    "probability": float(1 / (1 + np.exp(-logits[angle, cell, shape]))),
}))
