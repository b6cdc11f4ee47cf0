import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { POLICY_FILE, policyNote, WEIGHTS_FILE } from '../../viewer/policy-note.ts';
import { writeSite } from '../../viewer/site.ts';
import { temporaryFolder } from '../support/process/cli.ts';

const folder = temporaryFolder();
const policy = { bytes: Uint8Array.of(1, 2, 3), about: 'a "test"', scenario: 'bin' };
const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

it('a site has the pages, with a policy if one is given, whole or not at all', async () => {
  await writeSite(join(folder, 'plain'));
  expect(json(join(folder, 'plain', POLICY_FILE))).toEqual({ policy: null });
  await writeSite(join(folder, 'with'), policy);
  expect(json(join(folder, 'with', POLICY_FILE))).toEqual(JSON.parse(policyNote(policy)));
  expect([...readFileSync(join(folder, 'with', WEIGHTS_FILE))]).toEqual([1, 2, 3]);
  const pages = readdirSync(join(folder, 'plain')).filter((name) => name.endsWith('.html'));
  expect(pages.sort()).toEqual(['grasps.html', 'index.html', 'play.html', 'race.html', 'viewer.html']);
  mkdirSync(join(folder, 'there'));
  await expect(writeSite(join(folder, 'there'))).rejects.toThrow(
    'there: expected a folder that does not exist yet, got one that does',
  );
  expect(readdirSync(folder).sort()).toEqual(['plain', 'there', 'with']);
});

it('the note of a policy says where its weights are, what it is, and which scenario it is for', () =>
  expect(JSON.parse(policyNote(policy))).toEqual({
    policy: { file: WEIGHTS_FILE, about: 'a "test"', scenario: 'bin' },
  }));
