/** How one attempt to run the command ended, with the exit status and the message for it. */
import { errorText } from '../../base/index.js';
import { StartError } from '../../process/index.js';
import type { Result, RunError } from '../../run/index.js';
import { CANNOT_EXECUTE, NOT_FOUND, OWN_ERROR, signalStatus, TIMED_OUT } from '../exit-status.js';
import { ReaderGone } from '../pass-through.js';

export type Outcome =
  | { readonly kind: 'not-started'; readonly error: unknown }
  | {
      readonly kind: 'ended';
      readonly result: Result;
      /** Undefined for a success. */
      readonly error: RunError | undefined;
      /** Signals that spillway received and passed on to the command. */
      readonly passedOn: ReadonlySet<NodeJS.Signals>;
    };

export function exitStatus(outcome: Outcome): number {
  if (outcome.kind === 'not-started') return statusOfStart(outcome.error);
  const { result } = outcome;
  switch (result.reason) {
    case 'timeout':
    case 'idle':
      return TIMED_OUT;
    case 'exit':
    case 'signal':
      return result.signal === undefined ? (result.exitCode ?? OWN_ERROR) : signalStatus(result.signal);
    default:
      // Without spillway between them, SIGPIPE would have ended the command.
      return readerIsGone(outcome) ? signalStatus('SIGPIPE') : OWN_ERROR;
  }
}

/** Undefined for a success. */
export function messageOf({ error }: Outcome): string | undefined {
  return error === undefined ? undefined : errorText(error);
}

/**
 * Whether spillway prints a message. It does not for an exit code, as a shell does not, nor for an end that
 * the user caused: by Ctrl-C, by a signal to spillway, or by closing the pipe.
 */
export function isWorthTelling(outcome: Outcome): boolean {
  if (outcome.kind === 'not-started') return true;
  const { result, passedOn } = outcome;
  if (result.ok || result.reason === 'exit' || readerIsGone(outcome)) return false;
  if (result.reason !== 'signal' || result.signal === undefined) return true;
  return result.signal !== 'SIGINT' && result.signal !== 'SIGPIPE' && !passedOn.has(result.signal);
}

const MEANT_TO_END: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/**
 * Whether another attempt could succeed: after a failure of the command, not of its start (126 and 127 mean
 * the same when a shell in between exits with them), and not after a signal that was meant to end it.
 */
export function isWorthRetrying(outcome: Outcome): boolean {
  if (outcome.kind === 'not-started' || outcome.result.ok) return false;
  const { result, passedOn } = outcome;
  if (MEANT_TO_END.some((signal) => passedOn.has(signal))) return false;
  // Ctrl-C and Ctrl-\ reach only the command when it has the terminal. SIGPIPE: the output has no reader.
  if (result.signal === 'SIGINT' || result.signal === 'SIGQUIT' || result.signal === 'SIGPIPE') return false;
  const status = exitStatus(outcome);
  if (result.reason === 'exit') return status < OWN_ERROR || status > NOT_FOUND;
  return result.reason === 'signal' || status === TIMED_OUT;
}

function readerIsGone(outcome: Outcome): boolean {
  return outcome.kind === 'ended' && outcome.error?.cause instanceof ReaderGone;
}

function statusOfStart(error: unknown): number {
  if (!(error instanceof StartError)) return OWN_ERROR;
  // The program exists, but the kernel refuses arguments of this length.
  if (error.code === 'E2BIG') return CANNOT_EXECUTE;
  if (error.subject !== 'program') return OWN_ERROR;
  return error.code === 'ENOENT' ? NOT_FOUND : CANNOT_EXECUTE;
}
