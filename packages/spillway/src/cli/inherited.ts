/**
 * The signal state and descriptors this process was started with. Node changes them before JavaScript runs:
 * it resets every signal to its default action (except SIGPIPE, which it ignores), unblocks all signals,
 * marks open descriptors close-on-exec, and opens /dev/null for a closed stdin, stdout or stderr. The
 * launcher, bin/spillway.cjs, runs before Node and records the original state in an environment variable.
 */

export interface Inherited {
  /** Ignored and blocked signals: bit n-1 for signal n. */
  readonly ignored: bigint;
  readonly blocked: bigint;
  readonly descriptors: readonly number[];
  /** Which of stdin, stdout and stderr were closed. */
  readonly closed: readonly number[];
}

const VARIABLE = 'SPILLWAY_INHERITED';
const STANDARD = [0, 1, 2];

/**
 * Reads the variable and removes it from the command's environment. Without it: the usual state of a process.
 */
export function takeInherited(): Inherited {
  const text = process.env[VARIABLE];
  delete process.env[VARIABLE];
  return parseInherited(text);
}

/** Parses `<blocked> <ignored> ,<fd>,<fd>…`; the sets are hexadecimal, as in /proc/self/status. */
export function parseInherited(text: string | undefined): Inherited {
  const [, blocked, ignored, list] = /^([0-9a-f]+) ([0-9a-f]+) ((?:,\d+)*)$/.exec(text ?? '') ?? [];
  if (list === undefined) return { ignored: 0n, blocked: 0n, descriptors: STANDARD, closed: [] };
  const descriptors = list.split(',').slice(1).map(Number);
  return {
    ignored: BigInt(`0x${ignored}`),
    blocked: BigInt(`0x${blocked}`),
    descriptors,
    closed: STANDARD.filter((fd) => !descriptors.includes(fd)),
  };
}

/** The signal's bit in such a set. */
export function signalBit(signal: number): bigint {
  return 1n << BigInt(signal - 1);
}
