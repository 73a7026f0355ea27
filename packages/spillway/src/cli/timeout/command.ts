/**
 * `spillway timeout`: a command with a time limit, in the manner of GNU's timeout(1) to the letter.
 *
 * Like GNU's, this process leads a new process group of which the command is a member, so that one signal reaches what the command
 * has started; `spillway run`, in contrast, has the command lead a group, hands the terminal on, and ends what has left the group.
 */
import { readFileSync } from 'node:fs';
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
import { endAs, fail, NotStarted, print } from './ending.js';
import { Guard } from './guard.js';
import { HELP } from './help.js';
import { type Inherited, signalBit, takeInherited } from './inherited.js';
import { quoted, sayOfTimeout, sayWithoutWaiting } from './messages.js';
import { parseTimeoutOptions, type TimeoutRequest } from './options.js';
import { type Outcome, RunningCommand } from './running-command.js';
import { signalName } from './signal-spec.js';
import { spawnByName } from './spawn-by-name.js';
import { exactWords } from './words.js';

/** Ends this process as the command has ended, or with timeout's own status. */
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
  // A command in a background group that wants the terminal stops; its time goes on.
  ignoreSignal(signals.SIGTTIN);
  ignoreSignal(signals.SIGTTOU);
  // Before the command is there to cause any.
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
 * Those that timeout waits for have their default action in the command, whatever they were; the rest is as it was. (Without that
 * exception, `timeout 10 server &` in a script, where a shell has SIGINT ignored, could not be interrupted.)
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

/** Not in the list of signals that are passed on for every command, but would end this process as well. */
const ALSO_PASSED_ON: readonly NodeJS.Signals[] = ['SIGPROF', 'SIGXFSZ', 'SIGSTKFLT'];
/** Not caught: they cannot be, or would come again and again when they come from a fault of this process. */
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
    // A change of the window's size is told to the command by the terminal itself.
    if (name !== 'SIGWINCH' || signals.SIGWINCH === chosen) receive(signals[name]);
  });
  const known = Object.keys(signals) as NodeJS.Signals[];
  const more = known.filter((name) => ALSO_PASSED_ON.includes(name) || signals[name] === chosen);
  for (const name of more) {
    if (NEVER_CAUGHT.includes(name) || process.listenerCount(name) > 0) continue;
    process.on(name, () => receive(signals[name]));
  }
}

/** There is no other way to do this, and none to end but Node's. */
function requireSystemCalls(): void {
  const problem = platform
    ? libcProblem()?.message
    : `there are no system calls for ${process.platform} ${process.arch}`;
  if (problem === undefined) return;
  sayOfTimeout(`cannot work on this machine: ${problem}`);
  process.exit(OWN_ERROR);
}

function version(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
