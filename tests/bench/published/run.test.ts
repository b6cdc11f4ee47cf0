import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const PYTHON = process.env.GRAFT_PYTHON ?? 'python3';
const python = (args: readonly string[]) =>
  spawnSync(PYTHON, args, { cwd: HERE, encoding: 'utf8', env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } });
const has = (modules: string): boolean => python(['-c', `import ${modules}`]).status === 0;

const published = process.env.GRAFT_PUBLISHED;
const playable = published !== undefined && has('numpy, scipy, pybullet');

it.skipIf(!has('numpy'))('the runner converts frames, counts and resumes as its own tests say (needs numpy)', () => {
  const { status, stderr } = python(['-m', 'unittest', 'test_runner']);
  expect(stderr).toMatch(/Ran 16 tests/);
  expect(status, stderr).toBe(0);
});

it.skipIf(!playable)('two rounds are played once (needs numpy, scipy, pybullet and GRAFT_PUBLISHED)', () => {
  const out = mkdtempSync(join(tmpdir(), 'published-'));
  const run = () =>
    python([
      ...['run.py', '--published', published!, '--out', out, '--policies', 'depth-pca'],
      ...['--cells', 'packed-fixed', 'pile-random', '--seeds', '1', '--rounds', '1'],
    ]);
  const { status, stdout, stderr } = run();
  expect(status, stderr).toBe(0);
  expect(stdout).toContain('2 rounds to play');
  const lines = readFileSync(join(out, 'pile-random_depth-pca_0.jsonl'), 'utf8').trim().split('\n');
  expect(lines).toHaveLength(1);
  const { objects, grasps } = JSON.parse(lines[0]) as { objects: number; grasps: { reason: string }[] };
  expect(objects).toBeGreaterThan(0);
  expect(grasps.length).toBeGreaterThan(0);
  expect(run().stdout).toContain('0 rounds to play');
});
