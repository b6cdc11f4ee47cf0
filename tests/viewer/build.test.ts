import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensureClientBuilt, writeSite } from '../../viewer/build.ts';
import { POLICY_FILE, policyNote, WEIGHTS_FILE } from '../../viewer/policy-note.ts';

const folder = mkdtempSync(join(tmpdir(), 'graft-site-'));
const policy = { bytes: Uint8Array.of(1, 2, 3), about: 'a "test"', scenario: 'bin' };
const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

describe('the built pages', () => {
  it('are built once for the same sources, whoever asks at the same time', async () => {
    const [one, two] = await Promise.all([ensureClientBuilt(), ensureClientBuilt()]);
    expect(two).toBe(one);
    for (const file of ['index.html', 'play.html', POLICY_FILE, 'assets/tfjs-backend-wasm-simd.wasm'])
      expect(existsSync(join(one, file)), file).toBe(true);
    expect(readdirSync(join(one, '..')).filter((name) => name.startsWith('tmp-'))).toEqual([]);
    expect(json(join(one, POLICY_FILE))).toEqual({ policy: null });
  });

  it('become a site, with a policy if one is given, whole or not at all', async () => {
    await writeSite(join(folder, 'plain'));
    expect(json(join(folder, 'plain', POLICY_FILE))).toEqual({ policy: null });
    await writeSite(join(folder, 'with'), policy);
    expect(json(join(folder, 'with', POLICY_FILE))).toEqual(JSON.parse(policyNote(policy)));
    expect([...readFileSync(join(folder, 'with', WEIGHTS_FILE))]).toEqual([1, 2, 3]);
    mkdirSync(join(folder, 'there'));
    await expect(writeSite(join(folder, 'there'))).rejects.toThrow(
      'there: expected a folder that does not exist yet, got one that does',
    );
    expect(readdirSync(folder).sort()).toEqual(['plain', 'there', 'with']);
  });

  it('say of a policy where its weights are, what it is, and which scenario it is for', () =>
    expect(JSON.parse(policyNote(policy))).toEqual({
      policy: { file: WEIGHTS_FILE, about: 'a "test"', scenario: 'bin' },
    }));
});
