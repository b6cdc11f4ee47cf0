"""Raw results of benchmarks as rates, and what a bootstrap says of them; by the definitions in docs/benchmark.md."""
import gzip
import json
from functools import lru_cache
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
OWN, THEIRS = 10_000, 10_000  # resamples of this program, and of the benchmark's
SEED = 2026
LEVEL, OF_ORACLE = 0.8, 0.9
INF = float('inf')
SCRATCH = 'scratch'
END_TO_END = {SCRATCH, 'scratch-guided', 'equivariant', 'grasp-finetuned'}
WITH_HEAD = {'pretrained', 'grasp-head', 'grasp-finetuned'}  # arms that begin with a pretrained head
OBJECTS = 5  # a round of clutter removal


def read_named(path):
    """Names and values of a packed raw file: JSON lines after a header that counts them. Raises ValueError if some are missing."""
    header, *lines = (json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines())
    if header.get('format') != 'graft raw results' or header['results'] != len(lines):
        raise ValueError(f"{path}: expected {header.get('results')} graft raw results, got {len(lines)}")
    return [(line['name'], line['value']) for line in lines]


def read_raw(path):
    """Its values, as read_named."""
    return [value for _, value in read_named(path)]


def tally(outcomes):
    """[2, trials], held and tried, of one character a trial: 1 held, 0 failed, x invalid, which never counts."""
    letters = np.array(list(outcomes))
    return np.stack([letters == '1', letters != 'x']).astype(float)


def rounds_tally(rounds, objects):
    """Of rounds, a string of grasps each: [2, rounds] held of grasps tried (GSR), [2, rounds] held of objects (DR)."""
    gsr = np.array([tally(one).sum(1) for one in rounds]).T
    return gsr, np.stack([gsr[0], np.broadcast_to(np.array(objects, float), gsr[0].shape)])


def iqm(rates):
    """Interquartile mean of [resamples, seeds] over seeds: a quarter of them, rounded down, is cut from either end."""
    cut = rates.shape[1] // 4
    return np.sort(rates, 1)[:, cut:rates.shape[1] - cut].mean(1)


def above(x, y):
    """Chance, [resamples], that a run of x ends above one of y, [resamples, seeds] each; ties count half."""
    pairs = x[:, :, None] - y[:, None, :]
    return ((pairs > 1e-9) + 0.5 * (np.abs(pairs) <= 1e-9)).mean((1, 2))


def trials_to(curve, budgets, level):
    """Trials until a curve [resamples, budgets] first reaches a level, as a span: low and high, [resamples] each.

    Interpolated on the logarithm of trials; only a bound is known before the first budget and after the last.
    """
    level = np.broadcast_to(level, len(curve))
    there = curve >= level[:, None] - 1e-9
    first = there.argmax(1)
    rows, before = np.arange(len(curve)), np.maximum(first - 1, 0)
    rise = curve[rows, first] - curve[rows, before]
    share = np.clip((level - curve[rows, before]) / np.where(rise > 0, rise, 1), 0, 1)
    logs = np.log(np.array(budgets, float))
    exact = np.exp(logs[before] + share * (logs[first] - logs[before]))
    never, at_once = ~there.any(1), first == 0
    low = np.where(never, budgets[-1], np.where(at_once, 0, exact))
    return low, np.where(never, INF, np.where(at_once, budgets[0], exact))


def over(a, b):
    """Quotient of two spans: from the least that it can be to the most."""
    (a_low, a_high), (b_low, b_high) = a, b
    with np.errstate(divide='ignore', invalid='ignore'):
        return np.where(np.isinf(b_high), 0, a_low / b_high), np.where(b_low == 0, INF, a_high / b_low)


def times_drawn(rng, items, draws):
    """How often each of so many items is drawn, [draws, items], in as many draws with replacement."""
    flat = rng.integers(items, size=(draws, items)) + items * np.arange(draws)[:, None]
    return np.bincount(flat.ravel(), minlength=flat.size).reshape(flat.shape).astype(np.uint8)


@lru_cache(maxsize=None)
def drawn(shape):
    """Draws for seeds of these numbers of items, [seeds] of tuples: which seed stands where [OWN, seeds], and its items."""
    rng = np.random.default_rng(SEED)
    slots = rng.integers(len(shape), size=(OWN, len(shape)))
    return slots, [{n: times_drawn(rng, n, (slots == seed).sum()) for n in items} for seed, items in enumerate(shape)]


def resampled(tallies):
    """Rates of a stratified bootstrap: as many seeds as there are, and in each as many items, with replacement.

    tallies: [seeds] of {name: [2, items]}. Names with as many items share draws, and so do calls of the same shape.
    Gives {name: [OWN, seeds]}.
    """
    slots, times = drawn(tuple(tuple(sorted({c.shape[1] for c in named.values()})) for named in tallies))
    rates = {name: np.zeros(slots.size) for name in tallies[0]}
    for seed, named in enumerate(tallies):
        where = np.flatnonzero(slots == seed)
        for items, weights in times[seed].items():
            names = [name for name, counts in named.items() if counts.shape[1] == items]
            sums = np.concatenate([named[name] for name in names]).astype(np.float32) @ weights.T.astype(np.float32)
            for name, held, tried in zip(names, sums[::2], sums[1::2]):
                rates[name][where] = held.astype(float) / np.maximum(tried, 1)
    return {name: values.reshape(slots.shape) for name, values in rates.items()}


def measured(tallies):
    """Rates as they were measured, {name: [1, seeds]}, of tallies as in resampled."""
    rate = lambda counts: counts[0].sum() / max(counts[1].sum(), 1)
    return {name: np.array([[rate(named[name]) for named in tallies]]) for name in tallies[0]}


def wilson(share, trials):
    """Wilson's score interval, 95 %, of a share of so many trials."""
    z = 1.959963985
    middle, shrink = share + z * z / (2 * trials), 1 + z * z / trials
    half = z * np.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return (middle - half) / shrink, (middle + half) / shrink


class Estimate:
    """A point with the draws or the exact ends of its interval, or without one; spans (low, high) where only bounds are known."""

    def __init__(self, point, draws=None, theirs=THEIRS, ends=None):
        span = lambda value: value if isinstance(value, tuple) else (value, value)
        self.point = tuple(float(np.ravel(bound)[0]) for bound in span(point))
        self.draws = None if draws is None else tuple(np.ravel(bound) for bound in span(draws))
        self.theirs, self.exact = theirs, ends

    def times(self, factor):
        """The same in another unit."""
        scaled = lambda span: None if span is None else tuple(factor * bound for bound in span)
        return Estimate(scaled(self.point), scaled(self.draws), self.theirs, scaled(self.exact))

    def ends(self):
        """Ends of the interval, as order statistics where they are drawn; None without one."""
        if self.draws is None:
            return self.exact
        return tuple(np.quantile(bound, p, method='nearest') for bound, p in zip(self.draws, (0.025, 0.975)))

    def deviation(self, end, printed, half):
        """Standard deviations by which a printed end, +- half, misses; end 0 is the lower one, 1 the upper one."""
        if self.draws is None:
            return 0.0 if abs(self.exact[end] - printed) <= half else INF
        p = (0.025, 0.975)[end]
        below, up_to = (self.draws[end] < printed - half).mean(), (self.draws[end] <= printed + half).mean()
        return max(0.0, below - p, p - up_to) / np.sqrt(p * (1 - p) * (1 / self.theirs + 1 / len(self.draws[end])))

    def __str__(self):
        ends = self.ends()
        interval = '' if ends is None else f' [{ends[0]:.4g}, {ends[1]:.4g}]'
        return ' to '.join(f'{value:.4g}' for value in dict.fromkeys(self.point)) + interval


class Benchmark:
    """Raw results of a transfer benchmark, {target: {arm: {seed: value}}}, and statistics of them."""

    def __init__(self, path):
        self.runs = {}
        for value in (v for v in read_raw(path) if 'points' in v):
            self.runs.setdefault(value['target'], {}).setdefault(value['arm'], {})[value['seed']] = value

    def learns(self, target, arm):
        """Whether the arm has a learning curve."""
        return len(next(iter(self.runs[target][arm].values()))['points']) > 1

    def learners(self, target):
        return [arm for arm in self.runs[target] if self.learns(target, arm)]

    def scenes(self, target):
        """Scenes after each budget, {trials: scenes}, of the arms that learn."""
        one = next(iter(self.runs[target][self.learners(target)[0]].values()))
        return {point['trials']: len(point['held']) for point in one['points']}

    def budgets(self, target):
        return list(self.scenes(target))

    def last(self, target):
        """The most trials."""
        return self.budgets(target)[-1]

    def seeds(self, target, *arms):
        """Seeds that all the arms have."""
        return tuple(sorted(set.intersection(*(set(self.runs[target][arm]) for arm in arms))))

    def tallies(self, target, arm, seed):
        """{(arm, trials): [2, scenes]}. What does not learn stands at every budget, on the scenes that learners met there."""
        points = {point['trials']: tally(point['held']) for point in self.runs[target][arm][seed]['points']}
        if not self.learns(target, arm):
            points |= {trials: points[0][:, :scenes] for trials, scenes in self.scenes(target).items()}
        return {(arm, trials): counts for trials, counts in points.items()}

    @lru_cache(maxsize=None)
    def rates(self, target, seeds):
        """Rates as measured and of resamples, by (arm, trials), of all arms that have these seeds."""
        arms = [arm for arm, runs in self.runs[target].items() if set(seeds) <= set(runs)]
        each = [{k: v for arm in arms for k, v in self.tallies(target, arm, seed).items()} for seed in seeds]
        return measured(each), resampled(each)

    def estimate(self, target, arms, statistic):
        """A statistic of {(arm, trials): rates [resamples, seeds]} on the seeds that the arms share."""
        as_measured, draws = self.rates(target, self.seeds(target, *arms))
        return Estimate(statistic(as_measured), statistic(draws))

    def held(self, target, arm, trials):
        """Grasps held, per cent: interquartile mean. None where it was not measured."""
        if arm not in self.runs[target] or trials not in [0, *self.budgets(target)]:
            return None
        return self.estimate(target, [arm], lambda rates: iqm(rates[arm, trials])).times(100)

    def lead(self, target, a, b, trials):
        """Plain mean over seeds of a minus b on the same scenes, points."""
        return self.estimate(target, [a, b], lambda rates: (rates[a, trials] - rates[b, trials]).mean(1)).times(100)

    def ceiling(self, target):
        """90 % of what the oracle holds, 0..1; 1 without an oracle."""
        return OF_ORACLE * self.held(target, 'oracle', 0).point[0] / 100 if 'oracle' in self.runs[target] else 1

    def level(self, target):
        """Success at which arms are compared."""
        return min(LEVEL, self.ceiling(target))

    def reach(self, target, arm, level):
        """A statistic: the span of trials until the arm's curve reaches a level, 0..1."""
        budgets = self.budgets(target)
        return lambda rates: trials_to(np.stack([iqm(rates[arm, t]) for t in budgets], 1), budgets, level)

    def ratio(self, target, arm, level=None):
        """Trials of scratch over trials of an arm, at the target's level unless another is named."""
        level = self.level(target) if level is None else level
        base, own = self.reach(target, SCRATCH, level), self.reach(target, arm, level)
        return self.estimate(target, [arm, SCRATCH], lambda rates: over(base(rates), own(rates)))

    def mean_last(self, target, arm, seeds, key):
        """Mean over seeds of a count, or of seconds, after the whole training."""
        return np.mean([self.runs[target][arm][seed]['points'][-1][key] for seed in seeds])

    def failed_first(self, target, arm, most=100):
        """Failed grasps among the first training trials, mean over seeds; None where they were not kept."""
        kept = [np.array(list(run['training'])) for run in self.runs[target][arm].values() if 'training' in run]
        if not kept:
            return None
        trials = min(most, min(map(len, kept)))
        each = [{'failed': np.stack([letters[:trials] == '0', np.ones(trials)]).astype(float)} for letters in kept]
        mean = lambda rates: rates['failed'].mean(1)
        return Estimate(mean(measured(each)), mean(resampled(each))).times(trials)

    def costs(self, target, arm):
        """Scratch over an arm at the target's level: trials, wall clock, multiply-adds (None where they are not counted)."""
        ratio, seeds = self.ratio(target, arm), self.seeds(target, arm, SCRATCH)
        seconds = [self.mean_last(target, each, seeds, 'trainSeconds') for each in (SCRATCH, arm)]
        base, own = macs_per_trial(target, SCRATCH), macs_per_trial(target, arm)
        return [ratio, ratio.times(seconds[0] / seconds[1]), own and ratio.times(base / own)]

    def clutter(self, target, arm):
        """GSR and DR, per cent: interquartile means over seeds; whole rounds are resampled."""
        each = [dict(zip('gd', rounds_tally(run['rounds'], OBJECTS))) for run in self.runs[target][arm].values()]
        as_measured, draws = measured(each), resampled(each)
        return [Estimate(iqm(as_measured[name]), iqm(draws[name])).times(100) for name in 'gd']


def macs_per_trial(target, arm):
    """Multiply-adds that learning takes for a trial, as docs/benchmark.md counts them; None for a foreign network."""
    if arm == 'mobilenet':
        return None
    layers = json.loads((ROOT / 'agent/weights/grasp-passive.model.json').read_text(encoding='utf-8'))['layers']
    outputs = [16, 24, 24, 40, 40, 40] if arm == 'equivariant' else [layer['outputs'] for layer in layers]
    cells, inputs, trunk = 32 * 56, 7, 0
    for layer, width in zip(layers, outputs):
        side = 4 if arm == 'equivariant' and layer['stride'] == 2 else 3
        cells //= layer['stride'] ** 2
        trunk, inputs = trunk + cells * side * side * inputs * width, width
    features = 3 * sum(width for layer, width in zip(layers, outputs) if layer['tap'])
    hidden = 64 if arm in WITH_HEAD and target != 'suction' else 32
    head = 4 * (features + 1) * hidden
    return 2 * 32 * 3 * (trunk + head) if arm in END_TO_END else 4 * trunk + 2 * 64 * 3 * head
