"""Rounds: clutter removal in the published simulator, one policy's grasps."""
import os
import sys
import time

import numpy as np

from asking import ask
from frames import INTRINSICS, camera_pose, rescaled
from records import RULES

# scenes, view, noise and physics by name: GIGA's protocol, and Edge-Grasp's
CELLS = {
    'packed-fixed': ('packed', 'fixed', 'gamma', 'giga'),
    'pile-fixed': ('pile', 'fixed', 'gamma', 'giga'),
    'packed-random': ('packed', 'random', 'gauss', 'edge'),
    'pile-random': ('pile', 'random', 'gauss', 'edge'),
}
OBJECTS = 5
FAILURES_IN_A_ROW = 2
# most grasps of a round: two for each object would already end it
GRASPS_MAX = 30
# the published Panda hand; its palm is 4 mm wider than the preset's, and it pushes with 20 N
HAND = {'preset': 'franka-hand', 'palmWidth': 0.208, 'force': 20}
# one heightmap: 72 cells of 4 mm, and a rim around them
WORKSPACE = {'centre': [0, 0], 'size': [0.288, 0.288], 'table': 0}

sims = {}


def load(published):
    """The published simulator's module. It changes the working directory to its folder."""
    if 'vgnsim' not in sys.modules:
        sys.path.insert(0, published)
        os.environ.pop('PUBLISHED_ROOT', None)
    import vgnsim
    return vgnsim


def simulator(published, scene, physics, split='train'):
    key = (scene, physics, split)
    if key not in sims:
        sims[key] = load(published).Sim(scene, physics, f'{scene}/{split}')
    return sims[key]


def rng_of(*key):
    """A stream of its own for whole numbers: scene or view, seed, round, grasp."""
    return np.random.RandomState(list(key))


def question(camera, options):
    """What is asked beside the depth. options: keys that are added or replaced; null takes one out."""
    asked = {'intrinsics': INTRINSICS, 'T_world_camera': camera, 'workspace': WORKSPACE, 'hand': HAND, **options}
    return {key: value for key, value in asked.items() if value is not None}


def best_grasp(url, depth, extrinsic, noise, options, failed):
    """The first grasp of the answer, or None where the policy sees nothing. failed: grasps since the last that held."""
    camera = camera_pose(extrinsic.as_matrix())
    seen = rescaled(depth, camera) if noise == 'gamma' else depth
    told = [{'position': grasp['position'], 'quaternion': grasp['quaternion']} for grasp in failed]
    grasps = ask(url, question(camera, {'failed': told, **options}), seen)['grasps']
    return grasps[0] if grasps else None


def execute(sim, vgnsim, grasp):
    rotation = vgnsim.Rotation.from_quat(grasp['quaternion'])
    return sim.execute(sim.grasp_frame(grasp['position'], rotation))


def play(published, cell, policy, url, seed, number, options, split='train'):
    """One round. The scene and the views depend on cell, seed and number alone: every policy meets the same ones."""
    scene, view, noise, physics = CELLS[cell]
    vgnsim = load(published)
    sim = simulator(published, scene, physics, split)
    started = time.perf_counter()
    at = list(CELLS).index(cell)
    sim.rng = rng_of(1, at, seed, number)
    sim.reset(OBJECTS)
    objects, grasps, failed, end = sim.num_objects, [], [], 'clear'
    while sim.num_objects > 0:
        if len(failed) == FAILURES_IN_A_ROW or len(grasps) == GRASPS_MAX:
            end = 'failures'
            break
        _, depth, extrinsic = sim.look(view, noise, rng_of(2, at, seed, number, len(grasps)))
        grasp = best_grasp(url, depth, extrinsic, noise, options, failed)
        if grasp is None:
            end = 'nothing seen'
            break
        label, report = execute(sim, vgnsim, grasp)
        held = int(label) == 1
        failed = [] if held else [*failed, grasp]
        probability = grasp['probability']
        grasps.append({'held': held, 'reason': report['reason'], 'lost': report['lost'], 'object': report.get('object'),
                       'probability': None if probability is None else round(probability, 4)})
    return {'rules': RULES, 'cell': cell, 'policy': policy, 'seed': seed, 'round': number, 'objects': objects, 'end': end,
            'grasps': grasps, 'seconds': round(time.perf_counter() - started, 3)}
