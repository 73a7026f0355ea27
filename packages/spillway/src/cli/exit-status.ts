/** The exit status that says what became of the command, as timeout(1), env(1) and shells have it. */
import { constants } from 'node:os';
import { type Result, StartError } from '../run/index.js';
import type { Outcome } from './attempt.js';
import { ReaderGone } from './pass-through.js';

const TIMED_OUT = 124;
export const OWN_ERROR = 125;
const CANNOT_EXECUTE = 126;
const NOT_FOUND = 127;

export function exitStatus(outcome: Outcome): number {
  if (outcome.kind === 'not-started') return statusOfStart(outcome.error);
  const { result, error } = outcome;
  switch (result.reason) {
    case 'timeout':
    case 'idle':
      return TIMED_OUT;
    case 'exit':
    case 'signal':
      return statusOfEnd(result);
    default:
      return error?.cause instanceof ReaderGone ? signalStatus('SIGPIPE') : OWN_ERROR;
  }
}

/** As a shell's `$?` gives the end by a signal. */
export function signalStatus(signal: NodeJS.Signals): number {
  const realTime = /^SIGRTMIN(?:\+(\d+))?$/.exec(signal);
  return 128 + (realTime ? 34 + Number(realTime[1] ?? 0) : constants.signals[signal]);
}

function statusOfEnd({ exitCode, signal }: Result): number {
  return signal === undefined ? (exitCode ?? OWN_ERROR) : signalStatus(signal);
}

function statusOfStart(error: unknown): number {
  if (!(error instanceof StartError)) return OWN_ERROR;
  // Arguments too long for the kernel: the program is there, but not with these.
  if (error.code === 'E2BIG') return CANNOT_EXECUTE;
  if (error.subject !== 'program') return OWN_ERROR;
  return error.code === 'ENOENT' ? NOT_FOUND : CANNOT_EXECUTE;
}
