/**
 * Pseudo-terminals (pty(7)): bytes written to the master reach the slave's reader as typed input, and bytes
 * written to the slave come out of the master.
 */
import { accessSync, constants } from 'node:fs';
import { closeDescriptor, duplicate, ioctl } from '../descriptor/index.js';
import { bind, check, errnoOf, lastErrno, requirePlatform, SystemError } from '../libc/index.js';
import { terminalModes } from './controlling-terminal.js';

const posixOpenpt = bind<(flags: number) => number>('int posix_openpt(int flags)');
const grantpt = bind<(fd: number) => number>('int grantpt(int fd)');
const unlockpt = bind<(fd: number) => number>('int unlockpt(int fd)');
/** glibc, musl, macOS 10.13.4. */
const ptsname = bind<(fd: number, name: Uint8Array, bytes: number) => number>(
  'int ptsname_r(int fd, void *name, size_t bytes)',
);

/** The size of a terminal, in characters. */
export interface WindowSize {
  readonly columns: number;
  readonly rows: number;
}

export interface PseudoTerminal {
  /** Close-on-exec, above 2, and non-blocking: a read or write that would wait fails with EAGAIN. */
  readonly master: number;
  /** A copy of the master, for a reader that closes the descriptor it reads. */
  readonly output: number;
  /** The path of the slave, `/dev/pts/3`. */
  readonly path: string;
}

const OPENING = 'opening a pseudo-terminal';

/**
 * Makes a pseudo-terminal. Errors: ENOSPC when the system's limit is reached, ENOENT without /dev/ptmx or
 * /dev/pts, EMFILE, ENFILE.
 */
export function openPseudoTerminal(size: WindowSize): PseudoTerminal {
  const { O_CLOEXEC, O_NONBLOCK } = requirePlatform();
  const flags = constants.O_RDWR | constants.O_NOCTTY | O_CLOEXEC | O_NONBLOCK;
  let master = check(posixOpenpt(flags), 'posix_openpt', OPENING);
  try {
    if (master <= 2) {
      const low = master;
      master = duplicate(low, 3, OPENING);
      closeDescriptor(low);
    }
    check(grantpt(master), 'grantpt', OPENING);
    check(unlockpt(master), 'unlockpt', OPENING);
    const path = slavePath(master);
    setWindowSize(master, size);
    return { master, output: duplicate(master, 3, OPENING), path };
  } catch (error) {
    closeDescriptor(master);
    throw error;
  }
}

/**
 * Sets the size. When it has changed, the kernel sends the foreground process group SIGWINCH (ioctl_tty(2)).
 */
export function setWindowSize(terminal: number, { columns, rows }: WindowSize): void {
  const size = new Uint16Array([rows, columns, 0, 0]);
  const result = ioctl(terminal, requirePlatform().TIOCSWINSZ, 'uint16_t *', size);
  check(result, 'ioctl(TIOCSWINSZ)', `setting a terminal's size to ${columns}×${rows}`);
}

export function windowSize(terminal: number): WindowSize {
  const size = new Uint16Array(4);
  const result = ioctl(terminal, requirePlatform().TIOCGWINSZ, 'uint16_t *', size);
  check(result, 'ioctl(TIOCGWINSZ)', "asking for a terminal's size");
  return { columns: size[1] as number, rows: size[0] as number };
}

/** How a terminal in canonical mode reads input: line by line. */
export interface LineEditing {
  /**
   * The byte that ends a line without a newline and, on an empty line, means end of file; 0 when it is
   * switched off.
   */
  readonly endOfFile: number;
  /** The longest line; the kernel drops further bytes. */
  readonly longestLine: number;
}

/**
 * Undefined when the program reads each byte as it is typed, as editors do. The master answers for the slave.
 */
export function lineEditing(terminal: number): LineEditing | undefined {
  const { termios } = requirePlatform();
  const modes = terminalModes(terminal);
  const flags = new DataView(modes.buffer).getUint32(termios.localFlags, true);
  if ((flags & termios.ICANON) === 0) return undefined;
  return { endOfFile: modes[termios.endOfFile] as number, longestLine: termios.longestLine };
}

function slavePath(master: number): string {
  const name = new Uint8Array(128);
  const result = ptsname(master, name, name.length);
  // Linux returns the error, macOS sets errno.
  if (result !== 0) throw new SystemError('ptsname_r', result === -1 ? lastErrno() : result, OPENING);
  const path = Buffer.from(name.subarray(0, name.indexOf(0))).toString();
  try {
    // The child will open it. Without this check, a failure there would look like a missing program.
    accessSync(path, constants.R_OK | constants.W_OK);
  } catch (error) {
    const { errno = -errnoOf.ENOENT } = error as NodeJS.ErrnoException;
    throw new SystemError('ptsname_r', -errno, `${OPENING}, whose other side is ${path}`);
  }
  return path;
}
