import { describe, expect, it } from 'vitest';
import {
  checkRegime,
  isFrozen,
  REGIME_NAMES,
  type StartingPoint,
  techniqueOf,
} from '../../../agent/learner/regimes.ts';
import { LEARNER_DEFAULTS } from '../../../agent/learner/settings.ts';
import { OWN_ARCHITECTURE } from '../../../agent/network/architecture.ts';

const own: StartingPoint = { name: 'own', architecture: OWN_ARCHITECTURE, parameters: {} };
const foreign: StartingPoint = {
  ...own,
  name: 'net',
  architecture: { kind: 'foreign', source: 'net', hash: '', taps: [] },
};

describe('a training regime', () => {
  it('has a technique of its own, which a scenario may override', () => {
    expect(REGIME_NAMES.map((r) => techniqueOf(r, {}))).toEqual(['head', 'head', 'full', 'full', 'full']);
    expect(techniqueOf('pretrained', { technique: 'l2-sp' })).toBe('l2-sp');
    expect(REGIME_NAMES.filter((r) => isFrozen(r, {}))).toEqual(['pretrained', 'random']);
    expect(isFrozen('scratch', { technique: 'head' })).toBe(true);
  });

  it.each(REGIME_NAMES)('%s starts from a trunk of graft’s own', (regime) => {
    expect(() => checkRegime(regime, own, LEARNER_DEFAULTS)).not.toThrow();
  });

  it('starts from a foreign network only if that is kept as it is', () => {
    expect(() => checkRegime('pretrained', foreign, LEARNER_DEFAULTS)).not.toThrow();
    for (const regime of REGIME_NAMES.filter((r) => r !== 'pretrained'))
      expect(() => checkRegime(regime, foreign, LEARNER_DEFAULTS)).toThrow(
        `arm '${regime}': expected one of graft's own`,
      );
    expect(() => checkRegime('pretrained', foreign, { ...LEARNER_DEFAULTS, technique: 'adapter' })).toThrow(
      "learner.technique 'adapter': expected one of graft's own trunks",
    );
  });

  it('refuses a width, a head or a technique that its trunk cannot have', () => {
    expect(() => checkRegime('finetuned', own, { ...LEARNER_DEFAULTS, width: 2 })).toThrow('learner.width: expected 1');
    expect(() => checkRegime('scratch', own, { ...LEARNER_DEFAULTS, width: 2 })).not.toThrow();
    expect(() => checkRegime('random', own, { ...LEARNER_DEFAULTS, head: 'initialised' })).toThrow(
      "expected learner.head 'auto' or 'fresh'",
    );
    for (const [arm, head] of [
      ['scratch', 'auto'],
      ['pretrained', 'fresh'],
    ] as const)
      expect(() => checkRegime(arm, own, { ...LEARNER_DEFAULTS, head, technique: 'none' })).toThrow(
        `learner.technique 'none': expected a head that was pretrained (arm 'pretrained', learner.head 'auto' or 'initialised'), got arm '${arm}' with head '${head}'`,
      );
    expect(() => checkRegime('pretrained', own, { ...LEARNER_DEFAULTS, technique: 'none' })).not.toThrow();
    expect(() => checkRegime('equivariant', own, { ...LEARNER_DEFAULTS, technique: 'head' })).toThrow(
      "learner.technique: expected 'full'",
    );
  });
});
