/** statx(2): what a descriptor is, for runtimes whose node:fs refuses it. */
import { constants, type Stats } from 'node:fs';
import { bindOptional, check, required } from '../libc/index.js';

export const statxCall = bindOptional<
  (directory: number, path: string, flags: number, mask: number, into: Uint8Array) => number
>('int statx(int directory, const char *path, int flags, unsigned int mask, void *into)');

const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;
/** struct statx has one layout on every architecture (include/uapi/linux/stat.h). */
const BYTES = 256;
export const STATX_AT = {
  mode: 28,
  inode: 32,
  size: 40,
  rdevMajor: 128,
  rdevMinor: 132,
  devMajor: 136,
  devMinor: 140,
};

/** What this library asks for. */
export type DescriptorStat = Pick<
  Stats,
  | 'dev'
  | 'ino'
  | 'mode'
  | 'rdev'
  | 'size'
  | 'isBlockDevice'
  | 'isCharacterDevice'
  | 'isDirectory'
  | 'isFIFO'
  | 'isFile'
  | 'isSocket'
>;

/** Linux. Errors: EBADF. */
export function statOf(fd: number): DescriptorStat {
  const bytes = new Uint8Array(BYTES);
  const result = required(statxCall)(fd, '', AT_EMPTY_PATH, STATX_BASIC_STATS, bytes);
  check(result, 'statx', `looking at descriptor ${fd}`);
  const view = new DataView(bytes.buffer);
  const mode = view.getUint16(STATX_AT.mode, true);
  const is = (kind: number) => () => (mode & constants.S_IFMT) === kind;
  return {
    dev: deviceNumber(view.getUint32(STATX_AT.devMajor, true), view.getUint32(STATX_AT.devMinor, true)),
    ino: Number(view.getBigUint64(STATX_AT.inode, true)),
    mode,
    rdev: deviceNumber(view.getUint32(STATX_AT.rdevMajor, true), view.getUint32(STATX_AT.rdevMinor, true)),
    size: Number(view.getBigUint64(STATX_AT.size, true)),
    isBlockDevice: is(constants.S_IFBLK),
    isCharacterDevice: is(constants.S_IFCHR),
    isDirectory: is(constants.S_IFDIR),
    isFIFO: is(constants.S_IFIFO),
    isFile: is(constants.S_IFREG),
    isSocket: is(constants.S_IFSOCK),
  };
}

/** As the kernel gives it to stat(2) (new_encode_dev in include/linux/kdev_t.h). */
function deviceNumber(major: number, minor: number): number {
  return (minor & 0xff) + major * 0x100 + Math.floor(minor / 0x100) * 0x100000;
}
