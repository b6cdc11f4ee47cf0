import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Gives all tests, and whatever they start, one folder for temporary files, and deletes it when all have run. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'graft-tests-'));
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
