import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { packageVersion } from '../../scenarios/package-version.ts';
import { commit, graftVersion, versions } from '../../scenarios/versions.ts';

const root = new URL('../../', import.meta.url);
const json = (path: string) => JSON.parse(readFileSync(new URL(path, root), 'utf8'));

it('versions are those of the lock file, which a result depends on', () => {
  const { packages } = json('package-lock.json') as { packages: Record<string, { version: string }> };
  const { graft, node, ...others } = versions();
  expect([graft, node]).toEqual([json('package.json').version, process.version]);
  expect(Object.keys(others).length).toBeGreaterThan(3);
  const from = (name: string): string => (name === '@tensorflow/tfjs' ? '@tensorflow/tfjs-core' : name);
  for (const [name, version] of Object.entries(others))
    expect(version, name).toBe(packages[`node_modules/${from(name)}`].version);
  expect(graftVersion()).toBe(graft);
});

it('the version of a package that is not installed is absent', () => {
  expect(packageVersion('no-such-package')).toBe('absent');
});

it('the commit is that of the checkout', () => {
  const head = execFileSync('git', ['log', '-1', '--format=%H'], { cwd: root }).toString().trim();
  expect(commit()).toBe(head);
});
