/**
 * posix_spawn(3): a new process with vfork semantics, so that its cost does not grow with this process's memory.
 *
 * All of it happens in the C library between one call and its return: file actions and attributes are applied in the child, and
 * what fails there comes back as the call's result. There is no moment at which a half-made child could run JavaScript.
 */
import { readdirSync } from 'node:fs';
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

/** Where a descriptor of the child comes from: one of ours, or a path that the child opens itself. */
export type ChildDescriptor =
  | { readonly kind: 'duplicate'; readonly of: number }
  | { readonly kind: 'open'; readonly path: string; readonly flags: number };

export interface SpawnRequest {
  /** The program's path; it is not looked up. */
  readonly path: string;
  /** argv, its own name first. */
  readonly argv: readonly string[];
  /** `NAME=value` lines, or undefined for this process's environ(7) as the C library has it now. */
  readonly environment: readonly string[] | undefined;
  /** One line more, of a variable that is not among them. */
  readonly variable?: string | undefined;
  readonly cwd: string | undefined;
  /** What descriptors 0, 1, 2, … are in the child. Everything else is closed there. Applied in order: a later one may copy an earlier. */
  readonly descriptors: readonly ChildDescriptor[];
  /** The child leads a process group of its own, leads a session of its own, or stays in ours. */
  readonly leads: 'group' | 'session' | 'nothing';
  /** A descriptor (in the child) of the terminal whose foreground group the child's becomes, before the program runs. */
  readonly terminal?: number;
}

/**
 * Starts a process and returns its pid. Every signal has its default action in it and none is blocked, whatever this process ignores
 * (Node ignores SIGPIPE; a child that did the same would not end when its reader goes).
 * Throws SystemError with what posix_spawn returned; which of program, cwd or descriptor was meant is for the caller to find out.
 */
export function spawn(request: SpawnRequest): number {
  const doing = `starting ${request.path}`;
  const actions = actionsFor(request, doing);
  const attributes = attributesFor(request.leads);
  const argv = [...request.argv, null];
  const block = request.environment === undefined ? environmentWith(request.variable) : undefined;
  const error = block
    ? spawnWithPointers(pid, request.path, actions, attributes, argv, block)
    : spawnWithLines(pid, request.path, actions, attributes, argv, environmentLines(request));
  checkReturned(error, 'posix_spawn', doing);
  return pid[0] as number;
}

const pid = new Int32Array(1);

/** Whether the child can be given the terminal before its program runs. */
export function canHandOverTerminal(): boolean {
  return addSetTerminalGroup() !== undefined;
}

let last: { readonly key: string; readonly actions: Memory } | undefined;

/** One command after another mostly gets pipes of the same numbers, so what was made for the last one is kept. */
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

/** All that the actions are made of; empty when they are for this once, as those are that name each open descriptor. */
function keyOf({ descriptors, cwd, terminal }: SpawnRequest): string {
  if (cwd !== undefined || terminal !== undefined || !canCloseAll()) return '';
  let key = '-';
  for (const source of descriptors)
    key += source.kind === 'duplicate' ? `${source.of},` : `${source.path}\0${source.flags},`;
  return key;
}

function fillActions(actions: Memory, request: SpawnRequest, doing: string): void {
  for (const [fd, source] of request.descriptors.entries()) {
    // A copy onto itself clears close-on-exec (glibc 2.29, musl 1.1.24, POSIX.1-2024).
    if (source.kind === 'duplicate') checkReturned(addDup2(actions, source.of, fd), 'adddup2', doing);
    else checkReturned(addOpen(actions, fd, source.path, source.flags, 0o666), 'addopen', doing);
  }
  closeTheRest(actions, request.descriptors.length, doing);
  // Last, so that paths above were opened relative to our own directory.
  if (request.cwd !== undefined) {
    const chdir = addChdir();
    if (!chdir)
      throw new Error(`this C library's posix_spawn cannot change the directory (cwd: ${request.cwd})`);
    checkReturned(chdir(actions, request.cwd), 'addchdir', doing);
  }
  if (request.terminal !== undefined)
    checkReturned(addSetTerminalGroup()?.(actions, request.terminal) ?? 0, 'addtcsetpgrp', doing);
}

/** Without a list of what is open. */
function canCloseAll(): boolean {
  return addCloseFrom() !== undefined || requirePlatform().POSIX_SPAWN_CLOEXEC_DEFAULT !== undefined;
}

/** Node opens everything close-on-exec, but native add-ons and whoever started us may not have. */
function closeTheRest(actions: Memory, first: number, doing: string): void {
  // There the flag POSIX_SPAWN_CLOEXEC_DEFAULT does it.
  if (requirePlatform().POSIX_SPAWN_CLOEXEC_DEFAULT !== undefined) return;
  const closeFrom = addCloseFrom();
  if (closeFrom) {
    checkReturned(closeFrom(actions, first), 'addclosefrom', doing);
    return;
  }
  for (const name of readdirSync('/proc/self/fd')) {
    const fd = Number(name);
    // musl skips a close that fails, so one that is gone by then (the listing's own) does no harm.
    if (fd >= first) checkReturned(addClose(actions, fd), 'addclose', doing);
  }
}

const attributeCache = new Map<SpawnRequest['leads'], Memory>();

/** The three kinds of attributes never change, so each is built once and kept. */
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
  // All bits, not sigfillset(3): glibc's leaves out its own two (32 and 33), and posix_spawn then ignores them in the child.
  attributesDefaults(attributes, signalSet(-1n));
  attributeCache.set(leads, attributes);
  return attributes;
}

function environmentLines({ environment, variable }: SpawnRequest): (string | null)[] {
  const lines = environment ?? Object.entries(process.env).map(([name, value]) => `${name}=${value}`);
  return variable === undefined ? [...lines, null] : [...lines, variable, null];
}
