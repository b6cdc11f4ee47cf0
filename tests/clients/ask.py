"""Asks a server through the client. argv: URL, folder of `graft frame`, question as JSON. Prints the answer's JSON."""
import json
import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "clients", "python"))
from graft_client import GraspClient, GraspError, pose_matrix, pose_of  # noqa: E402

url, folder, question = sys.argv[1:4]
depth = np.load(os.path.join(folder, "depth.npy"))
with open(os.path.join(folder, "camera.json")) as file:
    camera = json.load(file)
token = os.environ.get("GRAFT_TOKEN")
with GraspClient(url, token=token) as client:
    with open(os.path.join(folder, "colour.png"), "rb") as file:
        colour = file.read()
    answer = client.grasps(depth, camera=camera, colour=colour, **json.loads(question))
    best = answer.grasps[0]
    # poses go there and back
    assert np.allclose(pose_matrix(**pose_of(best.matrix)), best.matrix, atol=1e-12)
    assert np.allclose(best.matrix[:3, :3] @ best.matrix[:3, :3].T, np.eye(3), atol=1e-6)
    height = answer.maps[0].height
    assert height.shape == (len(height), len(height)) and answer.maps[0].affordance.max() <= 1
    assert answer.overlay[:4] == b"\x89PNG"
    try:
        client.grasps(depth[:10], camera=camera)
    except GraspError as error:
        refusal = [error.status, str(error)]
    print(json.dumps({**answer.raw, "overlay": None, "maps": None, "refusal": refusal, "health": client.health()}))
