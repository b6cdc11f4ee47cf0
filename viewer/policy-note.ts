/** Policy note: the file beside the pages that says which trained policy comes with them. */
import type { PlayPolicy } from '../sim/recording/live-view.ts';

export const POLICY_FILE = 'policy.json';
/** The policy's weights. */
export const WEIGHTS_FILE = 'policy.safetensors';

/** What is in {@link POLICY_FILE}; null if no policy comes with the pages. */
export interface PolicyNote {
  readonly policy: (Pick<PlayPolicy, 'about' | 'scenario'> & { readonly file: string }) | null;
}

/** The text of {@link POLICY_FILE}. */
export function policyNote(policy?: PlayPolicy): string {
  const note: PolicyNote = {
    policy: policy ? { file: WEIGHTS_FILE, about: policy.about, scenario: policy.scenario } : null,
  };
  return `${JSON.stringify(note, null, 2)}\n`;
}
