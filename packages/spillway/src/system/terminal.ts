/** The controlling terminal: whose process group is in the foreground, and its modes (tcgetpgrp(3), termios(3)). */
import { closeSync, constants, openSync } from 'node:fs';
import { bind, check } from './libc.js';
import { sizes } from './platform.js';

const tcgetpgrp = bind<(fd: number) => number>('int tcgetpgrp(int fd)');
const tcsetpgrp = bind<(fd: number, group: number) => number>('int tcsetpgrp(int fd, int group)');
const tcgetattr = bind<(fd: number, modes: Uint8Array) => number>('int tcgetattr(int fd, void *modes)');
const tcsetattr = bind<(fd: number, when: number, modes: Uint8Array) => number>(
  'int tcsetattr(int fd, int when, void *modes)',
);
const getpgrp = bind<() => number>('int getpgrp()');

const TCSADRAIN = 1;

/** The controlling terminal as a descriptor that the caller closes, or undefined when this process has none. */
export function openControllingTerminal(): number | undefined {
  try {
    return openSync('/dev/tty', constants.O_RDWR | constants.O_NOCTTY);
  } catch {
    return undefined;
  }
}

/** This process's own group. */
export function ownGroup(): number {
  return getpgrp();
}

/** The terminal's foreground process group. */
export function foregroundGroup(terminal: number): number {
  return check(tcgetpgrp(terminal), 'tcgetpgrp', 'asking for the foreground process group');
}

/**
 * Makes a group the terminal's foreground group. A caller in the background is stopped by SIGTTOU unless it ignores that signal.
 */
export function setForegroundGroup(terminal: number, group: number): void {
  check(tcsetpgrp(terminal, group), 'tcsetpgrp', `making process group ${group} the foreground group`);
}

/** The terminal's modes, opaque: to be given back to `setModes`. */
export function terminalModes(terminal: number): Uint8Array {
  const modes = new Uint8Array(sizes.termios);
  check(tcgetattr(terminal, modes), 'tcgetattr', "reading the terminal's modes");
  return modes;
}

export function setModes(terminal: number, modes: Uint8Array): void {
  check(tcsetattr(terminal, TCSADRAIN, modes), 'tcsetattr', "setting the terminal's modes");
}

export function closeTerminal(terminal: number): void {
  closeSync(terminal);
}
