/**
 * Sends the command the chosen signal when this process is killed or crashes.
 *
 * On Linux a child can request that itself between fork and exec (PR_SET_PDEATHSIG); posix_spawn offers no
 * such step. So a shell with a short script reads from a pipe whose write end only this process has, and acts
 * at end-of-file. The shell leads its own session, where no key of the terminal reaches it, and inherits no
 * other descriptor.
 */
import {
  closeSync,
  createPipe,
  kill,
  processStat,
  reapKilled,
  signals,
  spawn,
  writeSync,
} from '../../system/index.js';

/**
 * Reads `<signal> <group>` before the command starts and `<pid> <start time>` after it. Then it reads to the
 * end of the pipe, which comes when the kernel closes this process's descriptors. By then init may have
 * reaped the command, and another process may have its pid; a process with another start time is not
 * signalled (proc_pid_stat(5), field 22: the twentieth after the name, which ends with the last parenthesis).
 * Without /proc the script cannot compare.
 *
 * If this process dies between the two lines (on a busy machine it may wait for a processor while the command
 * already runs), the guard has no pid. It then signals the group, which holds only the command and its
 * descendants.
 */
export const GUARD_SCRIPT = `
trap '' HUP INT QUIT TERM USR1 USR2 ALRM TSTP
cd /
read -r signal group || exit
if ! read -r pid start; then
  [ "$group" = 0 ] || kill -"$signal" -"$group"
  exit
fi
while read -r more; do :; done
now=$start
if [ -r /proc/self/stat ]; then
  now=
  while read -r line; do now=$line; done <"/proc/$pid/stat"
  set -- \${now##*) }
  shift 19
  now=$1
fi
[ "$now" = "$start" ] && kill -"$signal" "$pid"
`;

export class Guard {
  readonly #pid: number;
  readonly #pipe: number;

  /**
   * `group` is the command's process group, or 0 if other processes share it. Gives undefined if the guard
   * cannot be started; the command runs without one.
   */
  static start(signal: number, group: number): Guard | undefined {
    try {
      const guard = new Guard();
      guard.#tell(`${signal} ${group}`);
      return guard;
    } catch {
      return undefined;
    }
  }

  private constructor() {
    const pipe = createPipe('making the pipe to the guard');
    try {
      this.#pid = spawn({
        path: '/bin/sh',
        argv: ['sh', '-c', GUARD_SCRIPT],
        environment: [],
        cwd: undefined,
        variable: undefined,
        terminal: undefined,
        descriptors: [
          { kind: 'duplicate', of: pipe.read },
          { kind: 'open', path: '/dev/null', flags: WRITE_ONLY },
          { kind: 'open', path: '/dev/null', flags: WRITE_ONLY },
        ],
        leads: 'session',
      });
    } catch (error) {
      closeSync(pipe.write);
      throw error;
    } finally {
      closeSync(pipe.read);
    }
    this.#pipe = pipe.write;
  }

  /** Call it before the command is reaped. */
  protect(pid: number): void {
    this.#tell(`${pid} ${processStat(pid)?.startTime ?? ''}`);
  }

  #tell(line: string): void {
    try {
      writeSync(this.#pipe, `${line}\n`);
    } catch {
      // EPIPE: another process has killed the guard. The command runs without one.
    }
  }

  /** Call it before the command is reaped: afterwards its pid may belong to another process. */
  dismiss(): void {
    kill(this.#pid, signals.SIGKILL);
    closeSync(this.#pipe);
    // It dies at once: its only system calls are short reads from a pipe or from /proc.
    reapKilled(this.#pid);
  }
}

const WRITE_ONLY = 1;
