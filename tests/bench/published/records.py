"""Records: one line of JSON a round, in a file for each cell, policy and seed; what was done already; and what comes out."""
import gzip
import json
import os
from pathlib import Path

import numpy as np

RESAMPLES = 10_000
# how graft is asked: since 2 it is told what has just failed, and heuristics answer with more than one grasp
RULES = 2


def path_of(folder, cell, policy, seed):
    return Path(folder) / f'{cell}_{policy}_{seed}.jsonl'


def append(path, record):
    """Adds one line at once, so that a run that is cut off loses a round at most."""
    line = json.dumps(record, separators=(',', ':')) + '\n'
    with open(path, 'a', encoding='utf-8') as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def read(path):
    """Rounds of a file by number; a last line that was cut off is left out."""
    rounds = {}
    if not Path(path).exists():
        return rounds
    with open(path, encoding='utf-8') as file:
        for line in file:
            try:
                record = json.loads(line)
            except json.JSONDecodeError:
                continue
            rounds[record['round']] = record
    return rounds


def current(record):
    """Whether a round was played as rounds are now."""
    return record.get('rules', 1) == RULES


def mend(path):
    """Ends a line that was cut off, so that the next one starts anew."""
    if Path(path).exists() and Path(path).stat().st_size > 0:
        with open(path, 'rb+') as file:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b'\n':
                file.write(b'\n')


def blocks(cells, policies, seeds, rounds, size, done):
    """Work in order: a seed at a time, and of it `size` rounds of every cell and policy, so that all grow alike.

    done: function (cell, policy, seed) -> numbers of rounds that need not be played.
    """
    for seed in seeds:
        for first in range(0, rounds, size):
            for cell in cells:
                for policy in policies:
                    left = [r for r in range(first, min(first + size, rounds)) if r not in done(cell, policy, seed)]
                    if left:
                        yield cell, policy, seed, left


def rates(rounds, seed=0):
    """GSR and DR of rounds with 95 % intervals: percentiles of a bootstrap over rounds."""
    held = np.array([sum(g['held'] for g in r['grasps']) for r in rounds])
    grasps = np.array([len(r['grasps']) for r in rounds])
    objects = np.array([r['objects'] for r in rounds])
    draws = np.random.RandomState(seed).randint(len(rounds), size=(RESAMPLES, len(rounds)))
    sums = held[draws].sum(1)
    return {'rounds': len(rounds), 'grasps': int(grasps.sum()), 'objects': int(objects.sum()), 'held': int(held.sum()),
            'gsr': rate(held.sum(), grasps.sum(), sums, grasps[draws].sum(1)),
            'dr': rate(held.sum(), objects.sum(), sums, objects[draws].sum(1))}


def rate(part, whole, parts, wholes):
    """{rate, low, high}; null where nothing was counted."""
    if whole == 0:
        return {'rate': None, 'low': None, 'high': None}
    some = wholes > 0
    low, high = np.percentile(parts[some] / wholes[some], [2.5, 97.5])
    return {'rate': float(part / whole), 'low': float(low), 'high': float(high)}


def summary(folder, cells, policies, seeds, most):
    """Rates of each cell and policy over its first `most` rounds of each seed, and seconds a round."""
    out = []
    for cell in cells:
        for policy in policies:
            by_seed = [read(path_of(folder, cell, policy, seed)) for seed in seeds]
            rounds = [record for found in by_seed for number, record in sorted(found.items()) if number < most]
            if not rounds:
                continue
            reasons = {}
            for record in rounds:
                for grasp in record['grasps']:
                    if not grasp['held']:
                        reasons[grasp['reason']] = reasons.get(grasp['reason'], 0) + 1
            ends = {}
            for record in rounds:
                ends[record['end']] = ends.get(record['end'], 0) + 1
            out.append({'cell': cell, 'policy': policy, 'older': sum(not current(r) for r in rounds), 'seeds': sum(1 for found in by_seed if found), **rates(rounds),
                        'failures': dict(sorted(reasons.items())), 'ends': dict(sorted(ends.items())),
                        'secondsPerRound': float(np.mean([r['seconds'] for r in rounds]))})
    return out


def percent(interval):
    if interval['rate'] is None:
        return '-'
    rate_, low, high = (100 * interval[key] for key in ('rate', 'low', 'high'))
    return f'{rate_:.1f} [{low:.1f}, {high:.1f}]'


def table(rows, cells, policies):
    """Markdown: a row a policy, a column a cell, GSR / DR in per cent."""
    found = {(row['cell'], row['policy']): row for row in rows}
    lines = ['| GSR / DR, % | ' + ' | '.join(cells) + ' |', '|---' * (len(cells) + 1) + '|']
    for policy in policies:
        texts = []
        for cell in cells:
            row = found.get((cell, policy))
            texts.append(f"{percent(row['gsr'])} / {percent(row['dr'])}" if row else '')
        lines.append(f'| `{policy}` | ' + ' | '.join(texts) + ' |')
    return '\n'.join(lines)


def pack(folder, out):
    """All rounds in one gzip, in the format of graft's other raw results; it depends on nothing but the rounds."""
    found = [record for path in Path(folder).glob('*_*_*.jsonl') for record in read(path).values()]
    named = sorted((f"{r['cell']}/{r['policy']}-s{r['seed']}/{r['round']:04}", r) for r in found)
    lines = [{'format': 'graft raw results', 'version': 1, 'results': len(named)}]
    lines += [{'name': name, 'value': value} for name, value in named]
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    with open(out, 'wb') as file, gzip.GzipFile(fileobj=file, mode='wb', mtime=0, filename='') as packed:
        packed.write(''.join(json.dumps(line, separators=(',', ':')) + '\n' for line in lines).encode())


def unpack(packed, folder):
    """Lays out the rounds of a packed file as raw files, to go on from them; where there are raw files, nothing happens."""
    folder = Path(folder)
    if not Path(packed).exists() or any(folder.glob('*_*_*.jsonl')):
        return
    folder.mkdir(parents=True, exist_ok=True)
    for line in gzip.decompress(Path(packed).read_bytes()).decode().splitlines()[1:]:
        record = json.loads(line)['value']
        with open(path_of(folder, record['cell'], record['policy'], record['seed']), 'a', encoding='utf-8') as file:
            file.write(json.dumps(record, separators=(',', ':')) + '\n')


def ranks(values):
    """Ranks from 0; equal values share the mean of theirs."""
    values = np.asarray(values, float)
    return np.array([(values < v).sum() + ((values == v).sum() - 1) / 2 for v in values])


def spearman(pairs):
    """Rank correlation; None where one side does not vary."""
    a, b = (ranks(column) for column in zip(*pairs))
    spread = a.std() * b.std()
    return float(((a - a.mean()) * (b - b.mean())).mean() / spread) if spread > 0 else None


def rank_correlation(pairs, resamples=2000, seed=0):
    """Spearman's rho of pairs, one an object, with a 95 % bootstrap interval over objects."""
    random = np.random.RandomState(seed)
    drawn = [spearman([pairs[i] for i in random.randint(len(pairs), size=len(pairs))]) for _ in range(resamples)]
    drawn = [rho for rho in drawn if rho is not None]
    low, high = np.percentile(drawn, [2.5, 97.5]) if drawn else (None, None)
    return {'rho': spearman(pairs), 'low': low, 'high': high, 'objects': len(pairs)}
