/** The controlling terminal: its foreground process group and its modes (tcgetpgrp(3), termios(3)). */
import { constants } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { closeSync, openSync } from '../descriptor/index.js';
import { bind, check, libcProblem, sizes } from '../libc/index.js';
import { withBlocked } from '../process/index.js';

const tcgetpgrp = bind<(fd: number) => number>('int tcgetpgrp(int fd)');
const tcsetpgrp = bind<(fd: number, group: number) => number>('int tcsetpgrp(int fd, int group)');
const tcgetattr = bind<(fd: number, modes: Uint8Array) => number>('int tcgetattr(int fd, void *modes)');
const tcsetattr = bind<(fd: number, when: number, modes: Uint8Array) => number>(
  'int tcsetattr(int fd, int when, void *modes)',
);
const exit = bind<(status: number) => void>('void _exit(int status)');
const getpgrp = bind<() => number>('int getpgrp()');

/** At once: TCSADRAIN would wait for ever on a terminal that the user has stopped with Ctrl-S. */
const TCSANOW = 0;

/** The controlling terminal as a descriptor that the caller closes; undefined when this process has none. */
export function openControllingTerminal(): number | undefined {
  try {
    return openSync('/dev/tty', constants.O_RDWR | constants.O_NOCTTY);
  } catch {
    return undefined;
  }
}

/** This process's group. */
export function ownGroup(): number {
  return getpgrp();
}

/** The terminal's foreground process group. */
export function foregroundGroup(terminal: number): number {
  return check(tcgetpgrp(terminal), 'tcgetpgrp', 'asking for the foreground process group');
}

/**
 * Makes a group the terminal's foreground group, even from the background. Errors: EPERM for a group of
 * another session, and for a group that does not exist.
 */
export function setForegroundGroup(terminal: number, group: number): void {
  withoutStopping(() => {
    check(tcsetpgrp(terminal, group), 'tcsetpgrp', `making process group ${group} the foreground group`);
  });
}

/** The terminal's modes, opaque, for `setModes`. */
export function terminalModes(terminal: number): Uint8Array {
  const modes = new Uint8Array(sizes.termios);
  check(tcgetattr(terminal, modes), 'tcgetattr', "reading the terminal's modes");
  return modes;
}

/** Gives the terminal these modes, even from the background. */
export function setModes(terminal: number, modes: Uint8Array): void {
  withoutStopping(() => {
    check(tcsetattr(terminal, TCSANOW, modes), 'tcsetattr', "setting the terminal's modes");
  });
}

export function closeTerminal(terminal: number): void {
  closeSync(terminal);
}

/** The foreground group of a terminal; undefined when the descriptor is not our controlling terminal. */
export function groupInFrontOf(fd: number | undefined): number | undefined {
  if (fd === undefined) return undefined;
  try {
    return foregroundGroup(fd);
  } catch {
    return undefined;
  }
}

/**
 * Ends this process at once. Node's exit gives the terminal the modes that it had when Node started (node.cc,
 * ResetStdio): that would undo the work of a command such as `stty`, and, from the background, take the modes
 * away from the foreground program.
 */
export function exitLeavingTerminal(status: number): never {
  if (libcProblem()) process.exit(status);
  exit(status);
  throw new Error('_exit returned');
}

/**
 * The kernel stops a background group when one of its members changes the terminal, unless that thread blocks
 * SIGTTOU or the process ignores it (tcsetpgrp(3)). Blocking it for the one call leaves the process's
 * handling of the signal as it is.
 */
function withoutStopping(change: () => void): void {
  withBlocked(osConstants.signals.SIGTTOU, 'blocking SIGTTOU', change);
}
