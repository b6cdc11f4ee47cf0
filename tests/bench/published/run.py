"""The published clutter removal (VGN, GIGA, Edge-Grasp), played by graft's policies: see README.md."""
import argparse
import json
import multiprocessing
import os
import sys
import time
from pathlib import Path

import page
import records
import rounds

HERE = Path(__file__).resolve().parent
POLICIES = ['pretrained', 'depth-pca', 'antipodal']


def arguments(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--published', default=os.environ.get('GRAFT_PUBLISHED'), help='folder with vgnsim.py (GRAFT_PUBLISHED)')
    parser.add_argument('--graft', default=HERE.parents[2] / 'graft.js', type=Path)
    parser.add_argument('--out', default='runs/published', type=Path, help='raw files, and the summary')
    parser.add_argument('--policies', nargs='+', default=POLICIES, help='as `graft serve` takes them')
    parser.add_argument('--cells', nargs='+', default=list(rounds.CELLS), choices=list(rounds.CELLS))
    parser.add_argument('--seeds', type=int, default=5)
    parser.add_argument('--first-seed', type=int, default=0)
    parser.add_argument('--rounds', type=int, default=100, help='for each cell, policy and seed')
    parser.add_argument('--split', default='train', choices=['train', 'test'])
    parser.add_argument('--block', type=int, default=25, help='rounds before the next cell or policy has its turn')
    parser.add_argument('--jobs', type=int, default=1, help='processes')
    parser.add_argument('--options', type=json.loads, default={}, help='further keys of the question, JSON')
    parser.add_argument('--report', action='store_true', help='only sum up what there is')
    parser.add_argument('--pack', type=Path, help='also write raw.jsonl.gz and result.json into this folder, and a page beside it; without raw files, go on from those packed there')
    return parser.parse_args(argv)


def seeds_of(args):
    return range(args.first_seed, args.first_seed + args.seeds)


def work(task):
    args, cell, policy, url, seed, number = task
    record = rounds.play(args['published'], cell, policy, url, seed, number, args['options'], args['split'])
    records.append(records.path_of(args['out'], cell, policy, seed), record)
    return record


def play_all(args):
    from asking import Server
    args.out.mkdir(parents=True, exist_ok=True)
    for path in args.out.glob('*.jsonl'):
        records.mend(path)
    done = {}

    def done_of(*key):
        if key not in done:
            found = records.read(records.path_of(args.out, *key))
            done[key] = {number for number, record in found.items() if records.current(record)}
        return done[key]

    left = list(records.blocks(args.cells, args.policies, seeds_of(args), args.rounds, args.block, done_of))
    total = sum(len(numbers) for *_, numbers in left)
    print(f'{total} rounds to play', flush=True)
    if total == 0:
        return
    servers = {policy: Server(args.graft, policy, args.jobs) for policy in dict.fromkeys(block[1] for block in left)}
    told = {'published': str(args.published), 'out': str(args.out), 'options': args.options, 'split': args.split}
    started, played = time.monotonic(), 0
    try:
        with multiprocessing.get_context('spawn').Pool(args.jobs) as pool:
            for cell, policy, seed, numbers in left:
                tasks = [(told, cell, policy, servers[policy].url, seed, number) for number in numbers]
                for _ in pool.imap_unordered(work, tasks):
                    played += 1
                pace = (time.monotonic() - started) / played
                print(f'{played}/{total} {cell} {policy} seed {seed} to round {numbers[-1] + 1}: {pace:.2f} s a round, '
                      f'{pace * (total - played) / 60:.0f} min left', flush=True)
                report(args)
    finally:
        for server in servers.values():
            server.stop()


def report(args):
    """Sums up the raw files: result.json beside them; with --pack also raw.jsonl.gz and the page. Returns the table."""
    rows = records.summary(args.out, args.cells, args.policies, seeds_of(args), args.rounds)
    result = {'split': args.split, 'hand': rounds.HAND, 'workspace': rounds.WORKSPACE, 'options': args.options, 'results': rows}
    for folder in [args.out, *([args.pack] if args.pack else [])]:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / 'result.json').write_text(json.dumps(result, indent=1) + '\n', encoding='utf-8')
    if args.pack:
        records.pack(args.out, args.pack / 'raw.jsonl.gz')
        text = page.page(rows, args.cells, args.policies, args.split, page.correlations_in(args.pack))
        args.pack.with_suffix('.md').write_text(text, encoding='utf-8')
    return records.table(rows, args.cells, args.policies)


def main():
    args = arguments()
    args.out = args.out.resolve()
    args.pack = args.pack and args.pack.resolve()
    if args.pack:
        records.unpack(args.pack / 'raw.jsonl.gz', args.out)
    if not args.report:
        if not args.published or not (Path(args.published) / 'vgnsim.py').exists():
            sys.exit(f'--published: expected a folder with vgnsim.py, got {args.published}')
        args.published = str(Path(args.published).resolve())
        play_all(args)
    print(report(args))


if __name__ == '__main__':
    main()
