/**
 * Sends the command the chosen signal when this process is killed, or otherwise ends without a word.
 *
 * On Linux a process can ask for that itself before it executes its program (PR_SET_PDEATHSIG), but not between the two ends of a
 * posix_spawn. So another process, a shell of a few lines, waits for the end of a pipe whose other end is here alone. It leads a
 * session of its own, where no key of the terminal reaches it, and has none of our descriptors.
 */
import { closeSync, writeSync } from 'node:fs';
import { createPipe, kill, processStat, reapKilled, signals, spawn } from '../../system/index.js';

/**
 * Reads `<signal> <group>` before the command is started, `<pid> <start time>` after it, and then until the end, which comes when the
 * kernel closes our descriptors. By then init may have reaped the command and its pid belong to another process, which began at
 * another time (proc_pid_stat(5), field 22; the twentieth after the name, which ends with the last parenthesis). Without /proc there
 * is nothing to compare.
 *
 * Between the two lines, on a busy machine, the command may run while this process waits for its turn; an end that comes just then
 * leaves the guard without a pid. Then the signal goes to the group, in which there is nobody but the command and what it has begun.
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
   * `group` is the command's, or 0 where that is not for it alone. Undefined where no guard can be started: the command is run all
   * the same.
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

  /** To be called while the command, even if it has exited, is not reaped. */
  protect(pid: number): void {
    this.#tell(`${pid} ${processStat(pid)?.startTime ?? ''}`);
  }

  #tell(line: string): void {
    try {
      writeSync(this.#pipe, `${line}\n`);
    } catch {
      // It is gone (EPIPE): killed by somebody. Then there is no guard.
    }
  }

  /** To be called before the command is reaped. */
  dismiss(): void {
    kill(this.#pid, signals.SIGKILL);
    closeSync(this.#pipe);
    // It dies at once: it is never in the kernel for longer than a read from a pipe or from /proc.
    reapKilled(this.#pid);
  }
}

const WRITE_ONLY = 1;
