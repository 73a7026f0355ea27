/**
 * posix_spawn(3) as a program uses it that stands before another on the command line, as `env`, `nice` and `timeout` do: the started
 * program is to find what it would have found without the one in between. Nothing is closed that was inherited, nothing defaulted.
 *
 * Names and arguments are bytes, since they need not be UTF-8.
 */

import { bind, globalPointer, platform, requirePlatform, SystemError, sizes } from '../libc/index.js';

type Memory = Uint8Array;

const actionsInit = bind<(a: Memory) => number>('int posix_spawn_file_actions_init(void *actions)');
const actionsDestroy = bind<(a: Memory) => number>('int posix_spawn_file_actions_destroy(void *actions)');
const addDup2 = bind<(a: Memory, from: number, to: number) => number>(
  'int posix_spawn_file_actions_adddup2(void *actions, int from, int to)',
);
const addClose = bind<(a: Memory, fd: number) => number>(
  'int posix_spawn_file_actions_addclose(void *actions, int fd)',
);
const attributesInit = bind<(a: Memory) => number>('int posix_spawnattr_init(void *attributes)');
const attributesFlags = bind<(a: Memory, flags: number) => number>(
  'int posix_spawnattr_setflags(void *attributes, short flags)',
);
const attributesDefaults = bind<(a: Memory, set: Memory) => number>(
  'int posix_spawnattr_setsigdefault(void *attributes, void *set)',
);
const attributesMask = bind<(a: Memory, set: Memory) => number>(
  'int posix_spawnattr_setsigmask(void *attributes, void *set)',
);
const posixSpawn = bind<
  (
    pid: Int32Array,
    path: Memory,
    actions: Memory,
    attributes: Memory,
    argv: readonly (Memory | null)[],
    envp: bigint | readonly (Memory | null)[],
  ) => number
>('int posix_spawn(int *pid, void *path, void *actions, void *attributes, void **argv, void *envp)');
const posixSpawnWithVariables = bind<typeof posixSpawn>(
  'int posix_spawn(int *pid, void *path, void *actions, void *attributes, void **argv, void **envp)',
);
const environ = platform?.environ === undefined ? undefined : globalPointer(platform.environ);

export interface SuccessorRequest {
  /** The program's path; it is not looked up. */
  readonly path: Buffer;
  /** argv, its own name first. */
  readonly argv: readonly Buffer[];
  /** Signals that it ignores. Those of them that this process does not ignore have their default action nevertheless. */
  readonly ignored: bigint;
  /** Signals that it blocks. Both are sets as /proc has them: bit n-1 for signal n. */
  readonly blocked: bigint;
  /** Descriptors that it has under the same number, whether or not they are close-on-exec here. */
  readonly descriptors: readonly number[];
  /** Descriptors that are closed in it. */
  readonly closed: readonly number[];
}

/** Starts it in this process's group and returns its pid. Throws SystemError with what posix_spawn returned. */
export function spawnSuccessor(request: SuccessorRequest): number {
  const doing = `starting ${request.path}`;
  const actions = new Uint8Array(sizes.fileActions);
  demand(actionsInit(actions), 'posix_spawn_file_actions_init', doing);
  try {
    // A copy onto itself clears close-on-exec, which Node sets on all that it finds open.
    for (const fd of request.descriptors) demand(addDup2(actions, fd, fd), 'adddup2', doing);
    for (const fd of request.closed) demand(addClose(actions, fd), 'addclose', doing);
    const attributes = new Uint8Array(sizes.spawnAttributes);
    const { POSIX_SPAWN_SETSIGDEF, POSIX_SPAWN_SETSIGMASK } = requirePlatform();
    attributesInit(attributes);
    attributesFlags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    attributesDefaults(attributes, signalSet(~request.ignored));
    attributesMask(attributes, signalSet(request.blocked));
    const pid = new Int32Array(1);
    const path = terminated(request.path);
    const argv = [...request.argv.map(terminated), null];
    const error = environ
      ? posixSpawn(pid, path, actions, attributes, argv, environ())
      : posixSpawnWithVariables(pid, path, actions, attributes, argv, variables());
    demand(error, 'posix_spawn', doing);
    return pid[0] as number;
  } finally {
    actionsDestroy(actions);
  }
}

/** sigset_t is an array of words with bit n-1 for signal n, everywhere that Spillway runs. */
function signalSet(signals: bigint): Memory {
  const set = new Uint8Array(sizes.signalSet);
  new DataView(set.buffer).setBigUint64(0, BigInt.asUintN(64, signals), true);
  return set;
}

function variables(): (Memory | null)[] {
  return [
    ...Object.entries(process.env).map(([name, value]) => terminated(Buffer.from(`${name}=${value}`))),
    null,
  ];
}

function terminated(text: Buffer): Memory {
  return Buffer.concat([text, Buffer.alloc(1)]);
}

/** The posix_spawn family returns the error instead of setting errno. */
function demand(error: number, call: string, doing: string): void {
  if (error !== 0) throw new SystemError(call, error, doing);
}
