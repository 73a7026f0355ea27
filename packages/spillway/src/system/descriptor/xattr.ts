/** Extended attributes of files on Linux (xattr(7)); macOS has another call of the same name. */
import { bind, check, errnoOf, lastErrno, libcProblem } from '../libc/index.js';

const getxattr = bind<(path: string, name: string, value: Uint8Array, size: number) => number | bigint>(
  'intptr_t getxattr(const char *path, const char *name, void *value, size_t size)',
);

/** The longest value that callers need; a longer one fails with ERANGE. */
const MOST_BYTES = 256;

/**
 * The value of an attribute of a file or directory (getxattr(2)). Undefined when it has no attribute of this
 * name (ENODATA), its file system has no attributes (ENOTSUP), or there is no such call (no FFI, another
 * system). Without CAP_SYS_ADMIN the attributes `trusted.*` seem not to exist. Errors: ENOENT, EACCES,
 * ERANGE.
 */
export function extendedAttribute(path: string, name: string): Buffer | undefined {
  if (process.platform !== 'linux' || libcProblem()) return undefined;
  const value = Buffer.alloc(MOST_BYTES);
  const length = Number(getxattr(path, name, value, value.length));
  const errno = length < 0 ? lastErrno() : 0;
  if (errno === errnoOf.ENODATA || errno === errnoOf.ENOTSUP) return undefined;
  return value.subarray(0, check(length, 'getxattr', `reading the attribute ${name} of ${path}`));
}
