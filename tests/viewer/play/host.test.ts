import { describe, expect, it } from 'vitest';
import { loadEngine } from '../../../agent/engine/engine.ts';
import { OWN_ARCHITECTURE } from '../../../agent/network/architecture.ts';
import type { Model } from '../../../agent/network/model.ts';
import { NODE_HOST } from '../../../scenarios/trials/node-host.ts';
import type { Observation } from '../../../sim/camera/observation.ts';
import { BROWSER_HOST, contentKey } from '../../../viewer/play/host.ts';

/** What a policy might have seen, of any size. */
const seen = (shift = 0): Observation =>
  ({
    frame: { colour: Uint8Array.of(1, 2, 3 + shift), depth: Float32Array.of(0.5, Number.NaN) },
    heightmap: { height: new Float32Array([9, 0.1, 0.2, 9]).subarray(1, 3) },
  }) as unknown as Observation;

describe('the host in a browser', () => {
  it('names what was seen by the same hash as Node does', () => {
    expect(BROWSER_HOST.observationHash(seen())).toBe(NODE_HOST.observationHash(seen()));
    expect(BROWSER_HOST.observationHash(seen())).toMatch(/^[0-9a-f]{16}$/);
    expect(BROWSER_HOST.observationHash(seen(1))).not.toBe(BROWSER_HOST.observationHash(seen()));
  });

  it('runs policies on a trunk of graft, and refuses those on a foreign network by its name', async () => {
    const { tf } = await loadEngine();
    expect(await BROWSER_HOST.openForeign(tf, { architecture: OWN_ARCHITECTURE } as Model)).toBeUndefined();
    const foreign = { architecture: { kind: 'foreign', source: 'net.json' } } as unknown as Model;
    await expect(BROWSER_HOST.openForeign(tf, foreign)).rejects.toThrow("got the foreign network 'net.json'");
  });

  it('tells files apart by their content', () => {
    expect(contentKey(Uint8Array.of())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(contentKey(Uint8Array.of(1))).not.toBe(contentKey(Uint8Array.of(2)));
  });
});
