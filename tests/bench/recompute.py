"""Recomputes the published figures from the raw results, and compares them with what the pages print.

Written from the definitions in docs/benchmark.md, in another language than the program whose figures these are.
"""
import argparse
import json
import re
import sys
from functools import cache
from pathlib import Path

import numpy as np

from raw_auto import auto_tables
from raw_rates import INF, LEVEL, OWN, ROOT, SCRATCH, SEED, Benchmark, Estimate, above, iqm, read_raw, rounds_tally, wilson

EPILOG = """
Prints a line a table, and below it every figure that does not match: what, expected, got. Exit code 1 if there is one.

Tolerance. A point must be the printed one, rounded as it is printed. An interval's end is compared by rank: the share
p of this program's own draws that lie below a printed end ought to be 2.5 or 97.5 %. Both bootstraps have Monte Carlo
error, so the share has a standard deviation of sqrt(p (1 - p) (1 / theirs + 1 / own)). After rounding an end may be
off by 4 of these: chance alone takes one end in 16,000 further.
"""
LIMIT = 4.0
THEIRS_ROUNDS, THEIRS_OBJECTS = 10_000, 2_000  # resamples behind the published simulator's page
HEADED, UNTRAINED = 'grasp-head', 'zero-shot'
FEATURES = ['passive', 'grasp', 'grasp-passive']
PRETRAINED = [*FEATURES, HEADED, 'mobilenet', 'grasp-finetuned']
TITLES = {'unseen': 'unseen families', 'clutter': 'packed clutter', 'pile': 'piles', 'narrow': 'a narrow hand',
          'long-fingers': 'long fingers', 'suction': 'a suction cup', 'side': 'a side view', 'noise': 'heavy noise',
          'visual': 'another look', 'slippery': 'slippery, light objects',
          'hard': 'adversarial shapes', 'cup': 'a suction cup as shipped',
          'hardest': 'slippery objects from the side in heavy noise'}
AUTO_TABLES = ['Automated against fixed choices', 'What was chosen', 'Which scores order backbones']
ORACLE = '90 % of the oracle’s success'
NUMBER = r'-?\d+(?:\.\d+)?'
CELL = re.compile(rf'([><≤]?) ?({NUMBER})(?: %)?(x?)(†?)(?: ([\[(].+[\])]))?')


# Pages: {heading: (columns, {row: cells})}.

def read_tables(path):
    """Tables of a Markdown page by the heading above, the first below each."""
    tables, title = {}, None
    for block in path.read_text(encoding='utf-8').split('\n\n'):
        if block.startswith('#'):
            title = block.splitlines()[0].lstrip('# ')
        elif block.startswith('|') and title not in tables:
            head, _, *rows = [[cell.strip() for cell in line[1:-1].split('|')] for line in block.strip().splitlines()]
            tables[title] = head[1:], {name: cells for name, *cells in rows}
    return tables


def number(text):
    """A printed number and half a unit of its last decimal."""
    return float(text), 0.5 * 10.0 ** -len(text.partition('.')[2]) + 1e-9


def printed_ends(text):
    """Both ends, each with half a unit, of "[2.0, 5.1]", "(at least 1.2x)", "(at most 230)" or "(unbounded)"."""
    found = [number(each) for each in re.findall(NUMBER, text)]
    if text.startswith('['):
        return found
    return [found[0] if 'at least' in text else (0.0, 0.0), found[0] if 'at most' in text else (INF, 0.0)]


def mark_fits(marked, ends):
    """Whether a dagger stands where the printed interval contains 1; either way where rounding hides that."""
    (low, low_half), (high, high_half) = ends
    apart = low - low_half > 1 or high + high_half < 1
    around = low + low_half <= 1 <= high - high_half
    return not (apart if marked else around)


def fits(cell, expected):
    """Whether a printed cell is what is expected, and the standard deviations by which its worse end is off."""
    if not isinstance(expected, Estimate):
        return cell == (expected or ''), 0.0
    if cell == 'not known':
        return expected.point == (0, INF), 0.0
    match = CELL.fullmatch(re.sub(r'(?<=\d),(?=\d{3})', '', cell))
    if match is None or (match[5] is None) != (expected.ends() is None):
        return False, 0.0
    value, half = number(match[2])
    point = {'>': (value, INF), '': (value, value)}.get(match[1], (0, value))
    right = all(a == b or abs(a - b) <= half for a, b in zip(point, expected.point))
    if match[5] is None:
        return right, 0.0
    ends = printed_ends(match[5])
    worst = max(expected.deviation(i, *end) for i, end in enumerate(ends))
    return right and worst <= LIMIT and (not match[3] or mark_fits(bool(match[4]), ends)), worst


# What tables ought to say: {row: cells}; a cell is an Estimate, a text, or None where nothing is printed.

def equals(b, target):
    """Trials after which scratch holds what the untrained policy does."""
    level = lambda rates: b.reach(target, SCRATCH, iqm(rates[UNTRAINED, 0]))(rates)
    return b.estimate(target, [UNTRAINED, SCRATCH], level)


def with_untrained(b):
    return [target for target in b.runs if UNTRAINED in b.runs[target]]


def start_rows(b, _):
    return {TITLES[t]: [str(len(b.seeds(t, UNTRAINED, SCRATCH))), b.held(t, UNTRAINED, 0), equals(b, t),
                        b.lead(t, UNTRAINED, SCRATCH, b.last(t))] for t in with_untrained(b)}


def success_rows(b, _):
    held = lambda t: [b.held(t, arm, trials) for arm in (HEADED, SCRATCH) for trials in (b.budgets(t)[0], b.last(t))]
    return {TITLES[t]: [f'{b.last(t):,}', *held(t), b.lead(t, HEADED, SCRATCH, b.last(t))] for t in b.runs}


def level_text(level):
    """A level of comparison; what is not the usual one is a share of the oracle's success."""
    return '80 %' if level == LEVEL else f'{int(100 * level + 0.5 + 1e-9)} % ({ORACLE})'


def ratio_rows(b, _):
    return {TITLES[t]: [level_text(b.level(t)), *b.costs(t, HEADED)] for t in b.runs}


def median_ratio(b, level):
    """Median over targets of scratch's trials over those with the head; of either bound where only bounds are known."""
    each = [b.ratio(t, HEADED, level(t)) for t in b.runs]
    middle = lambda spans: tuple(np.median(np.stack(bounds), 0) for bounds in zip(*spans))
    return Estimate(middle([e.point for e in each]), middle([e.draws for e in each]))


def chance(b):
    """Chance that a run with the head ends above one of scratch, mean over targets."""
    better = lambda last: lambda rates: above(rates[HEADED, last], rates[SCRATCH, last])
    each = [b.estimate(t, [HEADED, SCRATCH], better(b.last(t))) for t in b.runs]
    return Estimate(np.mean([e.point[0] for e in each]), np.mean([e.draws[0] for e in each], 0))


def overall_rows(b, _):
    return {f'median, 80 % or {ORACLE} where that is lower': [median_ratio(b, b.level)],
            **{f'median, {p} % of grasps held': [median_ratio(b, lambda _, p=p: p / 100)] for p in (70, 80, 90)},
            f'median, {ORACLE}': [median_ratio(b, b.ceiling)],
            f'chance that a run of `{HEADED}` ends above one of `{SCRATCH}`': [chance(b)]}


def own_trials_rows(b, _):
    return {TITLES[t]: [f'{b.last(t):,}', b.lead(t, HEADED, UNTRAINED, b.last(t))] for t in with_untrained(b)}


def cost_rows(b, _):
    return {f'`{arm}`': b.costs('unseen', arm) for arm in b.learners('unseen') if arm != SCRATCH}


def rounds_rows(b, _):
    return {f'{TITLES[t]}, `{arm}`': [str(len(runs)), *b.clutter(t, arm)]
            for t in ('clutter', 'pile') for arm, runs in b.runs[t].items() if arm != 'depth-pca'}


def budgets_in(columns):
    """Budgets that are the heads of columns."""
    return [int(column.replace(',', '')) for column in columns if re.fullmatch(r'[\d,]+', column)]


def curve_cells(b, arm, budgets):
    """Held after each budget, and trials to 80 %; of what does not learn one figure."""
    if arm not in b.learners('unseen'):
        return [b.held('unseen', arm, 0), *[None] * len(budgets)]
    held = [b.held('unseen', arm, trials) for trials in budgets]
    return [*held, b.estimate('unseen', [arm], b.reach('unseen', arm, LEVEL))]


def arms_rows(pretrained):
    """Rows of the pretrained arms, or of the others."""
    def kind(b, arm):
        return '' if b.learns('unseen', arm) else ' (before any trial)' if arm == UNTRAINED else ' (does not learn)'

    def cells(b, arm, columns):
        ratio = b.ratio('unseen', arm) if b.learns('unseen', arm) and arm != SCRATCH else None
        return [str(len(b.runs['unseen'][arm])), *curve_cells(b, arm, budgets_in(columns)), ratio]
    return lambda b, columns: {f'`{arm}`{kind(b, arm)}': cells(b, arm, columns)
                               for arm in b.runs['unseen'] if (arm in PRETRAINED) == pretrained}


def against_rows(b, columns):
    leads = lambda arm: [b.lead('unseen', arm, SCRATCH, trials) for trials in budgets_in(columns)]
    return {f'`{arm}`': [str(len(b.seeds('unseen', arm, SCRATCH))), *leads(arm)]
            for arm in [*b.learners('unseen'), UNTRAINED] if arm != SCRATCH}


def features_rows(b, _):
    held = lambda t: [b.held(t, arm, trials) for arm in ('passive', 'random', SCRATCH) for trials in (25, 800)]
    return {TITLES[t]: [*held(t), b.ratio(t, 'passive')] for t in b.runs if t != 'unseen' and 'passive' in b.runs[t]}


def quick_rows(b, columns):
    seconds = lambda arm: Estimate(b.mean_last('unseen', arm, b.seeds('unseen', arm), 'updateSeconds'))
    failed = lambda arm: [b.failed_first('unseen', arm)] if any(c.startswith('failed') for c in columns) else []
    own = lambda arm: [*failed(arm), seconds(arm) if b.learns('unseen', arm) else None]
    return {f'`{arm}`': [*curve_cells(b, arm, budgets_in(columns)), *own(arm)] for arm in b.runs['unseen']}


def adapt_rows(b, _):
    after = lambda t, arm: [cell for trials in b.budgets(t) for cell in (b.held(t, arm, trials), b.lead(t, arm, 'shipped', trials))]
    return {f'{TITLES[t]}, `{arm}`': [b.held(t, 'shipped', 0), *after(t, arm)] for t in b.runs for arm in b.learners(t)}


def round_cells(rounds):
    """GSR and DR of pooled rounds of the published simulator, per cent; rounds are resampled."""
    grasps = [''.join('01'[grasp['held']] for grasp in r['grasps']) for r in rounds]
    times = np.random.default_rng(SEED).multinomial(len(rounds), np.full(len(rounds), 1 / len(rounds)), OWN)
    return [Estimate(sums[0].sum() / sums[1].sum(), (times @ sums[0]) / (times @ sums[1]), THEIRS_ROUNDS).times(100)
            for sums in rounds_tally(grasps, [r['objects'] for r in rounds])]


def published_rows(rounds, columns):
    """A row a policy, GSR and DR for each cell in `columns`."""
    of = lambda policy, cell: [r for r in rounds if (r['policy'], r['cell']) == (policy, cell)]
    return {f'`{policy}`': [each for cell in columns for each in round_cells(of(policy, cell))]
            for policy in dict.fromkeys(r['policy'] for r in rounds)}


def rank_correlation(pairs):
    """Spearman's, of [objects, 2] or [resamples, objects, 2]; nan where one side does not vary."""
    ranks = ((pairs[..., :, None, :] > pairs[..., None, :, :]) + 0.5 * (pairs[..., :, None, :] == pairs[..., None, :, :])).sum(-2)
    off = ranks - ranks.mean(-2, keepdims=True)
    with np.errstate(invalid='ignore', divide='ignore'):
        return (off[..., 0] * off[..., 1]).sum(-1) / np.sqrt((off ** 2).sum(-2).prod(-1))


def object_rows(success):
    """Single objects held there and here, {object: [there, here]}: certain ones, rates, rank correlation over objects."""
    pairs = np.array(list(success.values()))
    drawn = np.random.default_rng(SEED).integers(len(pairs), size=(2000, len(pairs)))
    rho = Estimate(rank_correlation(pairs), rank_correlation(pairs[drawn]), THEIRS_OBJECTS)
    certain = [str(count) for count in (pairs == 1).sum(0)]
    return {'all objects': [*certain, *(Estimate(100 * rate) for rate in pairs.mean(0)[::-1]), rho]}


def printed_objects(text, scene):
    """The same as the page has it, in sentences."""
    found = re.search(rf'objects: {scene}\n.*?(\d+) objects are held in every trial there, (\d+) here.*?'
                      r'in ([\d.]+) % of trials here and in ([\d.]+) % there.*?over objects is (.*?\])', text, re.S)
    return {'all objects': list(found.groups())} if found else {}


def trials_behind(table, row):
    """Trials behind a measured rate; None where several seeds or no count are behind it."""
    if row.get('seeds', table.get('seeds', 1)) > 1:
        return None
    names = [column['name'] for column in table['columns']]
    told = re.search(r'graft evaluate .*--trials (\d+)', row.get('command', ''))
    return row['figures'][names.index('scenes')] if 'scenes' in names else \
        int(told[1]) if told else row.get('trials', table.get('trials'))


def proportions(measured, tables):
    """Measured rates with Wilson's interval: {row: cells}, and the same as the page prints them, or as they are kept."""
    expected, printed = {}, {}
    text = lambda figure: f"{figure['value']} [{figure['low']}, {figure['high']}]" if isinstance(figure, dict) else ''
    for table, row in ((t, row) for group in measured['groups'] for t in group['tables'] for row in t['rows']):
        trials = trials_behind(table, row)
        rates = [i for i, f in enumerate(row['figures']) if isinstance(f, dict) and 'held' in table['columns'][i]['name']]
        if trials is None or not rates:
            continue
        shares = [round(row['figures'][i]['value'] * trials / 100) / trials for i in rates]
        label = f"{table['title']}: {row['what']}"
        expected[label] = [Estimate(share, ends=wilson(share, trials)).times(100) for share in shares]
        kept = [text(figure) for figure in row['figures']]
        on_page = tables.get(table['title'], ([], {}))[1].get(row['what'])
        printed[label] = [(on_page if on_page and table.get('page', True) else kept)[i] for i in rates]
    return expected, printed


def in_words(count):
    return ['none', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'][count]


def sentences(b):
    """What README.md and docs/benchmark.md say: (pattern with groups, cell with the groups put in, expected) each."""
    tens = lambda target: Estimate(round(equals(b, target).point[0], -1))
    never = in_words(sum(equals(b, t).point[1] == INF for t in with_untrained(b)))
    ahead = in_words(sum(b.lead(t, UNTRAINED, SCRATCH, b.last(t)).ends()[0] > 0 for t in with_untrained(b)))
    _, clock, macs = b.costs('unseen', HEADED)
    frozen = min((b.costs('unseen', arm)[2] for arm in FEATURES), key=lambda cost: cost.ends()[0])
    added = Estimate(b.lead('unseen', HEADED, UNTRAINED, b.last('unseen')).point)
    usual, oracle, literal = median_ratio(b, b.level), median_ratio(b, b.ceiling), Estimate(median_ratio(b, lambda _: 0.9).point)
    return [
        ('draws level after about ([0-9,]+) trials', '{}', tens('unseen')),
        ('equals scratch after about ([0-9,]+) trials', '{}', tens('unseen')),
        ('slippery objects scratch needs ([0-9,]*[0-9])', '{}', tens('slippery')),
        ('under a side view ([0-9,]*[0-9])', '{}', tens('side')),
        ('On (\\w+) of nine targets with jaws it does not', '{}', never),
        ('On the (\\w+) other targets with jaws', '{}', never),
        ('without any is ahead on (\\w+) ', '{}', ahead),
        ('1,600 of them about ([0-9]+) points', '{}', added),
        ('at least ([0-9.]+x) the wall clock, trials included \\(([0-9.]+x) measured', '> {1} (at least {0})', clock),
        ('at least ([0-9.]+x) for trunk and head \\(([0-9.]+x) measured', '> {1} (at least {0})', macs),
        ('at least ([0-9.]+x) their arithmetic', f'{frozen.point[0]:.0f}x (at least {{}})', frozen),
        ('at least ([0-9.]+x) the trials, in the median \\(([0-9.]+x) measured', '> {1} (at least {0})', usual),
        ('literal 90 % no difference is shown \\(([0-9.]+x) measured', '> {}', literal),
        ('90 % of the oracle it is at least ([0-9.]+x)', f'> {oracle.point[0]:.0f}x (at least {{}})', oracle),
    ]


TABLES = {'Before any trial': start_rows, 'Success by target': success_rows, 'Trials to the same success': ratio_rows,
          'Over all targets': overall_rows, 'What own trials add': own_trials_rows, 'Cost to the same success': cost_rows,
          'Rounds of clutter removal': rounds_rows, 'Pretrained arms on unseen families': arms_rows(True),
          'Other arms on unseen families': arms_rows(False), 'Against scratch on unseen families': against_rows,
          'Features alone on other targets': features_rows}


def prose(b):
    """Sentences of README.md and docs/benchmark.md that name figures: {pattern: cells}, and the same as they are written."""
    text = ' '.join(re.sub(r'\s+', ' ', (ROOT / page).read_text(encoding='utf-8')) for page in ('README.md', 'docs/benchmark.md'))
    written = lambda pattern, cell: [cell.format(*match.groups()) for match in re.finditer(pattern, text)]
    printed = {pattern: written(pattern, cell) for pattern, cell, _ in sentences(b)}
    return {pattern: [each] * max(1, len(printed[pattern])) for pattern, _, each in sentences(b)}, printed


def checks(figures):
    """Functions by the name of a table; each gives columns, rows expected and rows printed."""
    docs, tables = ROOT / 'docs', read_tables(figures)
    full, quick, early, adapt = (cache(lambda name=name: Benchmark(docs / f'bench-{name}' / 'raw.jsonl.gz'))
                                 for name in ('full', 'quick', 'early', 'adapt'))
    folder, auto = docs / 'results', cache(lambda: auto_tables(docs / 'bench-auto'))
    load = lambda name: json.loads((folder / name).read_text(encoding='utf-8'))

    def on_page(name, b, rows):
        columns, printed = tables.get(name, ([], {}))
        return columns, rows(b, columns), printed

    def published():
        columns, printed = read_tables(folder / 'published.md')['The published clutter removal']
        rows = published_rows(read_raw(folder / 'published/raw.jsonl.gz'), columns)
        both = [f'{column}, {rate}' for column in columns for rate in ('GSR', 'DR')]
        return both, rows, {name: [one for cell in cells for one in cell.split(' / ')] for name, cells in printed.items()}

    def objects(scene):
        rows = object_rows(load(f'published/correlation-{scene}.json')['success'])
        columns = ['certain there', 'certain here', 'held here, %', 'held there, %', 'rank correlation']
        return columns, rows, printed_objects((folder / 'published.md').read_text(encoding='utf-8'), scene)
    return {
        **{name: lambda name=name, rows=rows: on_page(name, full(), rows) for name, rows in TABLES.items()},
        'Quick benchmark by budget': lambda: on_page('Quick benchmark by budget', quick(), quick_rows),
        'The first trials by budget': lambda: on_page('The first trials by budget', early(), quick_rows),
        'Fast adaptation, before and after': lambda: on_page('Fast adaptation, before and after', adapt(), adapt_rows),
        **{name: lambda name=name: (tables[name][0], auto()[name], tables[name][1]) for name in AUTO_TABLES},
        'Published clutter removal': published,
        **{f'Single objects: {scene}': lambda scene=scene: objects(scene) for scene in ('packed', 'pile')},
        'Wilson intervals': lambda: ([], *proportions(load('measured.json'), tables)),
        'Sentences': lambda: ([], *prose(full())),
    }


def compare(columns, expected, printed):
    """Figures that were checked, texts of those that do not match, and the worst deviation of those that do."""
    figures, wrong, worst = 0, [f'row {name}: expected none' for name in printed if name not in expected], 0.0
    for name, cells in expected.items():
        texts = printed.get(name, [])
        if len(texts) != len(cells):
            wrong.append(f'row {name}: expected {len(cells)} figures, got {len(texts)}')
            continue
        for i, (cell, text) in enumerate(zip(cells, texts)):
            right, deviation = fits(text, cell)
            figures += cell is not None
            worst = max(worst, deviation if right else 0)
            if not right:
                where = columns[i] if i < len(columns) else f'figure {i + 1}'
                wrong.append(f"row {name}, {where}: expected {cell or 'nothing'}, got {text or 'nothing'}")
    return figures, wrong, worst


def main():
    parser = argparse.ArgumentParser(description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--figures', type=Path, default=ROOT / 'docs/figures.md', help='page to compare with (docs/figures.md)')
    parser.add_argument('--tables', nargs='*', metavar='NAME', help='only these; without a name: list them')
    options = parser.parse_args()
    if not options.figures.is_file():
        parser.error(f'--figures: expected a page, got {options.figures}')
    found = checks(options.figures)
    if options.tables == []:
        return print('\n'.join(found))
    unknown = [name for name in options.tables or [] if name not in found]
    if unknown:
        parser.error(f"--tables: expected some of {', '.join(found)}, got '{unknown[0]}'")
    failed = False
    for name in options.tables or found:
        figures, wrong, worst = compare(*found[name]())
        ends = f'ends within {worst:.1f} of {LIMIT:.0f} deviations'
        print('\n  '.join([f'{name}: {figures} figures, {len(wrong)} mismatches, {ends}', *wrong]), flush=True)
        failed = failed or len(wrong) > 0
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
