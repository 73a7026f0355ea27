/**
 * The numbers that differ between kernels and C libraries, in one place.
 *
 * Linux: include/uapi/asm-generic/{fcntl,ioctls,termbits}.h, include/uapi/linux/{fcntl,wait,prctl}.h. The
 * spawn.h, bits/termios.h and bits/waitflags.h of glibc and musl agree on all of them. macOS: xnu's
 * sys/fcntl.h, sys/filio.h, sys/ttycom.h, sys/termios.h, sys/wait.h, spawn.h.
 */
import { endianness } from 'node:os';

export interface Platform {
  readonly F_DUPFD_CLOEXEC: number;
  /** The largest write to a pipe that is atomic (include/uapi/linux/limits.h; xnu's sys/syslimits.h). */
  readonly PIPE_BUF: number;
  /** Only Linux has adjustable pipes. */
  readonly F_SETPIPE_SZ: number | undefined;
  readonly F_GETPIPE_SZ: number | undefined;
  readonly O_CLOEXEC: number;
  readonly O_NONBLOCK: number;
  /** An unnamed file in a directory. Since Linux 3.11; not in every file system. */
  readonly O_PATH: number | undefined;
  readonly O_TMPFILE: number | undefined;
  readonly FIONREAD: number;
  readonly TIOCSWINSZ: number;
  readonly TIOCGWINSZ: number;
  readonly termios: TerminalModes;
  readonly P_ALL: number;
  readonly P_PID: number;
  readonly WNOHANG: number;
  /** Of waitid(2); only on Linux it is the WUNTRACED of waitpid(2). */
  readonly WSTOPPED: number;
  readonly WEXITED: number;
  readonly WNOWAIT: number;
  readonly CLD_EXITED: number;
  readonly CLD_STOPPED: number;
  readonly POSIX_SPAWN_SETPGROUP: number;
  readonly POSIX_SPAWN_SETSIGDEF: number;
  readonly POSIX_SPAWN_SETSIGMASK: number;
  readonly POSIX_SPAWN_SETSID: number;
  /** Apple's flag: close every descriptor that no file action names. */
  readonly POSIX_SPAWN_CLOEXEC_DEFAULT: number | undefined;
  /** Offsets into the siginfo_t that waitid(2) fills. */
  readonly siginfo: { readonly code: number; readonly pid: number; readonly status: number };
  /** The name of the C array with the environment; undefined where it has none that can be looked up. */
  readonly environ: string | undefined;
}

/** Where struct termios keeps the settings for line editing. */
export interface TerminalModes {
  /** Offset of c_lflag; its low 32 bits hold all flags. */
  readonly localFlags: number;
  readonly ICANON: number;
  /** Offset of the byte c_cc[VEOF]. */
  readonly endOfFile: number;
  /**
   * The longest line without its newline; the kernel drops further bytes (termios(3), "Canonical and
   * noncanonical mode").
   */
  readonly longestLine: number;
}

function linux(arch: string): Platform {
  const hasOwnOpenFlags = ['arm64', 'arm', 'ppc64'].includes(arch);
  /** PowerPC and MIPS use BSD's numbers for ioctls; every other port has the generic ones. */
  const hasBsdNumbers = ['ppc64', 'mips', 'mipsel'].includes(arch);
  return {
    F_DUPFD_CLOEXEC: 1030,
    PIPE_BUF: 4096,
    F_SETPIPE_SZ: 1031,
    F_GETPIPE_SZ: 1032,
    O_CLOEXEC: 0o2000000,
    O_NONBLOCK: 0o4000,
    O_PATH: 0o10000000,
    O_TMPFILE: 0o20000000 | (hasOwnOpenFlags ? 0o40000 : 0o200000),
    FIONREAD: hasBsdNumbers ? 0x4004667f : 0x541b,
    TIOCSWINSZ: hasBsdNumbers ? 0x80087467 : 0x5414,
    TIOCGWINSZ: hasBsdNumbers ? 0x40087468 : 0x5413,
    // Four ints of flags, then the byte c_line and c_cc. PowerPC has c_line behind c_cc, and flags of its
    // own. VEOF is 4 on both.
    termios:
      arch === 'ppc64'
        ? { localFlags: 12, ICANON: 0x100, endOfFile: 16 + 4, longestLine: 4095 }
        : { localFlags: 12, ICANON: 2, endOfFile: 17 + 4, longestLine: 4095 },
    P_ALL: 0,
    P_PID: 1,
    WNOHANG: 1,
    WSTOPPED: 2,
    WEXITED: 4,
    WNOWAIT: 0x01000000,
    CLD_EXITED: 1,
    CLD_STOPPED: 5,
    POSIX_SPAWN_SETPGROUP: 0x02,
    POSIX_SPAWN_SETSIGDEF: 0x04,
    POSIX_SPAWN_SETSIGMASK: 0x08,
    POSIX_SPAWN_SETSID: 0x80,
    POSIX_SPAWN_CLOEXEC_DEFAULT: undefined,
    // Three ints, then a union that 64-bit ABIs align to eight bytes.
    siginfo: { code: 8, pid: 16, status: 24 },
    environ: 'environ',
  };
}

const darwin: Platform = {
  F_DUPFD_CLOEXEC: 67,
  PIPE_BUF: 512,
  F_SETPIPE_SZ: undefined,
  F_GETPIPE_SZ: undefined,
  O_CLOEXEC: 0x1000000,
  O_NONBLOCK: 4,
  O_PATH: undefined,
  O_TMPFILE: undefined,
  FIONREAD: 0x4004667f,
  TIOCSWINSZ: 0x80087467,
  TIOCGWINSZ: 0x40087468,
  // Four longs of flags, then c_cc, whose first byte is VEOF; MAX_CANON is 1024.
  termios: { localFlags: 24, ICANON: 0x100, endOfFile: 32, longestLine: 1023 },
  P_ALL: 0,
  P_PID: 1,
  WNOHANG: 1,
  WSTOPPED: 8,
  WEXITED: 4,
  WNOWAIT: 0x20,
  CLD_EXITED: 1,
  CLD_STOPPED: 5,
  POSIX_SPAWN_SETPGROUP: 0x02,
  POSIX_SPAWN_SETSIGDEF: 0x04,
  POSIX_SPAWN_SETSIGMASK: 0x08,
  POSIX_SPAWN_SETSID: 0x400,
  POSIX_SPAWN_CLOEXEC_DEFAULT: 0x4000,
  siginfo: { code: 8, pid: 12, status: 20 },
  environ: undefined,
};

/**
 * Room for opaque C types, at least as large as in any 64-bit C library: posix_spawn_file_actions_t is 80 in
 * glibc and musl, a pointer on macOS; posix_spawnattr_t is 336 in both; sigset_t is 128 in both and 4 on
 * macOS; struct rusage is 144, and musl's has 128 reserved bytes more; termios is 60 in both and 72 on macOS.
 */
export const sizes = {
  fileActions: 128,
  spawnAttributes: 512,
  signalSet: 128,
  siginfo: 128,
  rusage: 512,
  termios: 128,
} as const;

/** This platform's numbers; undefined where Spillway makes no system calls of its own. */
export const platform: Platform | undefined = platformOf(process.platform, process.arch);

/** The numbers of a system on a processor; undefined where none are known. */
export function platformOf(system: string, arch: string): Platform | undefined {
  // The offsets above are those of 64-bit little-endian ABIs. Node is built for no others on these systems.
  if (endianness() !== 'LE' || !['x64', 'arm64', 'riscv64', 'loong64', 'ppc64'].includes(arch))
    return undefined;
  if (system === 'linux') return linux(arch);
  return system === 'darwin' ? darwin : undefined;
}

/** This platform's numbers. Throws where Spillway makes no system calls of its own. */
export function requirePlatform(): Platform {
  if (!platform)
    throw new Error(`spillway makes no system calls of its own on ${process.platform} ${process.arch}`);
  return platform;
}
