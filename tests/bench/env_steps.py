"""Environment steps a second through Python: `python tests/bench/env_steps.py [environments] [workers]`.

One object on a table, random cells above it, after a warm-up; with the heightmap alone, and with every picture. Needs numpy
and gymnasium. Compare with the trials a second of `npx graft bench speed` in the same minutes.
"""
import os
import sys
import time

import numpy as np

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "clients", "python"))
from graft_env import GraftVectorEnv  # noqa: E402

os.environ.setdefault("GRAFT", f"node {os.path.join(ROOT, 'graft.js')}")
ENVIRONMENTS, WORKERS = (int(n) for n in (*sys.argv[1:3], *("8", "2")[len(sys.argv) - 1 :]))
WARM_UP, STEPS, ABOVE_TABLE = 10, 30, 0.012

for observe in (["heightmap"], ["colour", "depth", "heightmap"]):
    env = GraftVectorEnv("tabletop", ENVIRONMENTS, workers=WORKERS, observe=observe)
    seen, _ = env.reset(seed=0)
    rng = np.random.default_rng(0)

    def step(seen):
        cells = [np.flatnonzero(height.ravel() > ABOVE_TABLE) for height in seen["heightmap"]]
        grasps = [[int(rng.choice(c)), int(rng.integers(12)), 0] if len(c) else None for c in cells]
        return env.step(grasps)[0]

    for _ in range(WARM_UP):
        seen = step(seen)
    started = time.monotonic()
    for _ in range(STEPS):
        seen = step(seen)
    rate = ENVIRONMENTS * STEPS / (time.monotonic() - started)
    print(f"{', '.join(observe)}: {rate:.1f} steps a second, {ENVIRONMENTS} environments, {WORKERS} workers")
    env.close()
