"""Page of the results: graft's rates beside the published ones."""
import json

import records

# GSR / DR, per cent, from the papers' own tables, trained in that simulator and measured on its test objects
PUBLISHED = {
    'EquiIGD': {'packed-fixed': '97.4 / 91.4', 'pile-fixed': '78.6 / 78.0'},
    'GIGA': {'packed-fixed': '84.8 / 85.1', 'pile-fixed': '69.5 / 49.0'},
    'VGN': {'packed-fixed': '72.5 / 76.7', 'pile-fixed': '59.3 / 43.5'},
    'OrbitGrasp': {'packed-random': '98.3 / 98.8', 'pile-random': '96.7 / 97.9'},
    'VN-EdgeGrasp': {'packed-random': '92.3 / 95.2', 'pile-random': '92.3 / 93.5'},
}

HEAD = """# The published clutter removal

graft's policies in the simulator of VGN, GIGA and Edge-Grasp, on its {objects}.
The [runner](../../tests/bench/published/README.md) says how rounds go, and its one command.
It wrote this page; raw rounds are in [published/](published/).

"""

MIDDLE = """
GSR is held / grasps, DR is held / objects. Intervals are 95 % bootstraps over rounds; they have no width
where no grasp failed.
{count}

What others publish, trained in that simulator, on its *test* objects:

"""

TAIL = """
The two tables are not comparable head-on: other objects, and other scenes of them.
graft learned nothing in that simulator, and is told that simulator's own hand.
Every policy takes another grasp where the hand would touch what is seen, or where one has just
failed. `pretrained` also keeps out of what the camera hides; the heuristics have no scores to weigh
that against.
The training objects served to try the runner: on seed 900, which is not measured, and in 150 rounds of
seed 0 before graft's hand had the housing of the real one.
"""

OLDER = """{older} of the {rounds} rounds were played by an earlier graft. Heuristics proposed one grasp and were held
to it. Nobody was told what had just failed, and `pretrained` did not mind what the camera hides.
"""


def page(rows, cells, policies, split, correlations=()):
    """Markdown. correlations: results of correlate.py."""
    objects = 'training objects' if split == 'train' else 'test objects'
    by_rounds = sorted({row['rounds'] for row in rows})
    each = f'{by_rounds[0]}' if len(by_rounds) == 1 else f'{by_rounds[0]} to {by_rounds[-1]}'
    seeds = max((row['seeds'] for row in rows), default=0)
    count = f'Rounds for each cell and policy: {each}, from {seeds} seed{"" if seeds == 1 else "s"}.'
    lines = [f'| {name} | ' + ' | '.join(found.get(cell, '') for cell in cells) + ' |' for name, found in PUBLISHED.items()]
    others = '\n'.join(['| GSR / DR, % | ' + ' | '.join(cells) + ' |', '|---' * (len(cells) + 1) + '|', *lines])
    text = HEAD.format(objects=objects) + records.table(rows, cells, policies) + '\n'
    text += MIDDLE.format(count=count) + others + '\n' + TAIL
    older = sum(row.get('older', 0) for row in rows)
    if older > 0:
        text += OLDER.format(older=older, rounds=sum(row['rounds'] for row in rows))
    return text + ''.join(single(result) for result in correlations)


def single(result):
    low, high, rho = (f'{result[key]:.2f}' for key in ('low', 'high', 'rho'))
    there, here = result['trials']
    return f"""
## Single objects: {result['scene']}

{result['objects']} training objects alone on the table, `pretrained`, {there} trials here and {here} there.
{result['certain'][0]} objects are held in every trial there, {result['certain'][1]} here.
They are held in {100 * result['here']:.1f} % of trials here and in {100 * result['there']:.1f} % there.
Spearman's rank correlation over objects is {rho} [{low}, {high}].
"""


def correlations_in(folder):
    """What correlate.py left in a folder."""
    return [json.loads(path.read_text(encoding='utf-8')) for path in sorted(folder.glob('correlation-*.json'))]
