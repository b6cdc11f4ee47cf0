/** The verdict on a benchmark, computed from its intervals. */

import type { SpanEstimate } from '../spans.ts';
import type { Difference } from '../statistics.ts';
import { capital, counted, listed, negated, size } from '../words.ts';
import type { BenchArm, BenchComparison, BenchReport, BenchTarget } from './data.ts';
import { differencesText } from './differences.ts';
import { aside, factorBounds, factorText, inverted, side } from './factors.ts';
import { levelText } from './levels.ts';
import { overallSentences } from './overall.ts';
import { sequentialSentence } from './sequential.ts';
import { ownTrialsSentence, startEndSentence, startSentence } from './start.ts';

const INFINITY = Number.POSITIVE_INFINITY;

/** Which of two arms needs fewer trials to a level. @param ratio b's trials over a's. */
function trialsClause(a: string, b: string, level: number, ratio: SpanEstimate): string {
  const goal = `to reach ${levelText(level)}`;
  const more = (slow: string, quick: string, r: SpanEstimate): string => {
    const point = side(r.point) === 'more' ? factorText(r.point) : factorText({ low: r.low, high: INFINITY });
    return `${slow} needs ${point} the trials of ${quick} ${goal} ${aside(factorBounds(r))}`;
  };
  const kind = side(ratio);
  if (kind === 'more') return more(b, a, ratio);
  if (kind === 'less') return more(a, b, inverted(ratio));
  const { low, high } = ratio.point;
  if (low === 0 && high === INFINITY)
    return `trials ${goal} do not tell ${a} and ${b} apart: both do at the first budget, or neither does`;
  return `no difference in trials ${goal} is shown (${b} over ${a}: ${factorText(ratio.point)}, ${factorBounds(ratio)})`;
}

const find = ({ comparisons }: BenchTarget, a: string | null, b: string | null): BenchComparison | undefined =>
  comparisons.find((c) => c.a === a && c.b === b);

const armOf = ({ arms }: BenchTarget, name: string): BenchArm | undefined => arms.find((arm) => arm.name === name);

/** Two learners on a target, in a sentence: first what is shown. */
function targetSentence(target: BenchTarget, comparison: BenchComparison): string {
  const { a, b, ratios } = comparison;
  const seen = target.familiesSeen ? ' (objects also seen in training)' : '';
  const trials = ratios ? [trialsClause(a, b, target.level, ratios.trials)] : [];
  const clauses = [...trials, differencesText(comparison)];
  if (ratios && side(ratios.trials) === 'unclear') clauses.reverse();
  return `On ${target.title}${seen}, ${clauses.join('; ')}.`;
}

/** More than this behind counts as worse. */
const WORSE = 0.02;

/** Targets on which the frozen arm ends behind scratch, and whether the best of the frozen arms does, too. */
function worseSentence({ targets, headline: { frozen, scratch } }: BenchReport): string | undefined {
  const last = (target: BenchTarget, a: string): (Difference & { trials: number }) | undefined =>
    find(target, a, scratch)?.differences.at(-1);
  const both = targets.flatMap((target) => {
    const own = frozen === null ? undefined : last(target, frozen);
    const best = target.arms
      .filter(({ role }) => role === 'frozen')
      .flatMap(({ name }) => last(target, name) ?? [])
      .sort((p, q) => q.difference - p.difference)[0];
    return own && best ? [{ target, own, best }] : [];
  });
  if (both.length === 0) return undefined;
  const worse = both.filter(({ own }) => own.difference < -WORSE);
  const bestWorse = both.filter(({ best }) => best.difference < -WORSE);
  const of = counted(both.length, 'target');
  if (worse.length === 0)
    return `With the most trials, ${frozen} is worse than ${scratch} by more than 2 points on none of ${of}.`;
  const names = worse.map(({ target, own }) => `${target.title} (${size(negated(own))})`);
  const others = worse.every(({ target: { arms } }) => arms.filter(({ role }) => role === 'frozen').length > 1);
  const rest = !others
    ? ''
    : bestWorse.length === worse.length
      ? '; so is every other frozen arm'
      : bestWorse.length === 0
        ? '; the best frozen arm of each target, chosen by this very result, is on none'
        : `; the best frozen arm of each target, chosen by this very result, is on ${listed(bestWorse.map(({ target }) => target.title))}`;
  return `With the most trials, ${frozen} is worse than ${scratch} by more than 2 points on ${worse.length} of ${of}: ${listed(names)}${rest}.`;
}

/** What the same success costs, where that is shown; wall clock first: that is what a user waits for. */
function computeSentence({ title, level }: BenchTarget, { a, b, ratios }: BenchComparison): string | undefined {
  if (!ratios) return undefined;
  const parts = (
    [
      ['time to train, trials included', ratios.trainSeconds],
      ['time in updates', ratios.updateSeconds],
      ['arithmetic of learning', ratios.macs],
    ] as const
  ).flatMap(([what, ratio]) =>
    ratio && side(ratio) !== 'unclear' ? [`${factorText(ratio.point)} the ${what} ${aside(factorBounds(ratio))}`] : [],
  );
  if (parts.length === 0) return undefined;
  return `To reach ${levelText(level)} on ${title}, ${b} takes ${listed(parts)} of ${a}; pretraining is not counted.`;
}

function lostSentence(target: BenchTarget, { frozen, scratch }: BenchReport['headline']): string | undefined {
  const parts = [frozen, scratch].flatMap((name) => {
    const lost = name === null ? undefined : armOf(target, name)?.lost;
    if (!lost) return [];
    return [lost.difference < 0 ? `${name} gains ${size(negated(lost))}` : `${name} loses ${size(lost)}`];
  });
  return parts.length === 0 ? undefined : `Under ${target.title}, ${listed(parts)} against the look of its training.`;
}

/** What the other frozen arms need against scratch: those that bring features alone, where the headline arm brings its head as well. */
function featuresSentence(target: BenchTarget, { frozen, scratch }: BenchReport['headline']): string | undefined {
  const others = target.arms.flatMap(({ name, role }) => {
    const ratio = role === 'frozen' && name !== frozen ? find(target, name, scratch)?.ratios?.trials : undefined;
    return ratio ? [{ name, ratio, shown: side(ratio) !== 'unclear' }] : [];
  });
  if (others.length === 0) return undefined;
  const text = (shown: boolean): string =>
    listed(
      others
        .filter((each) => each.shown === shown)
        .map(({ name, ratio }) => `${name} (${factorText(ratio.point)}, ${factorBounds(ratio)})`),
    );
  const parts = [text(true), text(false) && `no difference is shown for ${text(false)}`].filter((part) => part !== '');
  return `Trials of ${scratch} over those of the other frozen arms to reach ${levelText(target.level)} on ${target.title}: ${parts.join('; ')}.`;
}

/** The headline arm against what does not learn, or not from pretraining, on a target. */
function otherSentences(target: BenchTarget, frozen: string): string[] {
  const others = target.arms.filter(
    ({ role, name }) => name !== frozen && name !== target.start?.arm && (role === 'control' || role === 'heuristic'),
  );
  return others.flatMap(({ name }) => {
    const comparison = find(target, frozen, name);
    return comparison ? [`On ${target.title} against ${name}: ${differencesText(comparison)}.`] : [];
  });
}

/** What a reader must know before believing any figure. */
function gaps({ missing, units, leftOut, sequential }: BenchReport): string[] {
  return [
    ...(sequential ? [sequentialSentence(sequential)] : []),
    ...(missing.length > 0
      ? [
          `Not finished: ${missing.length} of ${units} units are still to be measured; all figures are of what is there.`,
        ]
      : []),
    ...(leftOut.length > 0 ? [`Left out: ${listed(leftOut.map(({ arm }) => arm))}.`] : []),
  ];
}

/**
 * What the benchmark shows, computed from its intervals: what the pretrained policy is worth before any trial, where it was
 * measured, else a sentence on the first target; and claims on the rest. A difference is claimed only where its interval
 * excludes none.
 */
export function benchVerdict(report: BenchReport): { verdict: string; claims: string[] } {
  const { targets, headline } = report;
  const { frozen, scratch } = headline;
  const pairs = targets.flatMap((target) => {
    const comparison = find(target, frozen, scratch);
    return comparison ? [{ target, comparison }] : [];
  });
  const [first, ...others] = pairs;
  if (!first || frozen === null) {
    return {
      verdict:
        'No frozen arm was compared with training from scratch on the same scenes, so no difference between them is claimed.',
      claims: [
        ...targets.flatMap((target) =>
          target.comparisons.map((c) => `On ${target.title}, ${c.a} and ${c.b}: ${differencesText(c)}.`),
        ),
        ...gaps(report),
      ],
    };
  }
  const start = startSentence(report);
  const onFirst = targetSentence(first.target, first.comparison);
  const said = [
    startEndSentence(report),
    ownTrialsSentence(report),
    ...(start === undefined ? [] : [onFirst]),
    computeSentence(first.target, first.comparison),
    ...others.filter(({ target }) => target.main).map(({ target, comparison }) => targetSentence(target, comparison)),
    ...overallSentences(report),
    worseSentence(report),
    featuresSentence(first.target, headline),
    ...targets.map((target) => lostSentence(target, headline)),
    ...otherSentences(first.target, frozen),
  ];
  return {
    verdict: start ?? onFirst,
    claims: [...said.filter((text) => text !== undefined), ...gaps(report)].map(capital),
  };
}
