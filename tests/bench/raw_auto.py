"""Tables of automated transfer, from the raw results of `graft bench auto`; by the words above the tables."""
import re

import numpy as np

from raw_rates import OWN, SEED, Estimate, read_named

THEIRS_AUTO = 2_000  # resamples behind the committed results
DEFAULT = 'grasp-wide (conv1+conv3+conv7), head'  # what the targets do where nothing is chosen
TITLES = {'unseen': 'unseen families', 'hard': 'adversarial shapes', 'suction': 'a suction cup', 'slippery': 'slippery, light objects'}
SCORES = {'logMe': 'LogME', 'hScore': 'H-score', 'probeLoss': 'log loss of a linear probe',
          'probeAccuracy': 'accuracy of a linear probe', 'normEntropy': 'entropy of feature norms (no labels)'}
LESS_IS_BETTER = {'probeLoss'}


class AutoBenchmark:
    """What the search and every fixed choice held on the same scenes: {choice: [seeds, scenes]}, nan where a trial diverged."""

    def __init__(self, path):
        runs = [run for _, run in sorted(read_named(path), key=lambda named: numbers(named[0]))]
        self.searches = [run for run in runs if run['choice'] == 'auto']
        by_choice = {}
        for run in runs:
            by_choice.setdefault(run['choice'], []).append([np.nan if held is None else float(held) for held in run['held']])
        self.auto = np.array(by_choice.pop('auto'))
        self.fixed = {choice: np.array(held) for choice, held in by_choice.items()}
        every = np.stack([self.auto, *self.fixed.values()])
        self.whole = ~np.isnan(every).any(0)  # [seeds, scenes] on which nothing diverged
        rates = {choice: np.nanmean(np.nanmean(held, 1)) for choice, held in self.fixed.items()}
        self.best = max(rates, key=rates.get)  # the first of equals

    def taken_by(self, score):
        """[seeds, scenes] of the choices that a score alone takes."""
        known = [[c for c in self.fixed if c in run['scores']] for run in self.searches]
        taken = [max(choices, key=lambda c: run['scores'][c][score]) for choices, run in zip(known, self.searches)]
        return np.stack([self.fixed[choice][seed] for seed, choice in enumerate(taken)])

    def lead(self, theirs):
        """Automated minus theirs, [seeds, scenes], per cent."""
        return percent([row[whole] for row, whole in zip(self.auto - theirs, self.whole)])

    def agreement(self, score):
        """Kendall's tau-b of a score with what held, a mean over seeds; None where the score was the same for all."""
        each = []
        for seed, run in enumerate(self.searches):
            scored = [c for c in run['scores'] if c in self.fixed]
            said = np.array([run['scores'][c][score] for c in scored]) * (-1 if score in LESS_IS_BETTER else 1)
            each.append(tau_b(said, np.array([np.nanmean(self.fixed[c][seed]) for c in scored])))
        known = [tau for tau in each if not np.isnan(tau)]
        return Estimate(np.mean(known)) if known else None


def numbers(name):
    """The numbers of a run's name: of the choice, and of the seed. Choices stand in the order of theirs."""
    return [int(each) for each in re.findall(r'\d+', name)]


def percent(seeds):
    """Mean over seeds of the mean over scenes, per cent; seeds are resampled, and scenes within them."""
    rng = np.random.default_rng(SEED)
    valid = [row[~np.isnan(row)] for row in seeds]
    means = np.stack([rng.multinomial(len(row), np.full(len(row), 1 / len(row)), (OWN, len(valid))) @ row / len(row) for row in valid], 2)
    slots = rng.integers(len(valid), size=(OWN, len(valid)))  # each place draws a seed, and that seed's scenes anew
    drawn = means[np.arange(OWN)[:, None], np.arange(len(valid)), slots].mean(1)
    return Estimate(np.mean([row.mean() for row in valid]), drawn, THEIRS_AUTO).times(100)


def tau_b(x, y):
    """Kendall's tau-b of two lists; nan where one of them is the same throughout."""
    signs = [np.sign(v[:, None] - v)[np.triu_indices(len(v), 1)] for v in (x, y)]
    with np.errstate(invalid='ignore'):
        return (signs[0] * signs[1]).sum() / np.sqrt((signs[0] ** 2).sum() * (signs[1] ** 2).sum())


def auto_tables(folder):
    """{title: rows} of the three tables, rows as {row: cells}."""
    targets = {title: AutoBenchmark(folder / name / 'raw.jsonl.gz') for name, title in TITLES.items()}
    chosen = lambda b: '; '.join(dict.fromkeys(run['chosen'] for run in b.searches))
    against = lambda b: [b.fixed[DEFAULT], b.taken_by('logMe'), np.mean(list(b.fixed.values()), 0), b.fixed[b.best]]
    return {
        'Automated against fixed choices': {t: [percent(b.auto), *(b.lead(each) for each in against(b))] for t, b in targets.items()},
        'What was chosen': {t: [chosen(b), b.best, percent(b.fixed[b.best])] for t, b in targets.items()},
        'Which scores order backbones': {title: [b.agreement(score) for b in targets.values()] for score, title in SCORES.items()},
    }
