import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builtPages } from '../../viewer/build.ts';
import { POLICY_FILE } from '../../viewer/policy-note.ts';

describe('the built pages', () => {
  it('are built once for the same sources, whoever asks at the same time', async () => {
    const [one, two] = await Promise.all([builtPages(), builtPages()]);
    expect(two).toBe(one);
    for (const file of ['index.html', 'play.html', 'grasps.html', POLICY_FILE, 'assets/tfjs-backend-wasm-simd.wasm'])
      expect(existsSync(join(one, file)), file).toBe(true);
    expect(readdirSync(join(one, '..')).filter((name) => name.startsWith('tmp-'))).toEqual([]);
    expect(JSON.parse(readFileSync(join(one, POLICY_FILE), 'utf8'))).toEqual({ policy: null });
  });

  it('come with the licences of what was bundled, the worker included', async () => {
    const notices = readFileSync(join(await builtPages(), 'third-party-notices.txt'), 'utf8');
    for (const name of ['three', 'zod', 'yaml', '@tensorflow/tfjs-core', '@dimforge/rapier3d-simd-compat'])
      expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+$`, 'm'));
    expect(notices).toContain('Apache License');
    expect(notices).not.toContain('Licence: unknown');
  });
});
