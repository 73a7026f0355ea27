/**
 * Modules of Node that are loaded when they are first used. `node:crypto` and `node:child_process` bring some
 * thirty others with them, 3 ms of an import that most programs never use. An import of `node:timers` by name
 * brings `node:timers/promises`.
 */
interface Modules {
  child_process: typeof import('node:child_process');
  crypto: typeof import('node:crypto');
  module: typeof import('node:module');
  timers: typeof import('node:timers');
  url: typeof import('node:url');
  vm: typeof import('node:vm');
}

export function builtin<Id extends keyof Modules>(id: Id): Modules[Id] {
  return process.getBuiltinModule(id) as Modules[Id];
}
