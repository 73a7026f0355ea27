/** rsync's exit codes (rsync(1), EXIT VALUES): what happened, and whether another attempt can help. */

/**
 * - `done`: success. `warning`: success, with something to tell.
 * - `retry`: another attempt, with back-off. `retry-few`: at most two more. `retry-once`: one more.
 * - `fatal`: another attempt would end in the same way.
 * - `ended`: a signal ended it: ours, or another program's.
 */
export type Policy = 'done' | 'warning' | 'retry' | 'retry-few' | 'retry-once' | 'fatal' | 'ended';

export interface Meaning {
  readonly policy: Policy;
  /** What follows "rsync …". */
  readonly text: string;
}

const MEANINGS: Readonly<Record<number, Meaning>> = {
  0: { policy: 'done', text: 'is done' },
  1: { policy: 'fatal', text: 'was given an option that it does not know' },
  2: {
    policy: 'fatal',
    text: 'speaks another version of the protocol than the far end; update the older one',
  },
  3: { policy: 'retry-few', text: 'could not select its input or output files' },
  4: { policy: 'fatal', text: 'was asked for something that one of the two ends cannot do' },
  5: { policy: 'retry-few', text: 'could not begin to talk to the far end' },
  6: { policy: 'fatal', text: 'cannot write its log file' },
  10: { policy: 'retry', text: 'had a problem with the network' },
  11: { policy: 'retry-few', text: 'could not read or write a file' },
  12: { policy: 'retry', text: 'lost the other end in the middle of the protocol' },
  13: { policy: 'retry-few', text: 'had a problem with its own messages' },
  14: { policy: 'retry-few', text: 'had a problem between its own processes' },
  15: { policy: 'retry', text: 'lost one of its own processes, which crashed' },
  16: { policy: 'retry', text: 'lost one of its own processes, which was killed' },
  19: { policy: 'ended', text: 'was ended by SIGUSR1' },
  20: { policy: 'ended', text: 'was ended by a signal' },
  21: { policy: 'retry-few', text: 'could not wait for its own process' },
  22: { policy: 'retry-few', text: 'was refused memory' },
  23: { policy: 'retry-once', text: 'could not transfer some files' },
  24: { policy: 'warning', text: 'is done; some files vanished while it read them' },
  25: { policy: 'fatal', text: 'stopped at --max-delete: look at what it would delete before you raise it' },
  30: { policy: 'retry', text: 'had no data from the other end for the time of its --timeout' },
  35: { policy: 'retry', text: 'had no answer from the daemon' },
  124: { policy: 'retry-few', text: 'saw its remote command fail' },
  125: { policy: 'retry', text: 'saw its remote command be killed' },
  126: { policy: 'fatal', text: 'found that the remote command cannot be run' },
  127: { policy: 'fatal', text: 'found no remote command' },
  255: { policy: 'retry', text: 'lost its remote shell' },
};

export function meaningOf(exitCode: number): Meaning {
  const known = MEANINGS[exitCode];
  if (known) return known;
  // The status of a shell whose command a signal ended.
  if (exitCode > 128) return { policy: 'retry', text: `ended with status ${exitCode}` };
  return { policy: 'retry-few', text: `ended with the unknown status ${exitCode}` };
}

/** How many attempts a policy allows at most, the first included. */
export function mostAttempts(policy: Policy, retries: number): number {
  if (policy === 'retry' || policy === 'ended') return 1 + retries;
  if (policy === 'retry-few') return 1 + Math.min(retries, 2);
  if (policy === 'retry-once') return 1 + Math.min(retries, 1);
  return 1;
}
