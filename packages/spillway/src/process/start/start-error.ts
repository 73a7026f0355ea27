/** Explains a failed start: whether program, directory or system is the cause, and what to do about it. */
import { accessSync, constants, statSync } from 'node:fs';
import { exactPath, ownProperties, safeLines, shellWord } from '../../base/index.js';
import { closeSync, openSync, readSync, SystemError } from '../../system/index.js';
import { hintForLine } from './line-hints.js';

/** The facts about a start that its error needs. */
export interface StartAttempt {
  /** The program as the caller named it. */
  readonly file: string;
  /** The program's path, if it was found. */
  readonly path?: string | undefined;
  readonly cwd?: string | undefined;
  /** Its place among several, as in `'command 2 of sort | uniq'`. */
  readonly place?: string | undefined;
  /** Says which of its words is too large (E2BIG). */
  readonly tooLarge?: () => string;
}

/**
 * The program was not started. `code` is the system's name for the reason (`'ENOENT'`, `'EACCES'`,
 * `'ENOEXEC'`, `'E2BIG'`, `'EAGAIN'`, `'EMFILE'`, …). `subject` is the cause: the program, the working
 * directory, a file named in the options, or the system.
 */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly code: string;
  readonly file: string;
  readonly cwd: string | undefined;
  readonly subject: 'program' | 'cwd' | 'file' | 'system';
  /** The part of the message that says why, and what to do. */
  readonly reason: string;

  constructor(
    given: StartAttempt,
    code: string,
    subject: StartError['subject'],
    reason: string,
    cause?: unknown,
  ) {
    const attempt = ownProperties(given);
    const place = attempt.place ? ` (${attempt.place})` : '';
    super(
      safeLines(`cannot start ${shellWord(attempt.file)}${place}: ${reason} (${code})`),
      cause === undefined ? undefined : { cause },
    );
    this.code = code;
    this.file = attempt.file;
    this.cwd = attempt.cwd;
    this.subject = subject;
    this.reason = reason;
  }
}

/**
 * The error with a stack that begins at the caller of `callee`; the frames between them are many, and would
 * leave no room for the caller's. `cause` has those of the failed call.
 */
export function atCaller(error: unknown, callee: (...args: never[]) => unknown): unknown {
  if (error instanceof StartError) Error.captureStackTrace(error, callee);
  return error;
}

/** A StartError for a SystemError; any other error is returned unchanged. */
export function explainStart(error: unknown, given: StartAttempt): unknown {
  if (!(error instanceof SystemError)) return error;
  const attempt = ownProperties(given);
  const make = (subject: StartError['subject'], reason: string) =>
    new StartError(attempt, error.code, subject, reason, error);
  const cwdProblem = attempt.cwd === undefined ? undefined : problemOfCwd(attempt.cwd, error.code);
  if (cwdProblem) return make('cwd', cwdProblem);
  if (error.syscall === 'fcntl(F_SETPIPE_SZ)') return make('system', pipeRefusal(error));
  if (error.syscall === 'prlimit' || error.syscall === 'setpriority')
    return make('system', constraintRefusal(error));
  if (PTY_CALLS.has(error.syscall) && error.code !== 'EMFILE' && error.code !== 'ENFILE')
    return make('system', ptyRefusal(error));
  const path = attempt.path ?? attempt.file;
  switch (error.code) {
    case 'ENOENT':
      return make('program', (exists(path) ? undefined : hintForLine(attempt.file)) ?? missing(path));
    case 'EACCES':
      return make('program', forbidden(path));
    case 'ENOTDIR':
      return make('program', `a part of the path ${shellWord(path)} is not a directory`);
    case 'ENOEXEC':
      return make('program', unknownFormat(path));
    case 'ETXTBSY':
      return make('program', `${shellWord(path)} is open for writing; close it before running it`);
    case 'E2BIG':
      return make('system', attempt.tooLarge?.() ?? error.message);
    case 'EAGAIN':
      return make(
        'system',
        'the limit on processes or threads is reached ' +
          '(ulimit -u, or the pids limit of the container); start fewer at a time',
      );
    case 'EMFILE':
      return make(
        'system',
        'this process has too many files open (ulimit -n); start fewer at a time, or raise the limit',
      );
    case 'ENFILE':
      return make('system', 'the system has too many files open (/proc/sys/fs/file-max)');
    case 'ENOMEM':
      return make('system', 'not enough memory for a new process');
    default:
      return make('system', error.message);
  }
}

/** fcntl(2), F_SETPIPE_SZ. */
function pipeRefusal({ code, doing }: SystemError): string {
  if (code === 'EPERM') {
    return (
      `${doing} is not permitted; /proc/sys/fs/pipe-max-size bounds one pipe, ` +
      'and /proc/sys/fs/pipe-user-pages-soft all pipes of a user'
    );
  }
  if (code === 'ENOSYS') return 'pipes have one size on this system; leave pipeCapacity out';
  return `${doing} failed; ask for less`;
}

/** setrlimit(2), setpriority(2). */
function constraintRefusal({ code, syscall, doing }: SystemError): string {
  if (code === 'ENOSYS') return `${doing} is possible only on Linux; leave limits out`;
  if (syscall === 'setpriority')
    return `${doing} needs rights that this user lacks; a larger value needs none`;
  return `${doing} is more than this user's hard limit (ulimit -H -a); ask for less`;
}

const PTY_CALLS = new Set(['posix_openpt', 'grantpt', 'unlockpt', 'ptsname_r']);

/** pty(7), posix_openpt(3). */
function ptyRefusal({ code, message }: SystemError): string {
  if (code === 'ENOSPC')
    return (
      'the system has no pseudo-terminal left ' +
      '(/proc/sys/kernel/pty/max, or the option max of the mount /dev/pts); close some, or raise the limit'
    );
  if (code === 'ENOENT') return `${message}; a container needs /dev/ptmx, and devpts mounted at /dev/pts`;
  return message;
}

function problemOfCwd(cwd: string, code: string): string | undefined {
  try {
    if (!statSync(exactPath(cwd)).isDirectory())
      return `the working directory ${shellWord(cwd)} is not a directory`;
    if (code === 'EACCES') accessSync(exactPath(cwd), constants.X_OK);
    return undefined;
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    if (reason === 'ENOENT') return `the working directory ${shellWord(cwd)} does not exist`;
    return `the working directory ${shellWord(cwd)} cannot be entered`;
  }
}

function missing(path: string): string {
  const interpreter = scriptInterpreter(path);
  if (interpreter?.endsWith('\r')) {
    const named = `the lines of ${shellWord(path)} end with CR LF, so it asks for ${shellWord(interpreter)}`;
    return `${named}, which does not exist; convert it, as dos2unix does`;
  }
  if (interpreter) {
    const named = `${shellWord(path)} asks for the interpreter ${shellWord(interpreter)}`;
    return `${named}, which does not exist; correct its first line`;
  }
  if (exists(path))
    return `the loader that ${shellWord(path)} needs does not exist; it was built for another system`;
  return `${shellWord(path)} does not exist`;
}

function forbidden(path: string): string {
  try {
    if (statSync(exactPath(path)).isDirectory()) return `${shellWord(path)} is a directory`;
  } catch {
    return `${shellWord(path)} may not be reached by this user`;
  }
  const interpreter = scriptInterpreter(path);
  if (interpreter && isExecutable(path))
    return `its interpreter ${shellWord(interpreter)} may not be executed`;
  return `${shellWord(path)} is not executable for this user; chmod +x it, or name its interpreter`;
}

function unknownFormat(path: string): string {
  const start = firstBytes(path, 512);
  if (start && start.length > 0 && !start.includes(0)) {
    const file = shellWord(path);
    if (start.toString('latin1', 0, 5) === BOM_AND_MARK)
      return `${file} begins with a byte order mark, and "#!" must be its first two bytes; remove the mark`;
    if (start.toString('latin1', 0, 2) === '#!')
      return `the "#!" line of ${file} is longer than the ${LONGEST_FIRST_LINE} bytes that the kernel reads`;
    const advice = `add one, or run it with its interpreter, as in sh ${file}`;
    return `${file} is a text file without a "#!" line; ${advice}`;
  }
  return `${shellWord(path)} is not a program for this machine`;
}

/** The UTF-8 bytes of U+FEFF, and the two that make a file a script. */
const BOM_AND_MARK = '\xef\xbb\xbf#!';
/** Of an interpreter's path with its argument (execve(2), since Linux 5.1). */
const LONGEST_FIRST_LINE = 255;

/** The program after `#!` in a script's first line (execve(2)); the kernel ends it at a space or tab. */
export function scriptInterpreter(path: string): string | undefined {
  return /^#![ \t]*([^ \t\n]+)/.exec(firstBytes(path, 256)?.toString() ?? '')?.[1];
}

export function firstBytes(path: string, count: number): Buffer | undefined {
  try {
    if (!statSync(exactPath(path)).isFile()) return undefined;
    const fd = openSync(exactPath(path), 'r');
    try {
      const bytes = Buffer.alloc(count);
      return bytes.subarray(0, readSync(fd, bytes, 0, count, 0));
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

function exists(path: string): boolean {
  return statSync(exactPath(path), { throwIfNoEntry: false }) !== undefined;
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(exactPath(path), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
