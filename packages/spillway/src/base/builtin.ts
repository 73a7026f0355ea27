/**
 * Modules of Node that are loaded when they are first used. `node:crypto` and `node:child_process` bring some
 * thirty others with them, 3 ms of an import that most programs never use; `node:net` and
 * `node:worker_threads` take 2 ms, and only a command needs them. An import of `node:timers` by name
 * brings `node:timers/promises`.
 */
interface Modules {
  child_process: typeof import('node:child_process');
  crypto: typeof import('node:crypto');
  module: typeof import('node:module');
  net: typeof import('node:net');
  timers: typeof import('node:timers');
  tty: typeof import('node:tty');
  url: typeof import('node:url');
  vm: typeof import('node:vm');
  worker_threads: typeof import('node:worker_threads');
}

export function builtin<Id extends keyof Modules>(id: Id): Modules[Id] {
  return process.getBuiltinModule(id) as Modules[Id];
}

let isMain: boolean | undefined;

/** Whether this is the thread that the program began with, not a worker thread. */
export function isMainThread(): boolean {
  isMain ??= builtin('worker_threads').isMainThread;
  return isMain;
}
