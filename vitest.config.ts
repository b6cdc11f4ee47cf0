import { defineConfig } from 'vitest/config';

/** Two cores is the machine graft is measured on; heavy files run one at a time so that timings in the log mean something. */
export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/support/process/temporary-folder.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // a slow or busy machine is no failure: what is polled for may take its time
    expect: { poll: { timeout: 20_000 } },
    pool: 'forks',
    maxWorkers: 2,
    // quickhull3d's ES modules import each other without file extensions, which plain Node refuses
    server: { deps: { inline: ['quickhull3d'] } },
    reporters: ['default'],
  },
});
