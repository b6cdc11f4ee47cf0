"""Single objects here and there: how well success in graft's simulator predicts success in the published one.

The same objects, one at a time near the middle of the table, seen from GIGA's view with 0.8 mm of noise; the grasps of
`pretrained`; physics `giga` there. Writes there.jsonl, here.jsonl and correlation-<scene>.json; a second start goes on.
"""
import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

import records
import rounds
from asking import Server

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]


def place(sim, vgnsim, name, scene, rng):
    """One object near the middle: upright, or dropped in a random orientation. False if it left."""
    world = sim.world
    world.reset()
    world.set_gravity([0.0, 0.0, -9.81])
    sim.place_table(vgnsim.TABLE)
    urdf = sim.urdf_root / sim.object_set / f'{name}.urdf'
    xy = vgnsim.CENTRE[:2] + rng.uniform(-0.005, 0.005, 2)
    if scene == 'packed':
        rotation = vgnsim.Rotation.from_rotvec(rng.uniform(0, 2 * np.pi) * np.r_[0.0, 0.0, 1.0])
    else:
        rotation = vgnsim.Rotation.random(random_state=rng)
    scale = rng.uniform(0.7, 0.9) if scene == 'packed' else rng.uniform(0.8, 1.0)
    body = world.load_urdf(urdf, vgnsim.Transform(rotation, np.r_[xy, 1.0]), scale=scale)
    low, high = world.p.getAABB(body.uid)
    gap = 0.002 if scene == 'packed' else 0.01
    # the frame may lie anywhere in the object: its lowest point goes just over the table
    body.set_pose(vgnsim.Transform(rotation, np.r_[xy, vgnsim.TABLE + 1.0 - low[2] + gap]))
    sim.wait_for_objects_to_rest(timeout=3.0)
    sim.remove_and_wait()
    return sim.num_objects == 1


def play_there(published, scene, url, name, trial, number):
    vgnsim = rounds.load(published)
    sim = rounds.simulator(published, scene, 'giga')
    for attempt in range(20):
        if place(sim, vgnsim, name, scene, rounds.rng_of(3, number, trial, attempt)):
            break
    else:
        return {'name': name, 'trial': trial, 'held': False, 'reason': 'never rests', 'probability': None}
    _, depth, extrinsic = sim.look('fixed', 'gauss', rounds.rng_of(4, number, trial))
    grasp = rounds.best_grasp(url, depth, extrinsic, 'gauss', {})
    if grasp is None:
        return {'name': name, 'trial': trial, 'held': False, 'reason': 'unseen', 'probability': None}
    label, report = rounds.execute(sim, vgnsim, grasp)
    return {'name': name, 'trial': trial, 'held': int(label) == 1, 'reason': report['reason'],
            'probability': grasp['probability']}


def lines_of(path):
    if not path.exists():
        return []
    records.mend(path)
    return [json.loads(line) for line in path.read_text(encoding='utf-8').splitlines() if line.startswith('{') and line.endswith('}')]


def compare(out, scene):
    """The rank correlation over objects that were tried in both."""
    tried = [{}, {}]
    for found, file in zip(tried, ('there.jsonl', 'here.jsonl')):
        for line in lines_of(out / file):
            if line['reason'] != 'never rests':
                found.setdefault(line['name'], []).append(line['held'])
    names = sorted(set(tried[0]) & set(tried[1]))
    pairs = [tuple(float(np.mean(found[name])) for found in tried) for name in names]
    result = {'scene': scene, **records.rank_correlation(pairs),
              'there': float(np.mean([a for a, _ in pairs])), 'here': float(np.mean([b for _, b in pairs])),
              'certain': [sum(pair[k] == 1 for pair in pairs) for k in (0, 1)],
              'trials': [sum(len(found[name]) for name in names) for found in tried],
              'success': {name: pair for name, pair in zip(names, pairs)}}
    (out / f'correlation-{scene}.json').write_text(json.dumps(result, indent=1) + '\n', encoding='utf-8')
    return result


def said(result):
    numbers = [result[key] for key in ('rho', 'low', 'high')]
    rho, low, high = ('-' if number is None else f'{number:.2f}' for number in numbers)
    return (f"{result['objects']} objects: held {100 * result['here']:.1f} % here, {100 * result['there']:.1f} % there; "
            f'Spearman {rho} [{low}, {high}]')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--published', default=os.environ.get('GRAFT_PUBLISHED'))
    parser.add_argument('--graft', default=ROOT / 'graft.js', type=Path)
    parser.add_argument('--scene', default='pile', choices=['packed', 'pile'])
    parser.add_argument('--objects', type=int, default=60)
    parser.add_argument('--trials', type=int, default=10, help='of each object')
    parser.add_argument('--out', default='runs/published-objects', type=Path)
    args = parser.parse_args()
    if not args.published or not (Path(args.published) / 'vgnsim.py').exists():
        sys.exit(f'--published: expected a folder with vgnsim.py, got {args.published}')
    published, out = str(Path(args.published).resolve()), args.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    folder = Path(published) / 'data_robot' / 'urdfs' / args.scene / 'train'
    every = sorted(path.stem for path in folder.glob('*.urdf'))
    names = sorted(np.random.RandomState(0).choice(every, min(args.objects, len(every)), replace=False))

    done = {line['name'] for line in lines_of(out / 'here.jsonl')}
    left = [name for name in names if name not in done]
    if left:
        tsx = ROOT / 'node_modules' / '.bin' / 'tsx'
        command = [str(tsx), str(HERE / 'here.ts'), str(folder), ','.join(left), str(args.trials)]
        with open(out / 'here.jsonl', 'a', encoding='utf-8') as file:
            subprocess.run(command, stdout=file, check=True)
    done = {(line['name'], line['trial']) for line in lines_of(out / 'there.jsonl')}
    server = Server(args.graft, 'pretrained')
    try:
        for number, name in enumerate(names):
            for trial in range(args.trials):
                if (name, trial) not in done:
                    records.append(out / 'there.jsonl', play_there(published, args.scene, server.url, name, trial, number))
    finally:
        server.stop()
    result = compare(out, args.scene)
    print(said(result))


if __name__ == '__main__':
    main()
