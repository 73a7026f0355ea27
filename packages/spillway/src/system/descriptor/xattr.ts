/** Extended attributes of files (xattr(7)), of Linux; macOS has another call of the same name. */
import { bind, check, errnoOf, lastErrno, libcProblem } from '../libc/index.js';

const getxattr = bind<(path: string, name: string, value: Uint8Array, size: number) => number | bigint>(
  'intptr_t getxattr(const char *path, const char *name, void *value, size_t size)',
);

/** The longest value that is asked for here; one that is longer is ERANGE. */
const MOST_BYTES = 256;

/**
 * The value of an attribute of a file or directory (getxattr(2)). Undefined when it has none of this name (ENODATA), its file system
 * knows none (ENOTSUP), or there is no such call (no FFI, another system). Reading `trusted.*` takes CAP_SYS_ADMIN, without which
 * there seem to be none. Errors: ENOENT, EACCES, ERANGE.
 */
export function extendedAttribute(path: string, name: string): Buffer | undefined {
  if (process.platform !== 'linux' || libcProblem()) return undefined;
  const value = Buffer.alloc(MOST_BYTES);
  const length = Number(getxattr(path, name, value, value.length));
  const errno = length < 0 ? lastErrno() : 0;
  if (errno === errnoOf.ENODATA || errno === errnoOf.ENOTSUP) return undefined;
  return value.subarray(0, check(length, 'getxattr', `reading the attribute ${name} of ${path}`));
}
