/**
 * Makes `schemas.binpb` anew, after `graft.proto` or the list of types has changed:
 * `npx tsx sim/recording/write/make-schemas.ts`. Needs `protoc` (Debian: `protobuf-compiler`).
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { foxgloveEnumSchemas, foxgloveMessageSchemas, generateProto } from '@foxglove/schemas/internal';
import { SCHEMA_NAMES } from '../format.ts';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'graft-schemas-'));
try {
  mkdirSync(join(folder, 'foxglove'));
  for (const schema of Object.values(foxgloveMessageSchemas)) {
    const enums = Object.values(foxgloveEnumSchemas).filter((e) => e.parentSchemaName === schema.name);
    writeFileSync(join(folder, 'foxglove', `${schema.name}.proto`), generateProto(schema, enums));
  }
  copyFileSync(here('./graft.proto'), join(folder, 'graft.proto'));
  const foxglove = SCHEMA_NAMES.filter((name) => name.startsWith('foxglove.'));
  const files = ['graft.proto', ...foxglove.map((name) => `${name.replace('.', '/')}.proto`)];
  execFileSync(
    'protoc',
    ['--include_imports', `--proto_path=${folder}`, `--descriptor_set_out=${here('./schemas.binpb')}`, ...files],
    { stdio: 'inherit' },
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
