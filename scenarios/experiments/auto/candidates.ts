/** Candidates of automated transfer: backbones, taps and techniques, ranked on shared trials. */
import type { Backbone } from '../../../agent/backbones/own.ts';
import { headForKind } from '../../../agent/backbones/pretrained-head.ts';
import { allBackboneNames, foreignTrunkOf, openBackbone, ownTrunkOf } from '../../../agent/backbones/registry.ts';
import type { Tf } from '../../../agent/engine/engine.ts';
import { type TechniqueName, techniqueNamed } from '../../../agent/learner/techniques/registry.ts';
import { hScore } from '../../../agent/learner/transferability/h-score.ts';
import { linearProbe } from '../../../agent/learner/transferability/linear-probe.ts';
import { logME } from '../../../agent/learner/transferability/log-me.ts';
import { normEntropy } from '../../../agent/learner/transferability/norm-entropy.ts';
import {
  joined,
  type Representation,
  representationOf,
} from '../../../agent/learner/transferability/representation.ts';
import { architectureTaps } from '../../../agent/network/architecture.ts';
import { LOOKS } from '../../../agent/network/features.ts';
import type { Tap } from '../../../agent/network/trunk.ts';
import { triedFeatures } from '../../../agent/policy/prediction.ts';
import { InputError } from '../../load.ts';
import type { Scenario } from '../../schema/schema.ts';
import type { SharedTrial } from './experience.ts';

/**
 * Ways to go on from a backbone, those that get a place first when there are few. The first is the one that every backbone can
 * take; the next leaves a pretrained head as it is; the others train the trunk, which only graft's own allow.
 */
const PREFERENCE = [
  'head',
  'none',
  'l2-sp',
  'adapter',
  'last-block',
  'full',
  'gradual',
] as const satisfies readonly TechniqueName[];
const trainsTrunk = (technique: TechniqueName): boolean => !techniqueNamed(technique).frozen;

/** A choice: what to start from, where to read it, and how to go on from it. */
export interface Candidate {
  readonly backbone: string;
  readonly taps: readonly string[];
  readonly technique: TechniqueName;
}

/** For tables and messages. */
export const candidateName = ({ backbone, taps, technique }: Candidate): string =>
  `${backbone} (${taps.join('+')}), ${technique}`;

/** The scenario in which a learner is what the candidate says. */
export function candidateScenario(scenario: Scenario, { backbone, taps, technique }: Candidate): Scenario {
  const arm = trainsTrunk(technique) ? 'finetuned' : 'pretrained';
  // a head of its own only where there is one; the width is the backbone's
  const head = scenario.learner.head === 'initialised' ? 'auto' : scenario.learner.head;
  return { ...scenario, learner: { ...scenario.learner, arm, technique, head, width: 1, backbone, taps: [...taps] } };
}

/** Techniques that a backbone can take, read as its card says. */
export const techniquesFor = (backbone: Backbone, { gripper }: Pick<Scenario, 'gripper'>): TechniqueName[] =>
  PREFERENCE.filter((name) => {
    if (techniqueNamed(name).still) return headForKind(backbone, gripper) !== undefined;
    return backbone.architecture.kind === 'own' || !trainsTrunk(name);
  });

/**
 * Every backbone that can be named here, opened with the layers its card reads.
 * @throws InputError if GRAFT_BACKBONES is no folder, or a backbone is damaged.
 */
export async function availableBackbones(): Promise<Backbone[]> {
  try {
    return await Promise.all(allBackboneNames().map((name) => openBackbone(name)));
  } catch (error) {
    throw new InputError(error instanceof Error ? error.message : String(error));
  }
}

/** Up to this many taps, every set of them is ranked; of more, the runs of neighbours. */
const ALL_SETS = 3;

/** Sets of taps to choose among, the whole first. */
export function tapSets(names: readonly string[]): string[][] {
  const n = names.length;
  if (n <= ALL_SETS) {
    const masks = Array.from({ length: 2 ** n - 1 }, (_, i) => 2 ** n - 1 - i);
    return masks.map((mask) => names.filter((_, i) => mask & (1 << i)));
  }
  const runs: string[][] = [];
  for (let length = n; length > 0; length--)
    for (let from = 0; from + length <= n; from++) runs.push(names.slice(from, from + length));
  return runs;
}

/** What the shared trials say of a backbone read at some taps. */
export interface Ranked {
  readonly backbone: string;
  readonly taps: readonly string[];
  readonly features: number;
  /** Null where the shared trials had too few of one outcome to say anything. */
  readonly scores: {
    readonly logMe: number;
    readonly hScore: number;
    readonly probeLoss: number;
    readonly probeAccuracy: number;
    /** Without labels, and without a say in the place; older searches have none. */
    readonly normEntropy?: number;
  } | null;
  /** Mean of the places by the three scores, 1 is the best. */
  readonly place: number;
}

/** Fewest trials of either outcome that scores are computed from. */
const LEAST_OF_EACH = 4;

/** Trials that go through a trunk at once; bounds the memory. */
const CHUNK = 16;

/** Representations of the trials, one a tap. */
async function representations(
  tf: Tf,
  { architecture, parameters }: Backbone,
  trials: readonly SharedTrial[],
  scenario: Scenario,
): Promise<Representation[]> {
  const model = { architecture, trunk: parameters };
  const trunk = (await foreignTrunkOf(tf, model)) ?? ownTrunkOf(tf, model);
  try {
    const widths = trunk.taps.map(({ channels }) => channels * LOOKS.length);
    const columns = widths.map((width) => new Float32Array(trials.length * width));
    for (let from = 0; from < trials.length; from += CHUNK) {
      const chunk = trials.slice(from, from + CHUNK);
      const features = triedFeatures(trunk, chunk, scenario.action);
      split(features, chunk.length, widths, (tap, i, values) => columns[tap].set(values, (from + i) * widths[tap]));
    }
    return columns.map((values) => representationOf(values, trials.length));
  } finally {
    trunk.dispose();
  }
}

/** Takes feature vectors apart by tap. */
function split(
  features: Float32Array,
  count: number,
  widths: readonly number[],
  each: (tap: number, trial: number, values: Float32Array) => void,
): void {
  const length = features.length / count;
  for (let i = 0; i < count; i++) {
    let at = i * length;
    widths.forEach((width, tap) => {
      each(tap, i, features.subarray(at, at + width));
      at += width;
    });
  }
}

/**
 * Ranks every backbone and set of its taps by what their features say of the shared trials: LogME, H-score and linear probe
 * each give a place, and the mean place decides, because each errs in its own way and none is known to be the best here. Equal
 * places keep the order of the names, the whole set of taps first.
 */
export async function rankBackbones(
  tf: Tf,
  backbones: readonly Backbone[],
  trials: readonly SharedTrial[],
  scenario: Scenario,
): Promise<Ranked[]> {
  const labels = trials.map(({ held }) => held);
  const scenes = trials.map(({ scene }) => scene);
  const held = labels.filter(Boolean).length;
  const informative = Math.min(held, labels.length - held) >= LEAST_OF_EACH && new Set(scenes).size > 1;
  const unplaced: Omit<Ranked, 'place'>[] = [];
  for (const backbone of backbones) {
    const taps = architectureTaps(backbone.architecture);
    const parts = informative ? await representations(tf, backbone, trials, scenario) : [];
    for (const names of tapSets(taps.map((t) => t.name))) {
      const read = taps.flatMap((tap, i) => (names.includes(tap.name) ? i : []));
      const features = read.reduce((n, i) => n + featuresOf(taps[i]), 0);
      const scores = informative ? score(joined(read.map((i) => parts[i])), labels, scenes) : null;
      unplaced.push({ backbone: backbone.name, taps: names, features, scores });
    }
  }
  return placed(unplaced);
}

const featuresOf = ({ channels }: Tap): number => channels * LOOKS.length;

function score(representation: Representation, labels: readonly boolean[], scenes: readonly number[]) {
  const { logLoss: probeLoss, accuracy: probeAccuracy } = linearProbe(representation, labels, scenes);
  return {
    logMe: logME(representation, labels),
    hScore: hScore(representation, labels),
    probeLoss,
    probeAccuracy,
    normEntropy: normEntropy(representation),
  };
}

/** Gives places and sorts by them. */
export function placed(unplaced: readonly Omit<Ranked, 'place'>[]): Ranked[] {
  const placesBy = (key: (scores: NonNullable<Ranked['scores']>) => number): number[] =>
    unplaced.map((one) => 1 + unplaced.filter((o) => o.scores && one.scores && key(o.scores) > key(one.scores)).length);
  const places = [placesBy((s) => s.logMe), placesBy((s) => s.hScore), placesBy((s) => -s.probeLoss)];
  return unplaced
    .map((one, i) => ({ ...one, place: places.reduce((sum, p) => sum + p[i], 0) / places.length }))
    .sort((a, b) => a.place - b.place);
}

/** Places from which one is for a head that does not learn. */
const PLACES_FOR_NONE = 3;

/**
 * Who enters the first rung: with a head alone, backbones that have one of their own, then the best taps of every other (a score from some
 * dozens of trials should not dismiss a backbone), then the next best of the ranking; the best backbone with a head of its own as it
 * is, so that not to learn is a choice, too; and the best backbone that can be trained with techniques that train it,
 * read as its card says, in a third of the places.
 */
export function chooseCandidates(
  ranking: readonly Ranked[],
  backbones: readonly Backbone[],
  most: number,
  scenario: Pick<Scenario, 'gripper'>,
): Candidate[] {
  // what each set of features can be tried as
  const known = ranking.map((ranked) => {
    const backbone = backbones.find((b) => b.name === ranked.backbone)!;
    const techniques = techniquesFor(backbone, scenario);
    const card = architectureTaps(backbone.architecture).map((t) => t.name);
    return { ...ranked, card, trains: techniques.filter(trainsTrunk), headed: techniques.includes('none') };
  });
  type Known = (typeof known)[number];
  const asCard = ({ backbone, card }: Known, technique: TechniqueName): Candidate => ({
    ...{ backbone, taps: card, technique },
  });
  const trainable = known.find(({ trains }) => trains.length > 0);
  const techniques = trainable?.trains.slice(0, Math.max(1, Math.floor(most / 3))) ?? [];
  const trained = techniques.map((technique) => asCard(trainable!, technique));
  // a head of its own is worth more than any choice of taps
  const whole = known.filter(({ headed, taps, card }) => headed && taps.length === card.length);
  const still = most < PLACES_FOR_NONE ? [] : whole.slice(0, 1).map((r) => asCard(r, 'none'));
  const own = backbones.flatMap(({ name }) => whole.find((r) => r.backbone === name) ?? []);
  const others = known.filter((r, i) => !r.headed && known.findIndex((o) => o.backbone === r.backbone) === i);
  const rest = known.filter((r) => !own.includes(r) && !others.includes(r));
  const heads = [...own, ...others, ...rest].slice(0, most - trained.length - still.length);
  return [
    ...heads.map(({ backbone, taps }): Candidate => ({ backbone, taps, technique: 'head' })),
    ...still,
    ...trained,
  ];
}
