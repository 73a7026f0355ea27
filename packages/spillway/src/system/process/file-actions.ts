/** What posix_spawn(3) does in the child before the program runs, in order. */
import { readdirSync } from 'node:fs';
import { exactWord } from '../../base/index.js';
import { checkReturned, required, requirePlatform, sizes } from '../libc/index.js';
import {
  actionsDestroy,
  actionsInit,
  addChdir,
  addClose,
  addCloseFrom,
  addDup2,
  addFchdir,
  addOpen,
  addSetTerminalGroup,
} from './posix-spawn.js';
import type { SpawnRequest } from './spawn-request.js';

type Memory = Uint8Array;

/** Actions that no call uses. Consecutive commands mostly get pipes with the same numbers. */
const idle: { readonly key: string; readonly actions: Memory }[] = [];
/** As many as may be in use at a time. */
const MOST_IDLE = 4;

export interface BorrowedActions {
  /** In memory outside of V8's heap; for one call at a time. */
  readonly actions: Memory;
  /** The call is over. */
  giveBack(): void;
}

/** Actions for one start. `directory`: a descriptor of the one to start in. */
export function borrowActions(request: SpawnRequest, doing: string, directory?: number): BorrowedActions {
  const key = keyOf(request, directory);
  const at = key === '' ? -1 : idle.findIndex((one) => one.key === key);
  const [known] = at < 0 ? [] : idle.splice(at, 1);
  const actions = known?.actions ?? newActions(request, doing, directory);
  return { actions, giveBack: () => putBack(key, actions) };
}

function putBack(key: string, actions: Memory): void {
  if (key === '') {
    actionsDestroy(actions);
    return;
  }
  idle.unshift({ key, actions });
  if (idle.length > MOST_IDLE) actionsDestroy((idle.pop() as { actions: Memory }).actions);
}

function newActions(request: SpawnRequest, doing: string, directory: number | undefined): Memory {
  const actions = new Uint8Array(sizes.fileActions);
  checkReturned(actionsInit(actions), 'posix_spawn_file_actions_init', doing);
  try {
    // First: a descriptor of the child's may take its number.
    if (directory !== undefined) checkReturned(required(addFchdir)(actions, directory), 'addfchdir', doing);
    fillActions(actions, request, doing);
    return actions;
  } catch (error) {
    actionsDestroy(actions);
    throw error;
  }
}

/**
 * Everything the actions depend on. Empty for actions that cannot be used again, such as those that list each
 * open descriptor.
 */
function keyOf({ descriptors, cwd, terminal }: SpawnRequest, directory: number | undefined): string {
  if (cwd !== undefined || terminal !== undefined || !canCloseAll()) return '';
  let key = `${directory ?? ''}-`;
  for (const source of descriptors)
    if (source.kind === 'duplicate') key += `${source.of},`;
    else key += source.kind === 'open' ? `${source.path}\0${source.flags},` : 'x,';
  return key;
}

function fillActions(actions: Memory, request: SpawnRequest, doing: string): void {
  for (const [fd, source] of request.descriptors.entries()) {
    // Copying a descriptor onto itself clears close-on-exec (glibc 2.29, musl 1.1.24, POSIX.1-2024).
    if (source.kind === 'duplicate') checkReturned(addDup2(actions, source.of, fd), 'adddup2', doing);
    else if (source.kind === 'open')
      checkReturned(addOpen(actions, fd, source.path, source.flags, 0o666), 'addopen', doing);
    // posix_spawn(3) does not fail where there is nothing to close.
    else checkReturned(addClose(actions, fd), 'addclose', doing);
  }
  closeTheRest(actions, request.descriptors.length, doing);
  // Last: the child opens the paths above relative to our directory.
  if (request.cwd !== undefined) {
    const chdir = addChdir();
    if (!chdir)
      throw new Error(`this C library's posix_spawn cannot change the directory (cwd: ${request.cwd})`);
    checkReturned(chdir(actions, exactWord(request.cwd)), 'addchdir', doing);
  }
  if (request.terminal !== undefined)
    checkReturned(addSetTerminalGroup()?.(actions, request.terminal) ?? 0, 'addtcsetpgrp', doing);
}

/** Whether the child can close the rest without a list of open descriptors. */
export function canCloseAll(): boolean {
  return addCloseFrom() !== undefined || requirePlatform().POSIX_SPAWN_CLOEXEC_DEFAULT !== undefined;
}

/** Node opens everything close-on-exec, but native add-ons and the program that started this one may not. */
function closeTheRest(actions: Memory, first: number, doing: string): void {
  // macOS: the flag POSIX_SPAWN_CLOEXEC_DEFAULT closes them.
  if (requirePlatform().POSIX_SPAWN_CLOEXEC_DEFAULT !== undefined) return;
  const closeFrom = addCloseFrom();
  if (closeFrom) {
    checkReturned(closeFrom(actions, first), 'addclosefrom', doing);
    return;
  }
  for (const name of readdirSync('/proc/self/fd')) {
    const fd = Number(name);
    // musl ignores a close that fails, so a descriptor that is closed by then (that of the listing itself)
    // does no harm.
    if (fd >= first) checkReturned(addClose(actions, fd), 'addclose', doing);
  }
}
