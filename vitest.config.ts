import { configDefaults, defineConfig } from 'vitest/config';

/** What has nothing to do with how children are started, tests one of the ways itself, or is refused by the second. */
const ONCE = [
  'architecture',
  'cgroup-kill',
  'channel/examples',
  'channel/faults',
  'channel/frames',
  'channel/messages',
  'channel/shared-frames',
  'channel/waiting',
  'channel/writer-life',
  'deadline',
  'doctor-drawing',
  'doctor-faults',
  'doctor-healthy',
  'doctor-judge',
  'doctor-picture',
  'doctor-scenarios',
  'doctor-wording',
  'docs',
  'limits',
  'no-koffi',
  'option-errors',
  'owned-process',
  'pidfd',
  'pipeline',
  'pipeline-live',
  'pipeline-outcomes',
  'pipeline-start',
  'pty',
  'pty-ending',
  'pty-input',
  'prototypes',
  'reaper',
  'run-sync',
  'run-sync-ending',
  'run-sync-places',
  'subreaper',
  'types',
].map((name) => `packages/spillway/test/${name}.test.ts`);

export default defineConfig({
  test: {
    // Children are reaped on SIGCHLD, which worker threads do not receive.
    pool: 'forks',
    // Much of what tests do is waiting; one of two processors, the default, is idle for half of the time.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The tests of the library run with both backends. Those of the command line do not: its terminal needs the first.
    projects: [
      {
        extends: true,
        test: {
          name: 'posix',
          include: ['packages/*/test/**/*.test.ts'],
          env: { SPILLWAY_BACKEND: '' },
        },
      },
      {
        extends: true,
        test: {
          name: 'node',
          include: ['packages/spillway/test/{*,channel/*}.test.ts'],
          exclude: [...configDefaults.exclude, ...ONCE],
          env: { SPILLWAY_BACKEND: 'node' },
        },
      },
    ],
  },
});
