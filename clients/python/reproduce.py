"""Reproduces `graft evaluate random` and `graft evaluate antipodal`, trial for trial, through the environment.

    python reproduce.py [scenario] [trials] [seed]
"""

import json
import subprocess
import sys
import tempfile

import numpy as np
from graft_env import Graft, Stream, array, command_of

given = dict(enumerate(sys.argv))
scenario, trials, seed = given.get(1, "quick"), given.get(2, "24"), int(given.get(3, 0))
place = {"seed": seed, "split": "evaluation"}


def random_grasp(graft, seen):
    """A random cell that shows an object, angle and shape, from the stream that graft draws them from."""
    cells, action = np.flatnonzero(array(seen["objects"])), graft.hello["spaces"]["action"]
    draw = Stream(seed, "choose/evaluation", seen["scene"]).int
    pick = [int(cells[draw(len(cells))]), draw(action["angles"]), draw(len(action["shapes"]))]
    return {"action": dict(zip(("cell", "angle", "shape"), pick))}


def differing(graft, policy, logged):
    """How many trials end otherwise than in a log: in outcome, gap, rise or any bit of the final state."""
    for trial in logged:
        seen = graft.ask("reset", **place, scene=trial["scene"])["observation"]
        grasp = random_grasp(graft, seen) if policy == "random" else graft.ask("propose", policy=policy)["grasp"]
        record = graft.ask("step", grasp=grasp)["record"]
        yield {**record, "action": None} != trial


different = 0
for policy in ("random", "antipodal"):
    with tempfile.TemporaryDirectory() as folder:
        options = ["--scenario", scenario, "--trials", trials, "--seed", str(seed), "--log", f"{folder}/log"]
        subprocess.run([*command_of(), "evaluate", policy, *options], check=True)
        with open(f"{folder}/log") as lines:
            logged = [json.loads(line) for line in lines]
    with Graft(scenario, args=["--protocol", "single"], observe=["objects"]) as graft:
        count = sum(differing(graft, policy, logged))
    print(f"{policy}: {len(logged)} trials, {count} differ", flush=True)
    different += count
sys.exit(different > 0)
