/** The types of the options. table.ts says how each is read. */
import type { Duration } from '../../base/index.js';
import type { Passable } from '../../pipe/index.js';
import type { AskedCommand, Lease } from '../../process/index.js';
import type { InputData } from '../../stream/index.js';
import type { Limits } from './limits.js';
import type {
  DescriptorOption,
  LiveOutputOption,
  OutputOption,
  StdinOption,
  SyncInputData,
  SyncOutputOption,
  SyncStdinOption,
} from './places.js';

/** A signal by name or by number. */
export type SignalName = NodeJS.Signals | number;

/** The size of a terminal in characters, 1 to 65535. */
export interface TerminalSize {
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

export type Encoding = 'utf8' | 'utf16le' | 'latin1' | 'buffer';

export interface TerminateOptions {
  /** The first signal. Default: `'SIGTERM'`. */
  readonly signal?: SignalName | undefined;
  /** Time from it to SIGKILL, and from `ask` to it. Default: 5 s. */
  readonly grace?: Duration | undefined;
  /**
   * Time from the signal to SIGKILL for what is left after an exit, which the result waits for. Default: 500
   * ms, or `grace` if that is shorter.
   */
  readonly leftoversGrace?: Duration | undefined;
  /**
   * Asks the command to end in a way of its own, such as `({ stdin }) => stdin.end('quit\n')`, before any
   * signal. The signal follows after the grace period, or at once when this throws or rejects. Default: none.
   */
  readonly ask?: ((command: AskedCommand) => unknown) | undefined;
}

interface CommonOptions {
  /**
   * The child's working directory; a relative path of the program is not resolved in it. PWD follows it,
   * unless `env` has PWD or `inheritEnv` is false. Default: this process's.
   */
  readonly cwd?: string | URL | undefined;
  /**
   * The child's name for itself, its argv[0]: busybox and many shells act on it. Which program is started
   * stays as it is. Default: the program as given.
   */
  readonly argv0?: string | undefined;
  /**
   * Variables, merged over this process's, which arrive byte for byte; `undefined` removes one. Here, in
   * arguments and in paths, a lone surrogate U+DC80 to U+DCFF stands for the byte 0x80 to 0xFF, as in Python:
   * `'caf\udce9'` is "café" in Latin-1. Only text passes through node:child_process (docs/platforms.md).
   * Default: none.
   */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** False: the child gets the variables of `env` alone. Default: true. */
  readonly inheritEnv?: boolean | undefined;
  /**
   * Prints stdout and stderr while they come, in whole lines, each behind this text, so that several commands
   * can share a terminal. They are kept as well, unless the options `stdout` and `stderr` are `'ignore'`.
   * What these send to a file, a descriptor, a stream or a function alone is not printed. Colours in it, as
   * `styleText` of node:util makes them, are for terminals alone. Default: none.
   */
  readonly prefix?: string | undefined;
  /** Bytes of each captured stream that stay in memory; the rest goes to a temporary file. Default: 8 MiB. */
  readonly memory?: number | undefined;
  /**
   * The directory of that file, which has no name, or only for a moment. Default: `os.tmpdir()`, or /var/tmp
   * where no file can be made there.
   */
  readonly spillDirectory?: string | undefined;
  /**
   * Bytes of stdout and stderr together, or of each; past it the child is terminated, and the error keeps
   * what came. Default: none.
   */
  readonly outputLimit?:
    | number
    | { readonly stdout?: number | undefined; readonly stderr?: number | undefined }
    | undefined;
  /**
   * How long the command may take; 0 ends it at once. After its exit, output on its way to a slow target has
   * the grace period on top. Default: none.
   */
  readonly timeout?: Duration | undefined;
  /**
   * How long it may be silent on the streams that are read here. Time in which this program keeps it waiting
   * does not count. Default: none.
   */
  readonly idleTimeout?: Duration | undefined;
  /**
   * Whether a timeout or an idle timeout first finds out what the command's processes wait for, for
   * `result.diagnosis` and the error's message. It delays the end by some 20 ms where nothing hangs, by 300
   * ms at most. Default: true. Linux.
   */
  readonly diagnose?: boolean | undefined;
  /** How its whole process group is ended: signal, grace period, SIGKILL. Default: SIGTERM, 5 s. */
  readonly terminate?: TerminateOptions | undefined;
  /** Ends it when aborted. Default: none. */
  readonly signal?: AbortSignal | undefined;
  /** Whether a non-zero exit, a signal, a timeout, an abort or an exceeded limit rejects. Default: true. */
  readonly check?: boolean | undefined;
  /**
   * What becomes of processes that it leaves behind; `result.leftovers` names them. Those that are ended get
   * the signal of `terminate`, and SIGKILL after its `leftoversGrace`.
   * - `'kill'`: its process group is ended. A process that has left the group, as a daemon does, lives on
   *   after a normal exit, and is ended after a timeout, an abort, any other termination, or a death by a
   *   signal.
   * - `'kill-all'`: both are ended in any case.
   * - `'wait'`: the result waits for the end of the streams that they hold.
   * - `'leave'`: they live on.
   *
   * Default: `'kill'`.
   */
  readonly leftovers?: 'kill' | 'kill-all' | 'wait' | 'leave' | undefined;
  /**
   * Whether it ends, with all that it started, when this program ends in any way: `process.exit()`, an
   * uncaught error, a signal, SIGKILL. A small shell stands by for that (Linux; it needs /bin/sh, grep and
   * /proc). Default: true.
   */
  readonly guard?: boolean | undefined;
  /**
   * The guard also ends it, by `terminate`, when this lease has run out: renew it in time. Needs the guard.
   * Default: none.
   */
  readonly lease?: Lease | undefined;
  /**
   * A session of its own (setsid(2)) that outlives this program: no guard, its leftovers are left alone, and
   * it does not hold the event loop. What it writes to a pipe of a program that has ended is SIGPIPE to it:
   * send its output to a file, or to `'ignore'`. A timeout or an abort ends it while the program runs.
   * Default: false.
   */
  readonly detached?: boolean | undefined;
  /**
   * Whether the program is held back until `child.resume()`. Its process is there, with its number and its
   * mark, which can be stored before anything of the program happens; all bounds hold from the start. If this
   * program ends before, the program never runs. `start` only. Default: false.
   */
  readonly suspended?: boolean | undefined;
  /**
   * What each of its processes may use, in force before its first instruction. Default: this
   * program's. Linux.
   */
  readonly limits?: Limits | undefined;
  /** Its nice value, -20 to 19; a value below this program's own needs rights. Default: this program's. */
  readonly nice?: number | undefined;
  /**
   * Bytes for each pipe, rounded up by the kernel to a power of two of pages (pipe(7)). Default: the
   * kernel's, 64 KiB; a stream that has brought 1 MiB gets 1 MiB, where the system allows it.
   */
  readonly pipeCapacity?: number | undefined;
  /**
   * The child runs on a terminal of its own (pty(7)): it leads a session, and stdin, stdout and stderr are
   * that terminal. `stdout` is what the terminal shows, with `\r\n` for each newline and the echo of what is
   * typed; there is no stderr. The data of `stdin` is typed, followed by Ctrl-D; with `'ignore'` nothing is
   * typed, and a program that reads waits. Signals reach all jobs of the session. Default: false; size:
   * 80 columns, 24 rows.
   */
  readonly pty?: boolean | TerminalSize | undefined;
  /**
   * The number of the user that it runs as; root may choose one. It has the group `gid` and no other; without
   * `gid` it has the user's own group, and a user with several is refused. node:child_process starts it then:
   * docs/platforms.md says what differs. Default: this process's.
   */
  readonly uid?: number | undefined;
  /** The number of its group. Default: this process's, or with `uid` that user's own. */
  readonly gid?: number | undefined;
  /**
   * Ends of channels (`spillway/channel`) or pipes (`spillway/pipe`) for the child, each under the name by
   * which the child finds it: `inherited(name)`, or the variable SPILLWAY_CHANNELS. Each is closed here once
   * the child is started; if the start fails, it stays usable. Names: letters, digits, `_`, `-` and `.`, a
   * letter or `_` first. Not for `runSync` and pipelines. Default: none.
   */
  readonly channels?: Readonly<Record<string, Passable>> | undefined;
  /**
   * What it has above stdin, stdout and stderr, by number, 3 to 1023; its other descriptors are closed.
   * `'inherit'` is this program's own descriptor of that number; `{ file }` opens a file for reading,
   * `{ file, append: true }` for writing at its end, and `{ file, append: false }` empties it. A descriptor,
   * a FileHandle and a stream that has a descriptor stay open here; an end of a pipe or channel is closed
   * here once the child is started. In a pipeline each command may have its own. Default: none.
   */
  readonly descriptors?: Readonly<Record<number, DescriptorOption | undefined>> | undefined;
  /**
   * How text is decoded; `'buffer'` gives bytes. A character is never split, however its bytes arrive.
   * Default: `'utf8'`, with U+FFFD for bytes that are not UTF-8.
   */
  readonly encoding?: Encoding | undefined;
}

/** Options of `run`. */
export interface RunOptions extends CommonOptions {
  /**
   * Data for its stdin, in place of `stdin`: text, bytes of any kind, a Blob, or an iterable of text and
   * bytes, such as an array, a generator, a Readable or a ReadableStream. Default: none.
   */
  readonly input?: InputData | undefined;
  /** What the child reads. Default: `'ignore'`. */
  readonly stdin?: StdinOption | undefined;
  /** Where its output goes; a list for several places. Default: `'capture'`. */
  readonly stdout?: OutputOption | undefined;
  /**
   * The same for stderr; `'stdout'` merges it into stdout, in the order of the writes. Default: `'capture'`.
   */
  readonly stderr?: OutputOption | 'stdout' | undefined;
}

/** Options of `start`. */
export interface StartOptions extends CommonOptions {
  /**
   * Data for its stdin, in place of `stdin`: text, bytes of any kind, a Blob, or an iterable of text and
   * bytes, such as an array, a generator, a Readable or a ReadableStream. Default: none.
   */
  readonly input?: InputData | undefined;
  /** What the child reads; `'pipe'` gives `child.stdin`. Default: `'ignore'`. */
  readonly stdin?: StdinOption | 'pipe' | undefined;
  /** Where its output goes; a list for several places. Default: `'auto'`. */
  readonly stdout?: LiveOutputOption | undefined;
  /** The same for stderr; `'stdout'` merges it into stdout, in the order of the writes. Default: `'auto'`. */
  readonly stderr?: LiveOutputOption | 'stdout' | undefined;
}

/** Options of `runSync`. */
export interface SyncRunOptions extends CommonOptions {
  /** Data for its stdin, in place of `stdin`: text, bytes, or a list or generator of them. Default: none. */
  readonly input?: SyncInputData | undefined;
  /** What the child reads. Default: `'ignore'`. */
  readonly stdin?: SyncStdinOption | undefined;
  /** Where its output goes; a list for several places. Default: `'capture'`. */
  readonly stdout?: SyncOutputOption | undefined;
  /**
   * The same for stderr; `'stdout'` merges it into stdout, in the order of the writes. Default: `'capture'`.
   */
  readonly stderr?: SyncOutputOption | 'stdout' | undefined;
  /** A terminal of its own is for `run` and `start`. */
  readonly pty?: false | undefined;
  /** A command that outlives the program is for `start`. */
  readonly detached?: false | undefined;
  /** Channels are for `run` and `start`: this program neither reads nor writes while the call blocks. */
  readonly channels?: undefined;
  /** Another user is for `run` and `start`. */
  readonly uid?: undefined;
  readonly gid?: undefined;
  /**
   * Only one that is aborted already, so that nothing is started: no abort can arrive while the call blocks.
   */
  readonly signal?: AbortSignal | undefined;
}

/** A call without options. */
export type NoOptions = Readonly<Record<never, never>>;
