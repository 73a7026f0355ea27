/** What became of one attempt to run the command: the exit status for it, and the words. */

import { StartError } from '../../process/index.js';
import type { Result, RunError } from '../../run/index.js';
import { CANNOT_EXECUTE, NOT_FOUND, OWN_ERROR, signalStatus, TIMED_OUT } from '../exit-status.js';
import { ReaderGone } from '../pass-through.js';

export type Outcome =
  | { readonly kind: 'not-started'; readonly error: unknown }
  | {
      readonly kind: 'ended';
      readonly result: Result;
      /** Unless all went well. */
      readonly error: RunError | undefined;
      /** Signals that somebody sent to spillway and that were passed on to the command. */
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
      // What it would have died of, had it written to that reader itself.
      return readerIsGone(outcome) ? signalStatus('SIGPIPE') : OWN_ERROR;
  }
}

/** What there is to say about it; undefined for a success. */
export function messageOf({ error }: Outcome): string | undefined {
  if (error === undefined) return undefined;
  return error instanceof Error ? error.message : String(error);
}

/**
 * Whether the person at the terminal is to be told. An exit code speaks for itself, as in a shell, and so does an end that they
 * brought about: by Ctrl-C, by a signal to spillway, or by closing the pipe.
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
 * Whether another attempt could fare better: after a failure of the command, not of its start (126 and 127 mean the same when a
 * shell in between says so), and not when somebody wanted it to end.
 */
export function isWorthRetrying(outcome: Outcome): boolean {
  if (outcome.kind === 'not-started' || outcome.result.ok) return false;
  const { result, passedOn } = outcome;
  if (MEANT_TO_END.some((signal) => passedOn.has(signal))) return false;
  // Ctrl-C and Ctrl-\ reach the command alone when it has the terminal. SIGPIPE: nobody reads any more.
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
  // Arguments too long for the kernel: the program is there, but not with these.
  if (error.code === 'E2BIG') return CANNOT_EXECUTE;
  if (error.subject !== 'program') return OWN_ERROR;
  return error.code === 'ENOENT' ? NOT_FOUND : CANNOT_EXECUTE;
}
