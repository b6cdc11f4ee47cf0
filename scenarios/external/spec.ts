/** Specs of external policies: an address, and what a scenario tells it at first. */
import type { ExternalSpec } from '../../agent/policy/open-policy.ts';
import { spacesOf } from '../messages/observation.ts';
import type { Scenario } from '../schema/schema.ts';
import type { ExternalAddress } from './address.ts';

/** How long an external policy may take to answer, and to start, unless told otherwise, seconds. */
const ARM_TIMEOUT = 10;
const START_TIMEOUT = 60;

/** What an external policy is asked about. */
export interface ExternalTask {
  readonly scenarioName: string;
  readonly scenario: Scenario;
  /** Of the policy's own draws. */
  readonly seed: number;
  /** Trials that it will learn from; 0 in a mere evaluation. */
  readonly trials: number;
  /** Seconds that an answer may take. */
  readonly timeout?: number;
}

/** The spec of a conversation with an external policy. */
export const externalSpec = (
  { name, address }: ExternalAddress,
  { scenarioName, scenario, seed, trials, timeout = ARM_TIMEOUT }: ExternalTask,
): ExternalSpec => ({
  kind: 'external',
  key: JSON.stringify([name, address, scenarioName, seed, trials]),
  name,
  address,
  timeoutMs: timeout * 1000,
  startTimeoutMs: Math.max(START_TIMEOUT, timeout) * 1000,
  greeting: { scenario: scenarioName, seed, trials, spaces: spacesOf(scenario) },
});
