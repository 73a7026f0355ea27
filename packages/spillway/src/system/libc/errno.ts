/** Typed errors of system calls: the code and number, the call, and what was being done. */
import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

/** A system call that failed. `code` is its name (`'EMFILE'`), `errno` its positive number as in errno(3). */
export class SystemError extends Error {
  override readonly name = 'SystemError';
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  /** What was being done, as a phrase that follows "while": `'making a pipe for stdout'`. */
  readonly doing: string;

  constructor(syscall: string, errno: number, doing: string) {
    const { code, text } = codeAndText(errno);
    super(`${syscall}: ${text} (${code}) while ${doing}`);
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
    this.doing = doing;
  }
}

const names = new Map<number, string>();
for (const [name, number] of Object.entries(constants.errno)) {
  // EAGAIN and EWOULDBLOCK, ENOTSUP and EOPNOTSUPP share numbers on Linux; the name that manual pages use first wins.
  if (!names.has(number)) names.set(number, name);
}

/** The name and the C library's sentence for an errno; `{ code: 'E999', text: 'unknown error' }` for one nobody knows. */
export function codeAndText(errno: number): { code: string; text: string } {
  const entry = getSystemErrorMap().get(-errno);
  return { code: names.get(errno) ?? `E${errno}`, text: entry?.[1] ?? 'unknown error' };
}

export const errnoOf = constants.errno;

/** For what may fail without anybody needing it then, as with a terminal that has hung up. */
export function bestEffort(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}
