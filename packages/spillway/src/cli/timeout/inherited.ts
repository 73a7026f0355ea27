/**
 * What this process had when it was started, and Node has changed before the first line of JavaScript runs: it gives every signal its
 * default action (SIGPIPE excepted, which it ignores), blocks none, marks all open descriptors close-on-exec, and puts /dev/null in the
 * place of a closed stdin, stdout or stderr. The launcher, bin/spillway.js, looks before Node does, and tells in a variable.
 */

export interface Inherited {
  /** Signals that were ignored, and those that were blocked: bit n-1 for signal n. */
  readonly ignored: bigint;
  readonly blocked: bigint;
  /** Open descriptors. */
  readonly descriptors: readonly number[];
  /** Those of stdin, stdout and stderr that were closed. */
  readonly closed: readonly number[];
}

const VARIABLE = 'SPILLWAY_INHERITED';
const STANDARD = [0, 1, 2];

/** Reads the variable and removes it, so that the command does not see it. Without one: what most processes are started with. */
export function takeInherited(): Inherited {
  const text = process.env[VARIABLE];
  delete process.env[VARIABLE];
  return parseInherited(text);
}

/** From `<blocked> <ignored> ,<fd>,<fd>…`, the sets in hexadecimal as in /proc/self/status. */
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

/** The bit of a signal in such a set. */
export function signalBit(signal: number): bigint {
  return 1n << BigInt(signal - 1);
}
