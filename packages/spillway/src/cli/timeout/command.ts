/**
 * `spillway timeout`: a command with a time limit, exactly as GNU's timeout(1) does it.
 *
 * As in GNU's, this process leads a new process group that the command belongs to, so one signal reaches
 * everything the command has started. `spillway run` differs: there the command leads a group, gets the
 * terminal, and spillway also ends processes that have left the group.
 */
import {
  ignoreSignal,
  leadOwnGroup,
  libcProblem,
  platform,
  type SuccessorRequest,
  SystemError,
  signals,
} from '../../system/index.js';
import { OWN_ERROR } from '../exit-status.js';
import { passSignalsTo } from '../forward-signals.js';
import { type Inherited, signalBit, takeInherited } from '../inherited.js';
import { version } from '../version.js';
import { exactWords } from '../words.js';
import { endAs, fail, NotStarted, print } from './ending.js';
import { Guard } from './guard.js';
import { HELP } from './help.js';
import { quoted, sayOfTimeout, sayWithoutWaiting } from './messages.js';
import { parseTimeoutOptions, type TimeoutRequest } from './options.js';
import { type Outcome, RunningCommand } from './running-command.js';
import { signalName } from './signal-spec.js';
import { spawnByName } from './spawn-by-name.js';

/** Ends this process as the command ended, or with timeout's own status. */
export async function timeoutCommand(words: readonly string[]): Promise<never> {
  const inherited = takeInherited();
  requireSystemCalls();
  try {
    const line = parseTimeoutOptions(words);
    if (line.kind === 'help') return print(HELP, inherited);
    if (line.kind === 'version') return print(`timeout (Spillway) ${version()}\n`, inherited);
    return endAs(await run(line, exactWords(words).slice(line.commandAt), inherited), line.preserveStatus);
  } catch (error) {
    return fail(error, words);
  }
}

function run(request: TimeoutRequest, command: readonly Buffer[], inherited: Inherited): Promise<Outcome> {
  if (!request.foreground) leadOwnGroup();
  const ignored = ignoredByCommand(request, inherited);
  for (let signal = 1; signal <= 64; signal++) if (ignored & signalBit(signal)) ignoreSignal(signal);
  // As in GNU's, a background command that wants the terminal stops, and its time limit still runs.
  ignoreSignal(signals.SIGTTIN);
  ignoreSignal(signals.SIGTTOU);
  // Before the start: the command may cause signals at once.
  let running: RunningCommand | undefined;
  receiveSignals(request.signal, (signal) => running?.received(signal));
  process.on('SIGCHLD', () => running?.look());

  const guard =
    request.signal === 0 ? undefined : Guard.start(request.signal, request.foreground ? 0 : process.pid);
  const pid = start(command, guard, {
    ignored,
    blocked: inherited.blocked & ~signalBit(signals.SIGCHLD),
    descriptors: inherited.descriptors,
    closed: inherited.closed,
  });
  guard?.protect(pid);
  return new Promise((resolve) => {
    const hooks = {
      sending: (signal: number) => request.verbose && sayWhatIsSent(signal, command[0] as Buffer),
      ended: () => guard?.dismiss(),
    };
    running = new RunningCommand(pid, request, hooks, resolve);
    running.look();
  });
}

function start(
  command: readonly Buffer[],
  guard: Guard | undefined,
  rest: Omit<SuccessorRequest, 'path' | 'argv'>,
): number {
  try {
    return spawnByName(command, rest);
  } catch (error) {
    guard?.dismiss();
    throw error instanceof SystemError ? new NotStarted(error, command[0] as Buffer) : error;
  }
}

function sayWhatIsSent(signal: number, command: Buffer): void {
  sayWithoutWaiting(`sending signal ${signalName(signal) ?? signal} to command ${quoted(command)}`);
}

/**
 * Signals that the command ignores: those inherited as ignored, except the signals that timeout itself waits
 * for. Without the exception nothing could interrupt `timeout 10 server &` in a script, where the shell
 * ignores SIGINT.
 */
function ignoredByCommand({ signal }: TimeoutRequest, inherited: Inherited): bigint {
  const waitedFor = [
    signals.SIGHUP,
    signals.SIGINT,
    signals.SIGQUIT,
    signals.SIGALRM,
    signals.SIGTERM,
    signals.SIGCHLD,
    signals.SIGTTIN,
    signals.SIGTTOU,
    ...(signal === 0 ? [] : [signal]),
  ];
  return waitedFor.reduce((rest, each) => rest & ~signalBit(each), inherited.ignored);
}

/** Missing in forward-signals.ts, and would end this process by default. */
const ALSO_PASSED_ON: readonly NodeJS.Signals[] = ['SIGPROF', 'SIGXFSZ', 'SIGSTKFLT'];
/** SIGKILL and SIGSTOP cannot be caught; a caught fault such as SIGSEGV would be raised again at once. */
const NEVER_CAUGHT: readonly NodeJS.Signals[] = [
  'SIGKILL',
  'SIGSTOP',
  'SIGSEGV',
  'SIGBUS',
  'SIGFPE',
  'SIGILL',
  'SIGCHLD',
];

function receiveSignals(chosen: number, receive: (signal: number) => void): void {
  passSignalsTo((name) => {
    // The terminal itself sends SIGWINCH to the command.
    if (name !== 'SIGWINCH' || signals.SIGWINCH === chosen) receive(signals[name]);
  });
  const known = Object.keys(signals) as NodeJS.Signals[];
  const more = known.filter((name) => ALSO_PASSED_ON.includes(name) || signals[name] === chosen);
  for (const name of more) {
    if (NEVER_CAUGHT.includes(name) || process.listenerCount(name) > 0) continue;
    process.on(name, () => receive(signals[name]));
  }
}

/** Ends this process where the system calls are missing: Node offers no other way to do all this. */
function requireSystemCalls(): void {
  const problem = platform
    ? libcProblem()?.message
    : `there are no system calls for ${process.platform} ${process.arch}`;
  if (problem === undefined) return;
  sayOfTimeout(`cannot work on this machine: ${problem}`);
  process.exit(OWN_ERROR);
}
