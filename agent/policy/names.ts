/** Names of policies: light, for the command line lists them. `open-policy.ts` makes them. */

/** Policies that need no training and no weights, by name. */
export const FIXED_POLICY_NAMES = ['random', 'depth-pca', 'antipodal', 'oracle', 'fair-oracle'] as const;
export type FixedPolicyName = (typeof FIXED_POLICY_NAMES)[number];

/** Whether a name is one of those. */
export const isFixedPolicy = (name: string): name is FixedPolicyName =>
  (FIXED_POLICY_NAMES as readonly string[]).includes(name);

/** Whether a policy is told the true state. */
export const isOracle = (name: string): name is 'oracle' | 'fair-oracle' => name === 'oracle' || name === 'fair-oracle';

/** The policy of a scenario's pretrained trunk and head, before any trial. */
export const UNTRAINED = 'pretrained';

/** Names that stand for a policy, besides run folders. */
export const POLICY_NAMES: readonly string[] = [...FIXED_POLICY_NAMES, UNTRAINED];
