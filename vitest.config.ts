import { defineConfig } from 'vitest/config';
import LongestFirst from './tests/support/process/order.ts';

/** Two cores is the machine graft is measured on. */
export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/support/process/temporary-folder.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // a slow or busy machine is no failure: what is polled for may take its time
    expect: { poll: { timeout: 60_000 } },
    pool: 'forks',
    // a process runs many files: most of them load the same engines
    isolate: false,
    // more than cores: a third of the time each waits for another program, or for a page to move
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // each of them starts threads one at a time, but where a test is about several
    env: { GRAFT_WORKERS: '1' },
    // quickhull3d's ES modules import each other without file extensions, which plain Node refuses
    server: { deps: { inline: ['quickhull3d'] } },
    reporters: ['default'],
  },
});
