import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

/**
 * Tests get the modules of src/ as tsc has compiled them, and Node loads them. Transformed for each of two
 * hundred files, they took as long as a fifth of the tests.
 */
const compiled = {
  name: 'compiled',
  enforce: 'pre',
  resolveId(id: string, importer?: string) {
    const [, module] = /^(?:\.\.\/)+src\/(.*)$/.exec(id) ?? [];
    if (module === undefined || !importer?.includes('/packages/spillway/test/')) return undefined;
    return {
      id: fileURLToPath(new URL(`packages/spillway/build/${module}`, import.meta.url)),
      external: true,
    };
  },
} as const;

const pathOf = (name: string) => `packages/spillway/test/${name}.test.ts`;

/**
 * Run once, with the first backend: what stands above the seam between the backends (`ChildOwner` and
 * `StartedProcess` of process/start), what tests one of them itself, and what the second refuses. In some
 * files that run twice a `describeOnce` runs once.
 */
const ONCE = [
  'architecture',
  'base/deadline',
  'base/durations',
  'base/option-error',
  'channel/calls',
  'channel/examples',
  'channel/faults',
  'channel/frames',
  'channel/messages',
  'channel/shared',
  'channel/shared-frames',
  'channel/waiting',
  'channel/writer-life',
  'docs',
  'doctor/changes',
  'doctor/drawing',
  'doctor/explain',
  'doctor/faults',
  'doctor/healthy',
  'doctor/judge',
  'doctor/picture',
  'doctor/scenarios',
  'doctor/shared',
  'doctor/threads',
  'doctor/wording',
  'errors',
  'lab/outcome',
  'lab/report',
  'migrate',
  'no-koffi',
  'package',
  'process/cgroup-kill',
  'process/end/remains',
  'process/guard/attacks',
  'process/hidden',
  'process/start/limits',
  'process/owned-process',
  'process/reaper',
  'run/option-errors',
  'run/option-table',
  'run/pipeline/pipeline',
  'run/pipeline/pipeline-live',
  'run/pipeline/pipeline-outcomes',
  'run/pipeline/pipeline-start',
  'run/pty/pty',
  'run/pty/pty-ending',
  'run/pty/pty-input',
  'run/rsync',
  'run/sync/run-sync',
  'run/sync/run-sync-ending',
  'run/sync/run-sync-places',
  'run/telemetry',
  'script/programs',
  'script/progress',
  'stream/lines',
  'stream/output',
  'stream/spill',
  'sync/daemon',
  'sync/faults',
  'sync/jobs',
  'sync/parsing',
  'sync/ssh',
  'system/constants',
  'system/pidfd',
  'system/prototypes',
  'system/subreaper',
  'system/watched',
  'system/windows',
  'template/published-cases',
  'template/shell',
  'template/syntax-errors',
  'template/types',
  'template/words',
  'types',
].map(pathOf);

/** They start servers of their own, so `npm run test:platforms` runs them, by SPILLWAY_SERVERS. */
const SERVERS = ['sync/daemon', 'sync/ssh'].map(pathOf);

/**
 * Files that assert that little time passes, or little processor time: they run alone, after the others. So
 * does what depends on an execve(2) of some milliseconds.
 */
const SERIAL = ['channel/shared', 'channel/waiting', 'process/hidden'].map(pathOf);

/** What needs a server runs in `npm run test:platforms`. */
const OF_JOBS = 'packages/spillway-jobs/test';

/** Much of the library is tested with both backends. The command line needs the first, for terminals. */
const FOR_EACH_RUN = [
  {
    extends: true,
    test: {
      name: 'posix',
      include: ['packages/*/test/**/*.test.ts', 'bench/test/**/*.test.js'],
      exclude: [...configDefaults.exclude, ...SERIAL, ...SERVERS, `${OF_JOBS}/**`],
      env: { SPILLWAY_BACKEND: '', NODE_DISABLE_COMPILE_CACHE: '1' },
    },
  },
  {
    extends: true,
    test: {
      name: 'jobs',
      include: [`${OF_JOBS}/{attempt,cli}/**/*.test.ts`],
      exclude: [...configDefaults.exclude, `${OF_JOBS}/cli/commands.test.ts`],
      env: { SPILLWAY_BACKEND: '', NODE_DISABLE_COMPILE_CACHE: '1' },
    },
  },
  {
    extends: true,
    test: {
      name: 'node',
      include: ['packages/spillway/test/**/*.test.ts'],
      exclude: [...configDefaults.exclude, 'packages/spillway/test/{cli,pipe}/**', ...ONCE],
      env: { SPILLWAY_BACKEND: 'node', NODE_DISABLE_COMPILE_CACHE: '1' },
    },
  },
  {
    extends: true,
    test: {
      name: 'serial',
      include: SERIAL,
      env: { SPILLWAY_BACKEND: '', NODE_DISABLE_COMPILE_CACHE: '1' },
      maxWorkers: 1,
      sequence: { groupOrder: 1 },
    },
  },
] as const;

const WITH_SERVERS = [
  {
    extends: true,
    test: {
      name: 'servers',
      include: SERVERS,
      env: { SPILLWAY_BACKEND: '', NODE_DISABLE_COMPILE_CACHE: '1' },
    },
  },
] as const;

export default defineConfig({
  plugins: [compiled],
  test: {
    globalSetup: 'packages/spillway/test/helpers/built.ts',
    // Children are reaped on SIGCHLD, which worker threads do not receive.
    pool: 'forks',
    // Half of what tests do is waiting: with as many workers as processors, these are idle for half of the
    // time.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [...(process.env.SPILLWAY_SERVERS ? WITH_SERVERS : FOR_EACH_RUN)],
  },
});
