/** Policies, opened from plain data; `scenarios/run/named-policy.ts` makes that of a name. A new one is a line in `FIXED`. */
import type { Grasp } from '../../sim/grasp.ts';
import type { Outcome } from '../../sim/outcome.ts';
import { ownTrunk } from '../backbones/own-trunk.ts';
import type { Tf } from '../engine/engine.ts';
import { layersOf } from '../network/architecture.ts';
import type { Model } from '../network/model.ts';
import type { Trunk } from '../network/trunk.ts';
import type { Action } from './action.ts';
import { graspOf } from './action-space.ts';
import { antipodalPolicy, depthPcaPolicy, randomPolicy } from './heuristics.ts';
import { type LearnedSpec, learnedPolicy } from './learned.ts';
import type { FixedPolicyName } from './names.ts';
import { fairOraclePolicy, oraclePolicy } from './oracle.ts';
import { type Oracle, type PolicyInput, type Proposal, type TrueState, unpredicted } from './proposal.ts';

/** A policy that needs no weights. */
interface FixedSpec {
  readonly kind: 'fixed';
  readonly name: FixedPolicyName;
}

/** A policy that somebody else's program is: plain data that says how to reach it. */
export interface ExternalSpec {
  readonly kind: 'external';
  /** Identifies one conversation: what was learned in it stays in it. */
  readonly key: string;
  /** What it is called in errors. */
  readonly name: string;
  /** A program with its arguments, or the URL of a websocket. */
  readonly address: { readonly command: readonly string[] } | { readonly url: string };
  /** How long an answer, and the very first one, may take. */
  readonly timeoutMs: number;
  readonly startTimeoutMs: number;
  /** What it is told at first: scenario, spaces, seed. */
  readonly greeting: Readonly<Record<string, unknown>>;
}

/** A grasp as it was chosen once: in a learned policy's terms with its prediction, or all bits of it. */
export type GivenGrasp = { readonly action: Action; readonly probability: number | null } | { readonly grasp: Grasp };

/** A policy that tries the one grasp that it was given: what somebody chose before, to be tried again. */
interface GivenSpec {
  readonly kind: 'given';
  /** Who chose it. */
  readonly name: string;
  readonly given: GivenGrasp;
}

/** Names a policy: plain data that travels between threads. */
export type PolicySpec = FixedSpec | LearnedSpec | ExternalSpec | GivenSpec;

/** What a policy that learns elsewhere is told of its latest grasp. */
interface ToldOutcome {
  readonly outcome: Outcome;
  readonly held: boolean;
}

/** A policy, ready to be asked. Whoever opened it disposes of it: it owns its tensors. */
export interface OpenPolicy {
  /** The next grasp; undefined if there is nothing to grasp. @param truth for the oracle, which throws without it. */
  readonly propose: (input: PolicyInput, truth?: TrueState) => Proposal | undefined;
  /** The trunk of a learned policy: what it sees grasps with. */
  readonly trunk?: Trunk;
  /** Of an external policy: takes what became of its latest proposal, to learn from. */
  readonly tell?: (told: ToldOutcome) => void;
  /** Of an external policy: what was wrong with its latest answer; undefined if nothing was. */
  readonly refusal?: () => string | undefined;
  readonly dispose: () => void;
}

/** Where policies are opened: files are one thing in Node, another in a browser. */
export interface PolicyHost {
  /** Tensor engine; may be left out where there are only fixed policies. */
  readonly tf: Tf | undefined;
  /**
   * Opens the foreign network of a policy; undefined if it stands on graft's own.
   * @throws Error if it cannot be had, or is not the one that the policy was trained on.
   */
  readonly openForeign: (tf: Tf, model: Pick<Model, 'architecture'>) => Promise<Trunk | undefined>;
  /** Opens what is no part of graft; left out where there are no programs and sockets. */
  readonly openExternal?: (spec: ExternalSpec) => Promise<OpenPolicy>;
}

const FIXED = {
  random: randomPolicy,
  'depth-pca': depthPcaPolicy,
  antipodal: antipodalPolicy,
  oracle: seeing(oraclePolicy),
  'fair-oracle': seeing(fairOraclePolicy),
} as const satisfies Record<FixedPolicyName, OpenPolicy['propose']>;

/** Makes sure that an oracle is told the truth: every other policy goes without. */
function seeing(oracle: Oracle): OpenPolicy['propose'] {
  return (input, truth) => {
    if (truth) return oracle(input, truth);
    throw new Error('oracle: expected the true state of the scene, got none');
  };
}

/** The given grasp where it is tried. */
function proposalOf(given: GivenGrasp, { observation, action: settings, hand }: PolicyInput): Proposal {
  if ('grasp' in given) return unpredicted(given.grasp);
  const grasp = graspOf(observation.heightmap, given.action, hand.stroke, settings);
  return { ...given, grasp, qMap: null };
}

/** Opens a policy. @throws Error if a learned one is asked for without an engine, or as {@link PolicyHost.openForeign}. */
export async function openPolicy(spec: PolicySpec, { tf, openForeign, openExternal }: PolicyHost): Promise<OpenPolicy> {
  if (spec.kind === 'external') {
    if (openExternal) return openExternal(spec);
    throw new Error(`policy '${spec.name}': expected a place where programs can be started, got none`);
  }
  if (spec.kind === 'fixed') return { propose: FIXED[spec.name], dispose: () => undefined };
  if (spec.kind === 'given') return { propose: (input) => proposalOf(spec.given, input), dispose: () => undefined };
  if (!tf) throw new Error('policy: expected a tensor engine for a learned policy, got none');
  const trunk = (await openForeign(tf, spec.model)) ?? trunkOf(tf, spec);
  const { propose, dispose } = learnedPolicy(tf, trunk, spec);
  return {
    propose,
    trunk,
    dispose: () => {
      dispose();
      trunk.dispose();
    },
  };
}

/** The trunk of a policy on graft's own network. @throws Error for a foreign one. */
const trunkOf = (tf: Tf, { key, model: { architecture, trunk } }: LearnedSpec): Trunk =>
  ownTrunk(tf, { name: 'own', hash: key, card: '', layers: layersOf(architecture), parameters: trunk });
