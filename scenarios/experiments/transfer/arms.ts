/** Arms of the transfer benchmark: learners, untrained starts, and fixed policies. */
import type { FixedPolicyName } from '../../../agent/policy/names.ts';
import { UserError } from '../../../sim/user-error.ts';
import { addressHash, type ExternalAddress, isExternal, parseExternal } from '../../external/address.ts';

/** What an arm is in the comparison. The verdict speaks of frozen against end-to-end. */
type Role = 'frozen' | 'control' | 'end-to-end' | 'fine-tuned' | 'heuristic' | 'ceiling' | 'external';

type Settings = Readonly<Record<string, unknown>>;

/** An arm that learns: the target's scenario with other `learner` settings. */
interface LearnerArm {
  readonly kind: 'learner';
  readonly role: Role;
  readonly description: string;
  /** Laid over the target's `learner`, key by key, as they would stand in a scenario file. */
  readonly learner: Settings;
  /** The same for `training`. */
  readonly training?: Settings;
}

/** A pretrained trunk and head as they come: what an arm that starts from them adds to. Needs jaws, which the head knows. */
interface UntrainedArm extends Omit<LearnerArm, 'kind' | 'training'> {
  readonly kind: 'untrained';
}

/** An arm that does not learn. */
interface FixedArm {
  readonly kind: 'fixed';
  readonly role: Role;
  readonly description: string;
  readonly policy: FixedPolicyName;
}

/** An arm of somebody else's, which learns in its own way. */
interface ExternalArm extends ExternalAddress {
  readonly kind: 'external';
  readonly role: 'external';
  readonly description: string;
  /** Identifies the program as far as its files can be seen. */
  readonly hash: string;
  /** Seconds that an answer may take. */
  readonly timeout: number | undefined;
}

export type BenchArmEntry = LearnerArm | UntrainedArm | FixedArm | ExternalArm;

/** The trunk that arms begin with unless they name another: what the published results are of, whatever the default has become. */
export const MEASURED_BACKBONE = 'grasp-passive';

const learner = (role: Role, description: string, settings: Settings, training?: Settings): LearnerArm => ({
  kind: 'learner',
  role,
  description,
  learner: { backbone: MEASURED_BACKBONE, ...settings },
  ...(training && { training }),
});

const fixed = (role: Role, policy: FixedPolicyName, description: string): FixedArm => ({
  kind: 'fixed',
  role,
  description,
  policy,
});

/**
 * Every arm that a benchmark can measure; to add one is to add an entry. One whose weights are not there, or whose settings this
 * version does not know, is left out with a line in the report, unless it was asked for by name.
 */
export const BENCH_ARMS: Readonly<Record<string, BenchArmEntry>> = {
  pretrained: learner(
    'frozen',
    'the grasp-passive trunk, frozen, with its own head where that knows the hand; only the head learns',
    {
      arm: 'pretrained',
    },
  ),
  passive: learner('frozen', 'trunk pretrained on passive tasks (no grasp), frozen', {
    arm: 'pretrained',
    backbone: 'passive',
    head: 'fresh',
  }),
  grasp: learner('frozen', 'trunk pretrained on simulated grasps of other families, hands and cameras, frozen', {
    arm: 'pretrained',
    backbone: 'grasp',
    head: 'fresh',
  }),
  'grasp-passive': learner('frozen', 'trunk pretrained on grasps and passive tasks together, frozen', {
    arm: 'pretrained',
    backbone: 'grasp-passive',
    head: 'fresh',
  }),
  'grasp-head': learner(
    'frozen',
    "the grasp-passive trunk, frozen, with a head that starts from the trunk's own pretraining (fresh where it knows no such hand: suction)",
    {
      arm: 'pretrained',
      backbone: 'grasp-passive',
      head: 'auto',
    },
  ),
  'zero-shot': {
    kind: 'untrained',
    role: 'control',
    description: 'the grasp-passive trunk and its own head before any trial: what grasp-head begins with (jaws only)',
    learner: { arm: 'pretrained', backbone: 'grasp-passive', head: 'initialised' },
  },
  mobilenet: learner('frozen', 'MobileNetV2 pretrained on ImageNet photographs, frozen; found by GRAFT_BACKBONES', {
    arm: 'pretrained',
    backbone: 'mobilenet_v2_1.0_224',
  }),
  random: learner('control', 'frozen random trunk of the same shape: what architecture and head alone are worth', {
    arm: 'random',
  }),
  scratch: learner(
    'end-to-end',
    'the same network from random weights, end to end, random-shift and mirror augmentation',
    {
      arm: 'scratch',
    },
  ),
  'scratch-guided': learner(
    'end-to-end',
    'as scratch, but half of its random grasps are those of the antipodal heuristic',
    { arm: 'scratch' },
    { heuristicShare: 0.5 },
  ),
  'scratch-prior': learner(
    'end-to-end',
    'as scratch, but its logits are added to what the antipodal score says, so that it begins as that heuristic',
    { arm: 'scratch', prior: 'antipodal' },
  ),
  equivariant: learner('end-to-end', 'small rotation-equivariant network on depth alone, from random weights', {
    arm: 'equivariant',
  }),
  finetuned: learner('fine-tuned', 'the grasp-passive trunk, trained end to end along with the head', {
    arm: 'finetuned',
  }),
  'grasp-finetuned': learner('fine-tuned', 'the grasp-passive trunk and its head, trained end to end', {
    arm: 'finetuned',
    backbone: 'grasp-passive',
  }),
  shipped: {
    kind: 'untrained',
    role: 'control',
    description: "the target scenario's own pretrained trunk and head before any trial: what shipped-head begins with",
    learner: { arm: 'pretrained', head: 'initialised' },
  },
  'shipped-head': {
    kind: 'learner',
    role: 'frozen',
    description: "the target scenario's own pretrained trunk, frozen; its own head learns",
    learner: { arm: 'pretrained' },
  },
  'shipped-finetuned': {
    kind: 'learner',
    role: 'fine-tuned',
    description: "the target scenario's own pretrained trunk and head, both held to where they began (L2-SP)",
    learner: { arm: 'finetuned', technique: 'l2-sp' },
  },
  'depth-pca': fixed('heuristic', 'depth-pca', 'centroid of the depth mask, closed across its minor axis'),
  antipodal: fixed('heuristic', 'antipodal', 'facing height edges that fit the hand'),
  oracle: fixed('ceiling', 'oracle', 'knows the true state and tries 40 grasps in the simulator first'),
  'fair-oracle': fixed('ceiling', 'fair-oracle', 'knows shapes and poses, and guesses mass and friction, eight times'),
};

/** Names of the arms. */
export const ARM_CHOICES: readonly string[] = Object.keys(BENCH_ARMS);

/** Arms by name: graft's, and those that a command line brings along. */
export type ArmEntries = Readonly<Record<string, BenchArmEntry>>;

/**
 * The arms that a command line asks for.
 * @param arms    names, and external arms as {@link parseExternal} reads them.
 * @param timeout seconds that an external arm may take to answer.
 * @throws UserError if an external arm is none, or two arms have one name.
 */
export function armsAskedFor(
  arms: readonly string[] | undefined,
  timeout?: number,
): { readonly arms?: readonly string[]; readonly entries: ArmEntries } {
  const external: Record<string, ExternalArm> = {};
  const names = arms?.map((arm) => {
    if (!isExternal(arm)) return arm;
    const { name, address } = parseExternal(arm);
    if (name in BENCH_ARMS || name in external)
      throw new UserError(`--arms: expected a name that no other arm has, got '${name}'; name=external:... gives one`);
    const where = 'url' in address ? address.url : address.command.join(' ');
    const description = `asked for grasps and told outcomes: ${where}`;
    external[name] = {
      kind: 'external',
      role: 'external',
      description,
      name,
      address,
      hash: addressHash(address),
      timeout,
    };
    return name;
  });
  return { ...(names && { arms: names }), entries: { ...BENCH_ARMS, ...external } };
}
