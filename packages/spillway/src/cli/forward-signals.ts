/**
 * Signals sent to spillway are meant for the command, which decides what to do about them.
 *
 * This imports nothing, since it must be in force before the rest is loaded. All whose default would end this process are caught
 * where Node can: an end that we do not see would leave the command without anyone who looks after it. Not among them are SIGKILL,
 * the real-time signals, and those that a process raises by its own fault. Stops (Ctrl-Z) are the foreground job's business.
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
/** Where this is a signal of its own; Linux alone has it. */
if ('SIGPWR' in constants.signals) (PASSED_ON as NodeJS.Signals[]).push('SIGPWR');

type Receiver = (signal: NodeJS.Signals) => void;

let receiver: Receiver | undefined;

export function catchSignals(): void {
  for (const name of PASSED_ON) {
    process.on(name, () => {
      if (receiver) receiver(name);
      else if (name !== 'SIGWINCH') process.exit(128 + constants.signals[name]);
    });
  }
}

/** Who gets them from now on. With undefined, while no command runs, they end this process as they do any other. */
export function passSignalsTo(next: Receiver | undefined): void {
  receiver = next;
}
