/** Statements that articles and answers on this subject make, and the check of this machine that decides. */
import type { Verdict } from '../notes.js';

export interface Claim {
  readonly name: string;
  readonly claim: string;
  /** What is so instead. */
  readonly truth: string;
  readonly experiment: string;
  /** The checks of the experiment that decide; all that begin so. */
  readonly checks: readonly string[];
}

/** What this machine says of a claim: `refuted` when the checks agree with what contradicts it. */
export interface Answer extends Claim {
  readonly answer: 'refuted' | 'not refuted' | 'could not be run';
  /** What was seen, in the words of the checks. */
  readonly seen: readonly string[];
}

export const claims: readonly Claim[] = [
  {
    name: 'four-mib',
    claim: 'The default buffer of a pipe is 4 MiB.',
    truth: '16 pages: 65,536 bytes where a page has 4,096.',
    experiment: 'default-capacity',
    checks: ['F_GETPIPE_SZ', 'bytes until EAGAIN'],
  },
  {
    name: 'pipe-buf',
    claim: 'PIPE_BUF is the size of the buffer.',
    truth: 'PIPE_BUF is the size up to which a write is atomic: 4,096 bytes.',
    experiment: 'default-capacity',
    checks: ['PIPE_BUF'],
  },
  {
    name: 'always-64k',
    claim: 'A pipe always takes 65,536 bytes before a writer waits.',
    truth: 'Slots are pages: of writes of 3,000 bytes 48,000 fit, of 2,049 only 32,784.',
    experiment: 'bytes-until-full',
    checks: ['writes of 3,000', 'writes of 2,049'],
  },
  {
    name: 'communicate',
    claim: '`communicate` and `run` cannot deadlock.',
    truth: 'They wait for end-of-file, which a background process with the same stdout keeps from coming.',
    experiment: 'output-held-open',
    checks: ['Python, run()', 'Python, communicate()'],
  },
  {
    name: 'kill-and-communicate',
    claim: 'After a timeout, kill() and a second communicate() clean up (the recipe of Python’s manual).',
    truth: 'Not with a shell: what it has started holds stdout, and the second call hangs.',
    experiment: 'output-held-open',
    checks: ['Python, communicate(timeout'],
  },
  {
    name: 'node-is-safe',
    claim: 'Node is event-driven, so a child cannot block on its output.',
    truth: 'What is not read stays in the socket; a child that writes more waits for ever.',
    experiment: 'wait-before-read',
    checks: ['Node: 4,000,000 bytes'],
  },
  {
    name: 'poll-and-read',
    claim: '`while p.poll() is None: p.stdout.read()` is a cure.',
    truth: 'read() waits for the end of one stream while the child waits for the other.',
    experiment: 'poll-read-loop',
    checks: ['Python: poll and read', 'Node: poll and read', 'sh: poll and read', 'C: poll and read'],
  },
  {
    name: 'pipesize',
    claim: '`pipesize=` prevents the deadlock.',
    truth: 'It hangs one byte later than the new capacity.',
    experiment: 'pipesize',
    checks: ['Python: 1,048,577 bytes', 'C: 1,048,577 bytes'],
  },
  {
    name: 'larger-read',
    claim: 'A larger read is faster.',
    truth: 'A read gives what is in the pipe, at most its capacity: more room for it brings nothing.',
    experiment: 'large-read',
    checks: ['4 MiB, full', '4 MiB, 100 bytes there'],
  },
  {
    name: 'writes-are-atomic',
    claim: 'Each write to a pipe is atomic.',
    truth: 'Up to PIPE_BUF bytes. Larger ones of several writers are mixed.',
    experiment: 'two-writers-large',
    checks: ['messages in pieces'],
  },
  {
    name: 'kill-9',
    claim: '`kill -9` leaves nothing.',
    truth: 'It leaves a zombie until its parent waits for it, and everything that the process has started.',
    experiment: 'zombie',
    checks: ['its state after SIGKILL', 'kill(pid, 0) on the zombie'],
  },
  {
    name: 'kill-9-children',
    claim: 'Killing a program kills what it has started.',
    truth: 'The children live on, adopted by pid 1 or a subreaper.',
    experiment: 'orphan',
    checks: ['sleep, started by node:child_process'],
  },
  {
    name: 'kill-0',
    claim: 'kill(pid, 0) tells whether a child still runs.',
    truth: 'It succeeds on a zombie.',
    experiment: 'zombie',
    checks: ['kill(pid, 0) on the zombie'],
  },
  {
    name: 'zombies-are-free',
    claim: 'A zombie costs nothing.',
    truth: 'No memory, but a pid and a place in the limit on processes, until starts fail with EAGAIN.',
    experiment: 'zombie-cost',
    checks: ['a start beside the zombies'],
  },
  {
    name: 'one-sigchld-each',
    claim: 'SIGCHLD comes once for each child.',
    truth: 'Pending signals are not queued: one stands for all.',
    experiment: 'sigchld',
    checks: ['SIGCHLD for'],
  },
  {
    name: 'kill-the-group',
    claim: 'Killing the process group reaches all descendants.',
    truth: 'Not those that have left it by setsid.',
    experiment: 'process-group',
    checks: ['sleep under setsid'],
  },
];

interface Tried {
  readonly name: string;
  readonly checks: readonly {
    readonly what: string;
    readonly seen?: string;
    readonly verdict: Verdict;
    readonly why?: string;
  }[];
  readonly why?: string;
}

/** The claims whose experiments were run. */
export function answersOf(outcomes: readonly Tried[]): Answer[] {
  return claims.flatMap((claim) => {
    const outcome = outcomes.find(({ name }) => name === claim.experiment);
    return outcome ? [answerOf(claim, outcome)] : [];
  });
}

function answerOf(claim: Claim, { checks, why }: Tried): Answer {
  const deciding = checks.filter(({ what }) => claim.checks.some((one) => what.startsWith(one)));
  const ran = deciding.filter(({ verdict }) => verdict !== 'could not be run');
  if (ran.length === 0) {
    const reason = deciding[0]?.why ?? why ?? 'none of its checks was run';
    return { ...claim, answer: 'could not be run', seen: [reason] };
  }
  const isRefuted = ran.every(({ verdict }) => verdict === 'agrees');
  const seen = ran.map(({ what, seen: value }) => `${what}: ${value}`);
  return { ...claim, answer: isRefuted ? 'refuted' : 'not refuted', seen };
}
