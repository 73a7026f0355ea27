/**
 * posix_spawn(3) for a command that stands before another on the command line, as `env`, `nice` and `timeout`
 * do. The started program finds what it would find without the one in between: no inherited descriptor is
 * closed, and no signal gets its default action.
 *
 * Names and arguments are bytes, because they need not be UTF-8.
 */

import { checkReturned, environ, requirePlatform, sizes } from '../libc/index.js';
import {
  actionsDestroy,
  actionsInit,
  addClose,
  addDup2,
  attributesDefaults,
  attributesFlags,
  attributesInit,
  attributesMask,
  spawnWithLines,
  spawnWithPointers,
} from './posix-spawn.js';
import { signalSet } from './signal-mask.js';

type Memory = Uint8Array;

export interface SuccessorRequest {
  /** The program's path. PATH is not searched. */
  readonly path: Buffer;
  /** argv, its own name first. */
  readonly argv: readonly Buffer[];
  /**
   * Signals that the program ignores. One that this process does not ignore has its default action there
   * anyway.
   */
  readonly ignored: bigint;
  /** Signals that the program blocks. Both are sets as in /proc: bit n-1 for signal n. */
  readonly blocked: bigint;
  /** Descriptors that the program gets under the same numbers, even if they are close-on-exec here. */
  readonly descriptors: readonly number[];
  /** Descriptors that are closed in the program. */
  readonly closed: readonly number[];
}

/**
 * Starts the program in this process's group and returns its pid. Throws a SystemError with posix_spawn's
 * result.
 */
export function spawnSuccessor(request: SuccessorRequest): number {
  const doing = `starting ${request.path}`;
  const actions = new Uint8Array(sizes.fileActions);
  checkReturned(actionsInit(actions), 'posix_spawn_file_actions_init', doing);
  try {
    // Copying a descriptor onto itself clears close-on-exec, which Node sets on every descriptor that it
    // finds open.
    for (const fd of request.descriptors) checkReturned(addDup2(actions, fd, fd), 'adddup2', doing);
    for (const fd of request.closed) checkReturned(addClose(actions, fd), 'addclose', doing);
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
      ? spawnWithPointers(pid, path, actions, attributes, argv, environ())
      : spawnWithLines(pid, path, actions, attributes, argv, variables());
    checkReturned(error, 'posix_spawn', doing);
    return pid[0] as number;
  } finally {
    actionsDestroy(actions);
  }
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
