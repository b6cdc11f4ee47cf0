import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decodePack } from '../../../../scenarios/experiments/pack.ts';
import { benchTransfer } from '../../../../scenarios/experiments/transfer/transfer.ts';
import { temporaryFolder } from '../../../support/process/cli.ts';

const DOCS = fileURLToPath(new URL('../../../../docs/', import.meta.url));

describe('the published benchmark', () => {
  const folder = temporaryFolder();

  it('is what its packed raw results say, byte for byte', async () => {
    const quick = join(DOCS, 'bench-quick');
    copyFileSync(join(quick, 'raw.jsonl.gz'), join(folder, 'raw.jsonl.gz'));
    await benchTransfer({
      preset: 'quick',
      out: folder,
      reportOnly: true,
      workers: 1,
      quiet: true,
      command: 'npx graft bench transfer --preset quick --report-only',
      signal: new AbortController().signal,
    });
    expect(readFileSync(join(folder, 'result.json'), 'utf8')).toBe(readFileSync(join(quick, 'result.json'), 'utf8'));
    expect(readdirSync(folder).sort()).toEqual(['raw.jsonl.gz', 'report.html', 'result.json']);
  });

  it('counts all the raw results that there are of the full one', () => {
    const { details, missing } = JSON.parse(readFileSync(join(DOCS, 'bench-full', 'result.json'), 'utf8')) as {
      readonly details: readonly { readonly arms: readonly { readonly seeds: readonly number[] }[] }[];
      readonly missing: readonly string[];
    };
    const path = join(DOCS, 'bench-full', 'raw.jsonl.gz');
    const units = [...decodePack(readFileSync(path), path).keys()].filter((name) => !name.includes('/scene-'));
    expect(units).toHaveLength(details.flatMap(({ arms }) => arms).flatMap(({ seeds }) => seeds).length);
    for (const name of missing) expect(units).not.toContain(name);
  });
});
