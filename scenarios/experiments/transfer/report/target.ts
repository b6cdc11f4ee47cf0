/** One target's part of the report, and what is said over all of them. */

import { modelsFor, type ObjectLibrary } from '../../../objects/library.ts';
import type { BenchReport, BenchTarget } from '../../../report/bench/data.ts';
import type { RawStore } from '../../raw-store.ts';
import { readExamples } from '../pictures.ts';
import { TARGETS, type Target, type TargetName } from '../targets.ts';
import { summariseArm } from './arm.ts';
import { overallOf } from './overall.ts';
import { compareArms } from './pair.ts';
import { profilesOf } from './profiles.ts';
import { type ArmResults, equalLevel, learns, levelCeiling } from './results.ts';
import { startOf } from './start.ts';

type Headline = BenchReport['headline'];

const isUntrained = ({ setting }: ArmResults): boolean => setting.entry.kind === 'untrained';

/**
 * The pairs that the report compares: the headline's frozen arm with every other; with scratch every other learner, and the
 * pretrained policy before any trial. Where nothing learned from scratch, that policy takes its place.
 */
function pairsOf(arms: readonly ArmResults[], { frozen, scratch }: Headline): [ArmResults, ArmResults][] {
  const find = (name: string | null): ArmResults | undefined => arms.find(({ arm }) => arm === name);
  const first = find(frozen) ?? arms[0];
  const others = arms.filter((arm) => arm !== first);
  const base = find(scratch) ?? arms.find(isUntrained);
  const against = others.filter((arm) => arm !== base && (learns(arm) || isUntrained(arm)));
  return [
    ...others.map((other): [ArmResults, ArmResults] => [first, other]),
    ...(base && base !== first ? against.map((arm): [ArmResults, ArmResults] => [arm, base]) : []),
  ];
}

/** A target's part of the report. */
export const buildTarget = (
  store: RawStore,
  name: TargetName,
  arms: readonly ArmResults[],
  headline: Headline,
  library: ObjectLibrary | undefined,
): BenchTarget => ({
  ...summariseTarget({ name, ...TARGETS[name] }, arms, headline, library),
  examples: readExamples(
    store,
    name,
    arms.map(({ arm, results }) => ({ arm, pictures: results.flatMap((r) => r.pictures ?? []) })),
  ),
});

/** A target's part of the report without its examples, whatever the target. */
export function summariseTarget(
  { name, title, description, main }: Pick<Target, 'title' | 'description' | 'main'> & { readonly name: string },
  arms: readonly ArmResults[],
  headline: Headline,
  library: ObjectLibrary | undefined,
): Omit<BenchTarget, 'examples'> {
  const level = equalLevel(arms);
  const { scenario, size } = arms[0].setting;
  const [untrained, scratch] = [arms.find(isUntrained), arms.find(({ arm }) => arm === headline.scratch)];
  const { objects } = scenario;
  return {
    name,
    title,
    description,
    main,
    families:
      library && objects
        ? modelsFor(library, objects, 'evaluation').map((m) => m.family)
        : scenario.evaluation.families,
    familiesSeen: objects !== undefined && !objects.split,
    budgets: size.budgets,
    finalTrials: size.finalTrials,
    trials: size.trials,
    level,
    arms: arms.map((arm) => summariseArm(name, level, arm)),
    comparisons: pairsOf(arms, headline).flatMap(([a, b]) => compareArms(name, level, a, b) ?? []),
    start: untrained && scratch ? startOf(name, untrained, scratch) : null,
  };
}

/** What is said over all targets. */
export function overallAndProfiles(
  measured: readonly { readonly name: string; readonly arms: readonly ArmResults[] }[],
  targets: readonly BenchTarget[],
  { frozen, scratch }: Headline,
): Pick<BenchReport, 'overall' | 'profiles'> {
  const both = measured.flatMap(({ name, arms }, i) => {
    const [a, b] = [arms.find(({ arm }) => arm === frozen), arms.find(({ arm }) => arm === scratch)];
    const { level, comparisons } = targets[i];
    const ratio = comparisons.find((c) => c.a === frozen && c.b === scratch)?.ratios?.trials;
    return a && b && ratio ? [{ name, level, ceiling: levelCeiling(arms), frozen: a, scratch: b, ratio }] : [];
  });
  const all = measured.map(({ arms }) => arms);
  return {
    overall: overallOf(both),
    profiles: [
      { title: 'with the fewest training trials', arms: profilesOf(all, 'first') },
      { title: 'with the most training trials', arms: profilesOf(all, 'last') },
    ],
  };
}
