/**
 * The numbers of system/, compared with C's headers by a compiler: of this machine, of musl, and of arm64.
 * Those of macOS are compared with what its published headers say; they were not compiled.
 */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Platform, platformOf, sizes } from '../../src/system/libc/platform.js';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';

checkForLeaks();

const folder = fileURLToPath(new URL('../../src/system/', import.meta.url));

/** A C expression, and what we take it for: a number, or the most that it may be. */
type Row = readonly [expression: string, value: number, relation?: '<='];

const INCLUDES = `
#define _GNU_SOURCE
${'fcntl langinfo limits locale poll signal spawn stddef sys/epoll sys/ioctl sys/mman sys/prctl sys/resource'
  .concat(' sys/sem sys/socket sys/stat sys/uio sys/wait termios unistd')
  .split(' ')
  .map((name) => `#include <${name}.h>`)
  .join('\n')}
/* musl-gcc does not look at the kernel's headers. */
#if __has_include(<linux/sock_diag.h>)
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#endif
`;

/** What stands in platform.ts. */
function rowsOf(platform: Platform, arch: string): Row[] {
  const { termios, siginfo, environ: _, ...plain } = platform;
  const epollDataAt = arch === 'x64' ? 4 : 8;
  return [
    ...Object.entries(plain).filter((row): row is [string, number] => row[1] !== undefined),
    ['offsetof(struct termios, c_lflag)', termios.localFlags],
    ['offsetof(struct termios, c_cc) + VEOF', termios.endOfFile],
    ['ICANON', termios.ICANON],
    ['offsetof(siginfo_t, si_code)', siginfo.code],
    ['offsetof(siginfo_t, si_pid)', siginfo.pid],
    ['offsetof(siginfo_t, si_status)', siginfo.status],
    ['sizeof(posix_spawn_file_actions_t)', sizes.fileActions, '<='],
    ['sizeof(posix_spawnattr_t)', sizes.spawnAttributes, '<='],
    ['sizeof(sigset_t)', sizes.signalSet, '<='],
    ['sizeof(siginfo_t)', sizes.siginfo, '<='],
    ['sizeof(struct rusage)', sizes.rusage, '<='],
    ['sizeof(struct termios)', sizes.termios, '<='],
    ['offsetof(struct rusage, ru_utime.tv_usec)', 8],
    ['offsetof(struct rusage, ru_stime.tv_sec)', 16],
    ['sizeof(struct pollfd)', 8],
    ['offsetof(struct pollfd, revents)', 6],
    ['POLLIN', 1],
    ['POLLOUT', 4],
    ['offsetof(struct epoll_event, data)', epollDataAt],
    ['sizeof(struct epoll_event)', epollDataAt + 8],
    ['EPOLLOUT', 4],
    ['sizeof(struct winsize)', 8],
    ['sizeof(struct iovec)', 16],
    ['sizeof(struct rlimit)', 16],
    ['SIG_BLOCK', 0],
    ['SIG_SETMASK', 2],
    ['CODESET', 14],
    ['LC_CTYPE', 0],
    ['RLIMIT_CPU', 0],
    ['RLIMIT_FSIZE', 1],
    ['RLIMIT_NPROC', 6],
    ['RLIMIT_NOFILE', 7],
    ['RLIMIT_AS', 9],
    ['sizeof(off_t)', 8],
    ['sizeof(size_t)', 8],
    ['sizeof(pid_t)', 4],
    ['sizeof(id_t)', 4],
  ];
}

/** The families of C's names that stand elsewhere in system/. */
const FAMILY =
  /^(?:AF|AT|EPOLL|F|FD|MFD|NETLINK|NLMSG|O|PR|PRIO|SEEK|SOCK|STATX|UDIAG)_|^(?:EPOLLIN|GETPID|TCSANOW)$/;
/** Newer than the headers of some systems. */
const NEW = /^MFD_EXEC$/;

const scattered: Row[] = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    const found = text.matchAll(/^(?:export )?const ([A-Z][A-Z0-9_]+) = (-?(?:0[xo])?[\da-f_]+);/gm);
    return [...found].map(([, name = '', value = '']): Row => [name, Number(value.replaceAll('_', ''))]);
  })
  .filter(([name]) => FAMILY.test(name));

const STATX: Row[] = [
  ['offsetof(struct statx, stx_mode)', 28],
  ['offsetof(struct statx, stx_ino)', 32],
  ['offsetof(struct statx, stx_size)', 40],
  ['offsetof(struct statx, stx_rdev_major)', 128],
  ['offsetof(struct statx, stx_dev_minor)', 140],
  ['sizeof(struct statx)', 256],
];

/** Each comparison at compile time: nothing has to run, so the headers may be of another machine. */
function program(rows: readonly Row[]): string {
  const lines = rows.map(([expression, value, relation = '==']) => {
    const assertion = `_Static_assert((${expression}) ${relation} (${value}), "${expression}");`;
    if (/^\w+$/.test(expression) && !/^(?:P_|CODESET)/.test(expression))
      return `#ifdef ${expression}\n${assertion}\n#endif`;
    return assertion;
  });
  return `${INCLUDES}\n${lines.join('\n')}\n`;
}

/** The expressions that the compiler finds unequal. */
function differences(compiler: readonly string[], rows: readonly Row[]): Promise<string[]> {
  const path = join(scratchDirectory(), 'constants.c');
  writeFileSync(path, program(rows));
  const [file = '', ...args] = compiler;
  return new Promise((resolve, reject) => {
    execFile(file, [...args, '-w', '-fsyntax-only', path], (error, _, stderr) => {
      const failed = [...stderr.matchAll(/static assertion failed: "([^"]*)"/g)].map(([, one = '']) => one);
      if (error && failed.length === 0) reject(new Error(stderr));
      else resolve(failed);
    });
  });
}

const has = (compiler: string) => spawnSync(compiler, ['--version']).error === undefined;
const ARM64 = '/usr/aarch64-linux-gnu/include';
const builtins = spawnSync('gcc', ['-print-file-name=include'], { encoding: 'utf8' }).stdout?.trim() ?? '';

interface Target {
  readonly name: string;
  readonly arch: string;
  readonly compiler: readonly string[];
  readonly missing: string | undefined;
  /** Those that this C library's headers lack. */
  readonly without: RegExp | undefined;
}

/** gcc's own ABI has the same layouts on arm64; the headers decide by the name of the processor. */
const targets: Target[] = [
  {
    name: `the C library here, ${process.arch}`,
    arch: process.arch,
    compiler: ['gcc'],
    missing: has('gcc') ? undefined : 'gcc',
    without: undefined,
  },
  {
    name: `musl, ${process.arch}`,
    arch: process.arch,
    compiler: ['musl-gcc'],
    missing: has('musl-gcc') ? undefined : "musl-gcc of Debian's musl-tools",
    // statx came with 1.2.4, and the kernel's headers are elsewhere. Its O_ACCMODE contains O_PATH, which no
    // descriptor has that is asked about.
    without: /statx|^STATX_|^O_ACCMODE$|^(?:NETLINK|NLMSG|UDIAG)_|^SOCK_DIAG/,
  },
  {
    name: 'glibc, arm64',
    arch: 'arm64',
    compiler: [
      'gcc',
      '-nostdinc',
      '-isystem',
      builtins,
      '-isystem',
      ARM64,
      '-U__x86_64__',
      '-U__x86_64',
    ].concat('-D__aarch64__', '-D__AARCH64EL__'),
    missing: !has('gcc') || !existsSync(ARM64) ? "gcc with Debian's libc6-dev-arm64-cross" : undefined,
    without: undefined,
  },
];

/** bsd/sys/ioccom.h: the way is 1 for a result (IOC_OUT), 2 for an argument (IOC_IN). */
const ioctlOf = (way: 1 | 2, group: string, number: number, bytes: number) =>
  way * 2 ** 30 + bytes * 2 ** 16 + group.charCodeAt(0) * 2 ** 8 + number;

/**
 * What the headers say that Apple publishes (github.com/apple-oss-distributions/xnu), each with its file. In
 * a 64-bit process tcflag_t has eight bytes.
 */
const XNU: readonly (readonly [file: string, name: keyof Platform, value: unknown])[] = [
  ['bsd/sys/fcntl.h', 'F_DUPFD_CLOEXEC', 67],
  ['bsd/sys/fcntl.h', 'O_CLOEXEC', 0x01000000],
  ['bsd/sys/fcntl.h', 'O_NONBLOCK', 0x00000004],
  ['bsd/sys/syslimits.h', 'PIPE_BUF', 512],
  ['bsd/sys/filio.h', 'FIONREAD', ioctlOf(1, 'f', 127, 4)],
  ['bsd/sys/ttycom.h', 'TIOCSWINSZ', ioctlOf(2, 't', 103, 8)],
  ['bsd/sys/ttycom.h', 'TIOCGWINSZ', ioctlOf(1, 't', 104, 8)],
  [
    'bsd/sys/termios.h, bsd/sys/syslimits.h',
    'termios',
    { localFlags: 3 * 8, ICANON: 0x00000100, endOfFile: 4 * 8 + 0, longestLine: 1024 - 1 },
  ],
  ['bsd/sys/wait.h', 'P_ALL', 0],
  ['bsd/sys/wait.h', 'P_PID', 1],
  ['bsd/sys/wait.h', 'WNOHANG', 0x00000001],
  ['bsd/sys/wait.h', 'WSTOPPED', 0x00000008],
  ['bsd/sys/wait.h', 'WEXITED', 0x00000004],
  ['bsd/sys/wait.h', 'WNOWAIT', 0x00000020],
  ['bsd/sys/signal.h', 'CLD_EXITED', 1],
  ['bsd/sys/signal.h', 'CLD_STOPPED', 5],
  ['bsd/sys/signal.h', 'siginfo', { code: 8, pid: 12, status: 20 }],
  ['bsd/sys/spawn.h', 'POSIX_SPAWN_SETPGROUP', 0x0002],
  ['bsd/sys/spawn.h', 'POSIX_SPAWN_SETSIGDEF', 0x0004],
  ['bsd/sys/spawn.h', 'POSIX_SPAWN_SETSIGMASK', 0x0008],
  ['bsd/sys/spawn.h', 'POSIX_SPAWN_SETSID', 0x0400],
  ['bsd/sys/spawn.h', 'POSIX_SPAWN_CLOEXEC_DEFAULT', 0x4000],
];

describe("The numbers of macOS (not run: compared with xnu's headers)", () => {
  const darwin = platformOf('darwin', 'arm64') as Platform;

  it.each(XNU)('%s: %s', (_, name, value) => {
    expect(darwin[name]).toEqual(value);
  });

  it('are all in that table, but for what macOS lacks', () => {
    const known = Object.entries(darwin).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    expect(XNU.map(([, name]) => name).sort()).toEqual(known.sort());
  });
});

describe.skipIf(process.platform !== 'linux')('The numbers of system/', () => {
  for (const { name, arch, compiler, missing, without } of targets) {
    const title = `are those of ${name}`;
    it.skipIf(missing !== undefined)(missing ? `${title} (needs ${missing})` : title, async () => {
      const all = [...rowsOf(platformOf('linux', arch) as Platform, arch), ...scattered, ...STATX];
      const rows = all.filter(([expression]) => !without?.test(expression));
      expect(await differences(compiler, rows)).toEqual([]);
      // Each of them is looked at, so that none of these holds.
      const others = rows.map(
        ([expression, value, relation]): Row =>
          relation ? [expression, 0, relation] : [expression, value + 1],
      );
      const compared = await differences(compiler, others);
      const passedOver = rows.map(([expression]) => expression).filter((one) => !compared.includes(one));
      expect(passedOver.filter((one) => !NEW.test(one))).toEqual([]);
    });
  }
});
