"""What own trials could win: heads fitted to the outcomes of many grasps, judged by what they would choose on other scenes.

`python tests/bench/own-trials/heads.py <training.npz> <evaluation.npz>`, both from `candidates.ts`. Every head adds to the
pretrained logit; its weights are the most likely ones under a normal prior around zero (logistic regression). Prints a line
a head: trials it learned from (as a learner explores, or greedy), scenes of the evaluation whose chosen grasp held, what it
predicted of these, Brier score.
"""
import argparse

import numpy as np

REPEATS = 12
SPREAD = 1.5  # standard deviation of the shift, as in agent/learner/head-shift.ts


class Grasps:
    def __init__(self, path: str):
        self.__dict__.update(np.load(path))
        self.pretrained = self.logit + self.lever
        self.scenes = np.unique(self.scene)

    def chosen(self, logits):
        """Index of the grasp with the highest logit, one a scene."""
        best = np.flatnonzero(self.best)
        return np.array([(own := best[self.scene[best] == s])[np.argmax(logits[own])] for s in self.scenes])

    def greedy(self, trials, rng):
        """Trials as the policy is judged: the chosen grasp of each of some scenes."""
        return rng.permutation(self.chosen(self.pretrained))[:trials]

    def explored(self, trials, rng):
        """Trials as a learner makes them: two explored grasps a scene."""
        explored = np.flatnonzero(self.best == 0)
        scenes = rng.permutation(self.scenes)[: trials // 2]
        return np.concatenate([rng.permutation(explored[self.scene[explored] == s])[:2] for s in scenes])

    def judge(self, logits):
        """Share held, mean prediction and Brier score of what would be chosen."""
        own = self.chosen(logits)
        p, held = 1 / (1 + np.exp(-logits[own])), self.held[own]
        return held.mean(), p.mean(), np.mean((p - held) ** 2)


def fit(x, held, offset, precision, steps=40):
    """Most likely weights of `held ~ offset + x @ weights`. @param precision: of each weight's prior."""
    weights = np.zeros(x.shape[1])
    for _ in range(steps):
        p = 1 / (1 + np.exp(-np.clip(offset + x @ weights, -50, 50)))
        gradient = x.T @ (p - held) + precision * weights
        step = np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + np.diag(precision), gradient)
        weights -= np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-7:
            break
    return weights


def inputs(of: Grasps, kind: str, mean, deviation):
    """Columns of a head, and the standard deviation of each weight."""
    one = np.ones((len(of.held), 1))
    if kind == 'shift':
        return one, np.array([SPREAD])
    few = np.c_[one, of.logit, of.lever, np.eye(8)[of.shape.astype(int)], of.height * 20]
    spread = np.r_[SPREAD, np.full(few.shape[1] - 1, 0.3)]
    if kind == 'few':
        return few, spread
    features = (of.features - mean) / deviation
    return np.c_[few, features], np.r_[spread, np.full(features.shape[1], 0.6 / np.sqrt(features.shape[1]))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('training')
    parser.add_argument('evaluation')
    asked = parser.parse_args()
    own, other = Grasps(asked.training), Grasps(asked.evaluation)
    mean, deviation = own.features.mean(0), own.features.std(0) + 1e-6
    line = '{:>13} {:>7}  held {:5.1f}  predicted {:5.1f}  Brier {:.3f}'
    say = lambda kind, trials, row: print(line.format(kind, trials, 100 * row[0], 100 * row[1], row[2]))
    say('none', 0, other.judge(other.pretrained))
    ceiling = np.mean([other.held[(other.scene == s) & (other.best == 1)].max() for s in other.scenes])
    print(f'    of the {int(other.best.sum() / len(other.scenes))} candidates of a scene one holds in {100 * ceiling:.1f} %')
    for kind, draw in [('shift', own.greedy), *((kind, own.explored) for kind in ['shift', 'few', 'features'])]:
        (x, spread), (there, _) = inputs(own, kind, mean, deviation), inputs(other, kind, mean, deviation)
        name = f'{kind}, greedy' if draw == own.greedy else kind
        for trials in [50, 100] if draw == own.greedy else [50, 100, 2 * len(own.scenes), len(own.held)]:
            rows = []
            for repeat in range(1 if trials == len(own.held) else REPEATS):
                rng = np.random.default_rng(repeat)
                picked = np.arange(len(own.held)) if trials == len(own.held) else draw(trials, rng)
                weights = fit(x[picked], own.held[picked], own.pretrained[picked], 1 / spread**2)
                rows.append(other.judge(other.pretrained + there @ weights))
            say(name, trials, np.mean(rows, axis=0))


if __name__ == '__main__':
    main()
