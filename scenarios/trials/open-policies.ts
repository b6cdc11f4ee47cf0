/** Open policies: the latest one that jobs asked for is kept open, and so is the foreign network that it stands on. */
import { cachedTrunk } from '../../agent/backbones/trunk-cache.ts';
import type { Tf } from '../../agent/engine/engine.ts';
import type { Model } from '../../agent/network/model.ts';
import type { Trunk } from '../../agent/network/trunk.ts';
import { type OpenPolicy, openPolicy, type PolicyHost, type PolicySpec } from '../../agent/policy/open-policy.ts';

/** Whoever made it disposes of it. */
export class OpenPolicies {
  readonly #host: PolicyHost;
  #foreign: { readonly key: string; readonly trunk: Trunk } | undefined;
  #kept: { readonly key: string; readonly policy: OpenPolicy } | undefined;

  constructor(host: PolicyHost) {
    this.#host = host;
  }

  /** The policy, opened if it is another than the latest, which is disposed of then. One call at a time. */
  async open(spec: PolicySpec): Promise<OpenPolicy> {
    // the weights have a key of their own
    const key = JSON.stringify(spec, (name, value) => (name === 'model' ? undefined : value));
    if (this.#kept?.key === key) return this.#kept.policy;
    this.#free();
    const openForeign = (tf: Tf, model: Pick<Model, 'architecture'>) => this.#foreignTrunk(tf, model);
    const policy = await openPolicy(spec, { ...this.#host, openForeign });
    this.#kept = { key, policy };
    return policy;
  }

  /** The foreign network, lent to a policy: it outlives one whose head learns. */
  async #foreignTrunk(tf: Tf, model: Pick<Model, 'architecture'>): Promise<Trunk | undefined> {
    if (model.architecture.kind === 'own') return undefined;
    const key = JSON.stringify(model.architecture);
    if (this.#foreign?.key !== key) {
      this.#freeForeign();
      const trunk = await this.#host.openForeign(tf, model);
      this.#foreign = trunk && { key, trunk: cachedTrunk(trunk) };
    }
    return this.#foreign && { ...this.#foreign.trunk, dispose: () => undefined };
  }

  #free(): void {
    this.#kept?.policy.dispose();
    this.#kept = undefined;
  }

  #freeForeign(): void {
    this.#foreign?.trunk.dispose();
    this.#foreign = undefined;
  }

  dispose(): void {
    this.#free();
    this.#freeForeign();
  }
}
