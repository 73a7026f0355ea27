import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['packages/spillway-jobs/test/**/*.test.ts'],
    // Children are reaped on SIGCHLD, which worker threads do not receive.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The default of a second is short on a loaded machine.
    expect: { poll: { timeout: 20_000, interval: 20 } },
  },
});
