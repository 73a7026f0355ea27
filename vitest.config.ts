import { configDefaults, defineConfig } from 'vitest/config';

/** What has nothing to do with how children are started, tests one of the ways itself, or is refused by the second. */
const ONCE = [
  'architecture',
  'base/deadline',
  'channel/examples',
  'channel/faults',
  'channel/frames',
  'channel/messages',
  'channel/shared-frames',
  'channel/waiting',
  'channel/writer-life',
  'docs',
  'doctor/drawing',
  'doctor/faults',
  'doctor/healthy',
  'doctor/judge',
  'doctor/picture',
  'doctor/scenarios',
  'doctor/wording',
  'no-koffi',
  'process/cgroup-kill',
  'process/limits',
  'process/owned-process',
  'process/reaper',
  'run/option-errors',
  'run/pipeline/pipeline',
  'run/pipeline/pipeline-live',
  'run/pipeline/pipeline-outcomes',
  'run/pipeline/pipeline-start',
  'run/pty/pty',
  'run/pty/pty-ending',
  'run/pty/pty-input',
  'run/sync/run-sync',
  'run/sync/run-sync-ending',
  'run/sync/run-sync-places',
  'system/pidfd',
  'system/prototypes',
  'system/subreaper',
  'types',
].map((name) => `packages/spillway/test/${name}.test.ts`);

export default defineConfig({
  test: {
    globalSetup: 'packages/spillway/test/helpers/built.ts',
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
          include: ['packages/spillway/test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, 'packages/spillway/test/{cli,pipe}/**', ...ONCE],
          env: { SPILLWAY_BACKEND: 'node' },
        },
      },
    ],
  },
});
