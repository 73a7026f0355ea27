/**
 * posix_spawn(3): a new process with vfork semantics, whose cost does not grow with this process's memory.
 *
 * The C library does all of it within one call. It applies file actions and attributes in the child, and
 * returns what fails there as the call's result. No half-made child can ever run JavaScript.
 */
import { readdirSync } from 'node:fs';
import { exactWord } from '../../base/index.js';
import { checkReturned, environmentWith, requirePlatform, sizes } from '../libc/index.js';
import {
  actionsDestroy,
  actionsInit,
  addChdir,
  addClose,
  addCloseFrom,
  addDup2,
  addOpen,
  addSetTerminalGroup,
  attributesDefaults,
  attributesFlags,
  attributesGroup,
  attributesInit,
  attributesMask,
  spawnWithLines,
  spawnWithPointers,
} from './posix-spawn.js';
import { signalSet } from './signal-mask.js';

type Memory = Uint8Array;

/** What a descriptor of the child is: a copy of one of ours, a path that the child opens, or nothing. */
export type ChildDescriptor =
  | { readonly kind: 'duplicate'; readonly of: number }
  | { readonly kind: 'open'; readonly path: string; readonly flags: number }
  | { readonly kind: 'closed' };

/** Text stands for bytes as `bytesOf` has it. */
export interface SpawnRequest {
  /** The program's path. PATH is not searched. */
  readonly path: string;
  /** argv, its own name first. */
  readonly argv: readonly string[];
  /** `NAME=value` lines; undefined for the C library's environ(7) of this process as it is now. */
  readonly environment: readonly string[] | undefined;
  /** One more line, for a variable that is not among them. */
  readonly variable?: string | undefined;
  readonly cwd: string | undefined;
  /**
   * The child's descriptors 0, 1, 2, …; all others are closed there. Applied in order: a later one may copy
   * an earlier one.
   */
  readonly descriptors: readonly ChildDescriptor[];
  /**
   * Whether the child leads a process group of its own, leads a session of its own, or stays in our group.
   */
  readonly leads: 'group' | 'session' | 'nothing';
  /**
   * The child's descriptor of the terminal that gets the child's process group as its foreground group,
   * before the program runs.
   */
  readonly terminal?: number;
}

/**
 * Starts a process and returns its pid. In it every signal has its default action and none is blocked,
 * whatever this process ignores. (Node ignores SIGPIPE; a child that inherited that would not end when its
 * reader is gone.) Throws a SystemError with posix_spawn's result. The caller finds out whether it concerns
 * the program, the cwd or a descriptor.
 */
export function spawn(request: SpawnRequest): number {
  const doing = `starting ${request.path}`;
  const actions = actionsFor(request, doing);
  const attributes = attributesFor(request.leads);
  const path = exactWord(request.path);
  const argv = [...request.argv.map(exactWord), null];
  const block = request.environment === undefined ? environmentWith(request.variable) : undefined;
  const error = block
    ? spawnWithPointers(pid, path, actions, attributes, argv, block)
    : spawnWithLines(pid, path, actions, attributes, argv, linesOf(request));
  checkReturned(error, 'posix_spawn', doing);
  return pid[0] as number;
}

const pid = new Int32Array(1);

/** Whether the C library can give the child the terminal before the program runs. */
export function canHandOverTerminal(): boolean {
  return addSetTerminalGroup() !== undefined;
}

let last: { readonly key: string; readonly actions: Memory } | undefined;

/** Keeps the latest actions: consecutive commands mostly get pipes with the same numbers. */
function actionsFor(request: SpawnRequest, doing: string): Memory {
  const key = keyOf(request);
  if (last && key !== '' && last.key === key) return last.actions;
  if (last) actionsDestroy(last.actions);
  last = undefined;
  const actions = new Uint8Array(sizes.fileActions);
  checkReturned(actionsInit(actions), 'posix_spawn_file_actions_init', doing);
  last = { key: '', actions };
  fillActions(actions, request, doing);
  last = { key, actions };
  return actions;
}

/**
 * Everything the actions depend on. Empty for actions that cannot be used again, such as those that list each
 * open descriptor.
 */
function keyOf({ descriptors, cwd, terminal }: SpawnRequest): string {
  if (cwd !== undefined || terminal !== undefined || !canCloseAll()) return '';
  let key = '-';
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
function canCloseAll(): boolean {
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

const attributeCache = new Map<SpawnRequest['leads'], Memory>();

/** Each of the three kinds of attributes is built once and kept. */
function attributesFor(leads: SpawnRequest['leads']): Memory {
  const cached = attributeCache.get(leads);
  if (cached) return cached;
  const p = requirePlatform();
  const attributes = new Uint8Array(sizes.spawnAttributes);
  let flags = p.POSIX_SPAWN_SETSIGDEF | p.POSIX_SPAWN_SETSIGMASK | (p.POSIX_SPAWN_CLOEXEC_DEFAULT ?? 0);
  if (leads === 'group') flags |= p.POSIX_SPAWN_SETPGROUP;
  if (leads === 'session') flags |= p.POSIX_SPAWN_SETSID;
  attributesInit(attributes);
  attributesFlags(attributes, flags);
  if (leads === 'group') attributesGroup(attributes, 0);
  attributesMask(attributes, signalSet(0n));
  // All bits, not sigfillset(3): glibc's leaves out its own two signals (32 and 33), and posix_spawn then
  // ignores them in the child.
  attributesDefaults(attributes, signalSet(-1n));
  attributeCache.set(leads, attributes);
  return attributes;
}

function linesOf({ environment, variable }: SpawnRequest): (string | Buffer | null)[] {
  const lines = environment ?? Object.entries(process.env).map(([name, value]) => `${name}=${value}`);
  const exact = lines.map(exactWord);
  return variable === undefined ? [...exact, null] : [...exact, variable, null];
}
