/**
 * Passes signals sent to spillway on to the command, which decides what to do about them.
 *
 * This file imports nothing, so that it takes effect before the rest loads. It catches every signal that
 * would end this process by default and that Node can catch: if spillway ended unseen, the command would run
 * on unsupervised. Exceptions: SIGKILL, the real-time signals, and signals that a process raises by its own
 * fault (SIGSEGV). Stop signals (Ctrl-Z) belong to run/foreground-job.ts.
 */
import { constants } from 'node:os';

const PASSED_ON: readonly NodeJS.Signals[] = [
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGVTALRM',
  'SIGXCPU',
  'SIGIO',
  'SIGWINCH',
];
// Linux only.
if ('SIGPWR' in constants.signals) (PASSED_ON as NodeJS.Signals[]).push('SIGPWR');

type Receiver = (signal: NodeJS.Signals) => void;

let receiver: Receiver | undefined;

/**
 * Those that were ignored when spillway was started, as by nohup, stay so (bin/spillway.cjs recorded them;
 * see inherited.ts).
 */
export function catchSignals(): void {
  const ignored = BigInt(
    `0x${/^[0-9a-f]+ ([0-9a-f]+) /.exec(process.env.SPILLWAY_INHERITED ?? '')?.[1] ?? '0'}`,
  );
  for (const name of PASSED_ON) {
    const isIgnored = (ignored >> BigInt(constants.signals[name] - 1)) & 1n;
    process.on(name, () => {
      if (isIgnored) return;
      if (receiver) receiver(name);
      else if (name !== 'SIGWINCH') process.exit(128 + constants.signals[name]);
    });
  }
}

/** Sets the receiver. Without one (no command runs) these signals end this process, as they end any other. */
export function passSignalsTo(next: Receiver | undefined): void {
  receiver = next;
}
