/** Typed errors of system calls: code, number, the call, and the operation it was part of. */
import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { safeLines } from '../../base/index.js';

/** A system call that failed. `code` is its name (`'EMFILE'`), `errno` its positive number as in errno(3). */
export class SystemError extends Error {
  override readonly name = 'SystemError';
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  /** The operation, as a phrase that follows "while": `'making a pipe for stdout'`. */
  readonly doing: string;

  constructor(syscall: string, errno: number, doing: string) {
    const { code, text } = codeAndText(errno);
    super(safeLines(`${syscall}: ${text} (${code}) while ${doing}`));
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
    this.doing = doing;
  }
}

const names = new Map<number, string>();
for (const [name, number] of Object.entries(constants.errno)) {
  // EAGAIN and EWOULDBLOCK share a number on Linux, as do ENOTSUP and EOPNOTSUPP. The first name is the one
  // that manual pages use.
  if (!names.has(number)) names.set(number, name);
}

/**
 * An errno's name and the C library's sentence for it; `{ code: 'E999', text: 'unknown error' }` for an
 * unknown number.
 */
export function codeAndText(errno: number): { code: string; text: string } {
  // On Windows libuv has numbers of its own. Older releases of other runtimes have no such map.
  const map = getSystemErrorMap?.();
  const entry = map?.get(-errno);
  const code = names.get(errno) ?? entry?.[0] ?? `E${errno}`;
  const [, text = 'unknown error'] =
    entry ?? [...(map?.values() ?? [])].find(([name]) => name === code) ?? [];
  return { code, text };
}

/** An error of our own call in the form that node:fs gives. */
export function errorLikeNode(errno: number, syscall: string): NodeJS.ErrnoException {
  const { code, text } = codeAndText(errno);
  return Object.assign(new Error(`${code}: ${text}, ${syscall}`), { errno: -errno, code, syscall });
}

export const errnoOf = constants.errno;

/** For actions whose failure has no consequence, such as those on a terminal that has hung up. */
export function bestEffort(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}
