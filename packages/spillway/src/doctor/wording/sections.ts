/** Title and text for each kind of finding. */
import { safe } from '../../base/index.js';
import type { Finding, WaitStory } from '../verdict/index.js';
import { causeOf, whatItHolds } from './causes.js';
import { commandLine, holder, list, stream, terminalPath, who, whoInFull } from './names.js';
import { row, sentence, table } from './wait-lines.js';

export interface Section {
  readonly title: string;
  readonly lines: readonly string[];
}

export function section(finding: Finding): Section {
  switch (finding.kind) {
    case 'deadlock':
    case 'self-deadlock':
      return deadlock(finding);
    case 'held-open':
      return heldOpen(finding);
    case 'leaked-write-end':
      return leaked(finding);
    case 'never-drains':
      return neverDrains(finding);
    case 'back-pressure':
      return backPressure(finding);
    case 'zombie':
      return zombie(finding);
    case 'stopped-on-terminal':
    case 'stopped':
      return stopped(finding);
    case 'terminal-input':
      return terminalInput(finding);
    case 'fifo-without-partner':
      return fifo(finding);
    case 'lock-wait':
      return lockWait(finding);
    case 'semaphore-wait':
      return semaphoreWait(finding);
  }
}

/** `4711 ends`, or for several, which must all end, `4711 and 4712 have ended`. */
function when(others: Finding['others'], [one, all]: readonly [string, string]): string {
  const pids = list(others.map(({ process }) => String(process.pid)));
  return `${others.length === 0 ? 'the owner' : pids} ${others.length > 1 ? all : one}`;
}

function first({ waits }: Finding) {
  return waits[0] as Finding['waits'][number];
}

function deadlock(finding: Finding): Section {
  const { waits, stuck } = finding;
  const { why, fix } = causeOf(finding);
  const behind =
    stuck.length === 0 ? [] : ['', 'Also stuck behind them:', ...table(stuck.map((story) => row(story)))];
  return {
    title: `Found one deadlock: ${whatWaits(finding)} and cannot continue.`,
    lines: [...table(waits.map((story) => row(story))), ...behind, '', `Why: ${why}`, `Fix: ${fix}`],
  };
}

function whatWaits(finding: Finding): string {
  const { waits, kind } = finding;
  if (kind !== 'self-deadlock') return `${waits.length} processes wait for each other`;
  const name = who(first(finding).process);
  const isThreads = waits.every(({ action }) => action === 'thread');
  return isThreads ? `${waits.length} threads of ${name} wait for each other` : `${name} waits for itself`;
}

function heldOpen(finding: Finding): Section {
  const { others, ended } = finding;
  const { process } = first(finding);
  const pids = others.map(({ process: one }) => one.pid).join(' ');
  const lines = others.map(({ process: one, fds }) => {
    const names = fds.map((fd) => `fd ${fd}`).join(', ');
    return `  Its background process ${who(one)} ${commandLine(one)} still has that output open as ${names}.`;
  });
  const continues = `It continues when ${when(others, ['ends or closes it', 'have ended or closed it'])}.`;
  return {
    title: `Not a deadlock: ${who(process)} waits for end-of-file, held back by a leftover process.`,
    lines: [
      ...table([row(first(finding))]).slice(0, 1),
      ended
        ? `  The command \`${safe(ended.name)}\` [${ended.pid}] has ended.`
        : '  The command that it started has ended.',
      ...lines,
      '  No other process can write to this pipe.',
      '',
      `${continues}   Now: kill ${pids}`,
      'Fix: start the daemon with >/dev/null 2>&1, or wait for the exit instead of for end-of-file.',
    ],
  };
}

function leaked(finding: Finding): Section {
  const { process, fd = 0 } = first(finding);
  const name = who(process);
  const holders = list(finding.others.map(holder));
  return {
    title: `Not a deadlock: ${name} waits for end-of-file, but another process inherited the write end.`,
    lines: [
      ...table([row(first(finding))]).slice(0, 1),
      `  The write end of its ${stream(fd)} is open only in ${holders}.`,
      '',
      `It continues when ${when(finding.others, ['ends', 'have ended'])}.`,
      'Fix: make the write end close-on-exec (O_CLOEXEC, close_fds=True), or close it in that process.',
    ],
  };
}

function neverDrains(finding: Finding): Section {
  const [awaited] = first(finding).awaited;
  const reader = awaited ? who(awaited.process) : 'the reader';
  const limit = `${whatItHolds(first(finding))}; the writer has more to say.`;
  const instead = finding.isAsleep
    ? 'sleeps until a signal ends it'
    : finding.isUnheard
      ? 'sleeps in its event loop, until a time limit or another event,'
      : 'polls for its exit';
  return {
    title: `${who(first(finding).process)} cannot continue: its output is not read.`,
    lines: [
      ...table([row(first(finding))]),
      '',
      `Why: ${reader} ${instead} but does not read. ${limit}`,
      `Fix: read ${stream(first(finding).fd ?? 1)} while waiting, or send it to a file.`,
    ],
  };
}

function backPressure(finding: Finding): Section {
  const readers = first(finding).awaited;
  const names = `${readers.length > 1 ? 'one of ' : ''}${list(readers.map(({ process }) => who(process)))}`;
  return {
    title: `Back-pressure, no hang: ${who(first(finding).process)} waits until ${names} reads on.`,
    lines: [...table([row(first(finding))]), ...(finding.isUnheard ? unheard(readers) : [])],
  };
}

/** Names the first reader only: one that reads is enough. */
function unheard([reader]: WaitStory['awaited']): string[] {
  if (!reader) return [];
  const loop = `The event loop of ${who(reader.process)}`;
  return [
    '',
    `${loop} does not listen to fd ${list(reader.fds.map(String))} now: the stream is paused or unread.`,
    "If that lasts: read the stream, or send the command's output to a file or /dev/null.",
  ];
}

function zombie(finding: Finding): Section {
  const { process } = first(finding);
  const [parent] = finding.others;
  return {
    title: `${who(process)} has ended, but its parent has not asked for its exit status: a zombie.`,
    lines: [
      `  parent: ${parent ? `${whoInFull(parent.process)} ${commandLine(parent.process)}` : 'not visible'}`,
      '',
      'It keeps its pid until the parent waits for it (waitpid) or ends; killing the zombie does nothing.',
      'Fix: wait for every child, for instance on SIGCHLD.',
    ],
  };
}

function stopped(finding: Finding): Section {
  const { kind, stuck } = finding;
  const { process, call } = first(finding);
  const behind =
    stuck.length === 0 ? [] : ['', 'Waiting for it:', ...table(stuck.map((story) => row(story)))];
  if (kind === 'stopped')
    return {
      title: `${who(process)} is stopped by a signal, until it is continued.`,
      lines: [...table([row(first(finding))]), ...behind, '', `Now: kill -CONT ${process.pid}`],
    };
  const isRead = call === undefined || call.name.startsWith('read');
  const tried = isRead ? 'read from it (SIGTTIN)' : 'write to it or change it (SIGTTOU)';
  return {
    title: `${who(process)} is stopped: in the background of its terminal, it tried to ${tried}.`,
    lines: [
      ...table([row(first(finding))]),
      ...behind,
      '',
      'Now: bring it to the foreground with `fg` in its shell.',
      'Fix: give it </dev/null if it needs no input.',
    ],
  };
}

function terminalInput(finding: Finding): Section {
  const { process, on = '', awaited } = first(finding);
  const by =
    awaited.length === 0 ? '' : `, whose other side is ${list(awaited.map(({ process: one }) => who(one)))}`;
  return {
    title: `Not a hang: ${who(process)} waits for keyboard input.`,
    lines: [`  ${whoInFull(process)}   reads from its terminal ${terminalPath(on)}${by}`],
  };
}

function fifo(finding: Finding): Section {
  const { process, action } = first(finding);
  const path = finding.path === undefined ? 'a named pipe' : `the named pipe ${safe(finding.path)}`;
  const [mine, other] = action === 'write' ? ['writing', 'reading'] : ['reading', 'writing'];
  const verb = action === 'write' ? 'reads from' : 'writes to';
  return {
    title: `${who(process)} cannot continue: it opens ${path}, and no process opens the other end.`,
    lines: [
      ...table([row({ ...first(finding), action: 'open' }, finding.path)]),
      '',
      `Why: opening a named pipe for ${mine} waits until a process opens it for ${other} (fifo(7)).`,
      `Fix: start the program that ${verb} it, or open it with O_NONBLOCK.`,
    ],
  };
}

function lockWait(finding: Finding): Section {
  const { process } = first(finding);
  const { others, isHang } = finding;
  const owners = others.map(({ process: one }) => `${whoInFull(one)} ${commandLine(one)}`);
  const owner = `whose owner ${isHang ? 'does nothing' : 'is at work'}`;
  return {
    title: `${who(process)} ${sentence(first(finding), finding.path)}, ${owner}.`,
    lines: [
      ...table([row(first(finding), finding.path)]),
      `  owner: ${owners.length === 0 ? 'not visible' : list(owners)}`,
      '',
      `It continues when ${when(others, ['ends or unlocks the file', 'have ended or unlocked the file'])}.`,
    ],
  };
}

function semaphoreWait(finding: Finding): Section {
  const { process, endedUser } = first(finding);
  const users =
    endedUser === undefined
      ? 'no other visible process can release it'
      : `process ${endedUser}, which used it last, has ended`;
  const path = finding.path === undefined ? [] : [`  memory: ${safe(finding.path)}`];
  return {
    title: `${who(process)} ${sentence(first(finding))}, and ${users}.`,
    lines: [
      ...table([row(first(finding))]),
      ...path,
      '',
      'It continues when a process releases it. The kernel does not tell which process is to do so.',
      'Fix: release it on every way out (SEM_UNDO, a robust mutex), or wait with a limit (sem_timedwait).',
    ],
  };
}
