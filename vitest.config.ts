import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.ts'],
    // Children are reaped on SIGCHLD, which worker threads do not receive.
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
