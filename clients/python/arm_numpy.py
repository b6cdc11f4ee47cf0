"""An arm of one's own, with numpy alone: logistic regression on height profiles along the closing axis.

    graft bench transfer --arms scratch 'mine=external:python3 clients/python/arm_numpy.py'
    graft evaluate 'external:python3 clients/python/arm_numpy.py'

graft asks on standard input, one JSON object a line; each answer has the id of its question.
"""

import base64
import json
import sys

import numpy as np

CANDIDATES = 400  # cells and angles looked at for a grasp
WARMUP = 32  # trials before the weights choose
EPSILON = 0.1  # share of random grasps afterwards, in training
OFFSETS = np.linspace(-0.056, 0.056, 15)  # along the closing axis, metres


def array(encoded):
    dtype = {"float32": "<f4", "uint8": "u1"}[encoded["dtype"]]
    return np.frombuffer(base64.b64decode(encoded["data"]), dtype).reshape(encoded["shape"])


class Arm:
    def __init__(self, hello):
        spaces = hello["spaces"]
        self.cell, self.action = spaces["heightmap"]["cell"], spaces["action"]
        self.depth = self.action["shapes"][0]["depth"]
        self.x, self.y, self.weights, self.latest = [], [], None, None

    def features(self, heights, cells, yaws):
        """[candidates, features]: what the fingers meet, as seen from each candidate."""
        size = len(heights)
        padded = np.pad(heights, 1)
        rows, cols = cells // size, cells % size
        near = [padded[rows + i, cols + j] for i in range(3) for j in range(3)]
        level = np.maximum(np.max(near, axis=0) - self.depth, self.action["objectHeight"]) + 0.004
        steps = OFFSETS[None, :] / self.cell
        r = np.clip(np.rint(rows[:, None] + np.sin(yaws)[:, None] * steps), 0, size - 1).astype(int)
        c = np.clip(np.rint(cols[:, None] + np.cos(yaws)[:, None] * steps), 0, size - 1).astype(int)
        inside = heights[r, c] > level[:, None]  # [candidates, offsets]
        middle = len(OFFSETS) // 2
        reach = lambda side: np.cumprod(side, axis=1).sum(axis=1)
        left, right = reach(inside[:, middle::-1]), reach(inside[:, middle:])
        centre = np.stack([rows, cols], 1)
        seen = np.argwhere(heights > self.action["objectHeight"]).mean(axis=0)
        off = np.linalg.norm(centre - seen, axis=1) * self.cell / 0.03
        parts = [np.ones(len(cells)), left + right, (left + right) ** 2 / 10, np.abs(left - right), off, level * 20]
        return np.column_stack([*parts, inside])

    def propose(self, question):
        seen, rng = question["observation"], np.random.default_rng(question["draw"])
        cells = np.flatnonzero(array(seen["objects"]))
        if len(cells) == 0:
            return None
        chosen, angles = rng.choice(cells, CANDIDATES), rng.integers(self.action["angles"], size=CANDIDATES)
        x = self.features(array(seen["heightmap"]), chosen, np.array(self.action["yaws"])[angles])
        best = 0
        if self.weights is not None and (question["evaluation"] or rng.random() > EPSILON):
            noise = 0 if question["evaluation"] else 0.5 * rng.gumbel(size=CANDIDATES)
            best = int(np.argmax(x @ self.weights + noise))
        self.latest = x[best]
        action = {"cell": int(chosen[best]), "angle": int(angles[best]), "shape": 0}
        if self.weights is None:
            return {"action": action}
        return {"action": action, "probability": float(1 / (1 + np.exp(-np.clip(x[best] @ self.weights, -30, 30))))}

    def learn(self, told):
        self.x.append(self.latest)
        self.y.append(float(told["held"]))
        if len(self.y) < WARMUP or len(self.y) % 4:
            return
        x, y = np.array(self.x), np.array(self.y)
        weights = np.zeros(x.shape[1])
        for _ in range(6):  # Newton's method, ridge penalty
            p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
            hessian = (x * (p * (1 - p))[:, None]).T @ x + np.eye(len(weights))
            weights += np.linalg.solve(hessian, x.T @ (y - p) - weights)
        self.weights = weights


arm = None
for line in sys.stdin:
    question = json.loads(line)
    answer = {"id": question["id"], "type": question["type"]}
    if question["type"] == "hello":
        arm = Arm(question)
        answer |= {"version": 1, "observe": ["heightmap", "objects"]}
    elif question["type"] == "propose":
        answer["grasp"] = arm.propose(question)
    elif question["type"] == "outcome":
        arm.learn(question)
    print(json.dumps(answer), flush=True)
