/**
 * The functions of posix_spawn(3). They return an error number and leave errno alone (see `checkReturned`).
 *
 * posix_spawn itself has two prototypes, one for each form of the environment.
 */
import { bind, bindAsync, bindOptional } from '../libc/index.js';

type Memory = Uint8Array;

export const actionsInit = bind<(a: Memory) => number>('int posix_spawn_file_actions_init(void *actions)');
export const actionsDestroy = bind<(a: Memory) => number>(
  'int posix_spawn_file_actions_destroy(void *actions)',
);
export const addDup2 = bind<(a: Memory, from: number, to: number) => number>(
  'int posix_spawn_file_actions_adddup2(void *actions, int from, int to)',
);
export const addOpen = bind<(a: Memory, fd: number, path: string, flags: number, mode: number) => number>(
  'int posix_spawn_file_actions_addopen(void *actions, int fd, const char *path, int flags, uint32_t mode)',
);
export const addClose = bind<(a: Memory, fd: number) => number>(
  'int posix_spawn_file_actions_addclose(void *actions, int fd)',
);
/** glibc 2.29, musl 1.1.24, macOS 10.15. */
export const addChdir = bindOptional<(a: Memory, path: string | Memory) => number>(
  'int posix_spawn_file_actions_addchdir_np(void *actions, const char *path)',
);
/** The same by a descriptor. */
export const addFchdir = bindOptional<(a: Memory, fd: number) => number>(
  'int posix_spawn_file_actions_addfchdir_np(void *actions, int fd)',
);
/** glibc 2.34; not in musl. */
export const addCloseFrom = bindOptional<(a: Memory, from: number) => number>(
  'int posix_spawn_file_actions_addclosefrom_np(void *actions, int from)',
);
/** glibc 2.35; not in musl. */
export const addSetTerminalGroup = bindOptional<(a: Memory, fd: number) => number>(
  'int posix_spawn_file_actions_addtcsetpgrp_np(void *actions, int fd)',
);

export const attributesInit = bind<(a: Memory) => number>('int posix_spawnattr_init(void *attributes)');
export const attributesFlags = bind<(a: Memory, flags: number) => number>(
  'int posix_spawnattr_setflags(void *attributes, short flags)',
);
export const attributesGroup = bind<(a: Memory, group: number) => number>(
  'int posix_spawnattr_setpgroup(void *attributes, int group)',
);
export const attributesDefaults = bind<(a: Memory, set: Memory) => number>(
  'int posix_spawnattr_setsigdefault(void *attributes, void *set)',
);
export const attributesMask = bind<(a: Memory, set: Memory) => number>(
  'int posix_spawnattr_setsigmask(void *attributes, void *set)',
);

/** Text, or bytes that end with NUL. */
type Word = string | Memory;

type SpawnCall<Environment> = (
  pid: Int32Array,
  path: Word,
  actions: Memory,
  attributes: Memory,
  argv: readonly (Word | null)[],
  envp: Environment,
) => number;

const WITH_LINES =
  'int posix_spawn(int *pid, const char *path, void *fa, void *attr, const char **argv, const char **envp)';
const WITH_POINTERS =
  'int posix_spawn(int *pid, const char *path, void *fa, void *attr, const char **argv, void *envp)';

/** The environment as lines. */
export const spawnWithLines = bind<SpawnCall<readonly (Word | null)[]>>(WITH_LINES);
/** The environment as an array of pointers, or the address of one. */
export const spawnWithPointers = bind<SpawnCall<Buffer | bigint>>(WITH_POINTERS);

/** The same on a thread of libuv's pool. */
export const spawnLaterWithLines = bindAsync<Parameters<typeof spawnWithLines>, number>(WITH_LINES);
export const spawnLaterWithPointers = bindAsync<Parameters<typeof spawnWithPointers>, number>(WITH_POINTERS);
