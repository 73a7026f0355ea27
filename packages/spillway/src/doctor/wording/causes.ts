/** The cause of a deadlock and its fix, by the kinds of waits in the cycle. */
import type { Finding, WaitStory } from '../verdict/index.js';
import { list, medium, stream, who } from './names.js';

export interface Cause {
  readonly why: string;
  readonly fix: string;
}

export function causeOf({ kind, waits }: Finding): Cause {
  const actions = new Set(waits.map(({ action }) => action));
  const writer = waits.find(({ action }) => action === 'write');
  const reader = waits.find(({ action }) => action === 'read');
  if (actions.has('thread') && actions.size === 1) return MUTEX;
  if (kind === 'self-deadlock') return writer ? SELF_WRITE : selfRead(waits[0] as WaitStory);
  if (actions.has('lock')) return LOCKS;
  if (actions.has('semaphore')) return SEMAPHORE;
  if (writer) return unreadPipe(writer, waits[(waits.indexOf(writer) + 1) % waits.length] as WaitStory);
  if (reader && actions.has('exit')) return unclosedInput(reader);
  return BOTH_READ;
}

const MUTEX: Cause = {
  why: 'each of these threads holds a mutex that the next one wants.',
  fix: 'take the mutexes in the same order everywhere.',
};

const SELF_WRITE: Cause = {
  why: 'the only reader of what it writes is the process itself, and it cannot read while it writes.',
  fix: 'read from another thread, or make the descriptor non-blocking.',
};

function selfRead({ fd, awaited }: WaitStory): Cause {
  const own = (awaited[0]?.fds ?? []).join(', ');
  return {
    why: `end-of-file comes when every write end is closed, but the reader itself has one open as fd ${own}.`,
    fix: `close fd ${own} before reading ${fd === undefined ? 'to the end' : `fd ${fd} to its end`}.`,
  };
}

const LOCKS: Cause = {
  why: 'each holds a lock that the next one wants, or waits for a process that does.',
  fix: 'take the locks in the same order everywhere, or give up after a while (flock -w, F_SETLK).',
};

const SEMAPHORE: Cause = {
  why: 'each process that could release the semaphore waits itself; the one that took it may have ended.',
  fix: 'release it on every way out (a robust mutex), or wait with a limit (sem_timedwait).',
};

/** The next in the circle is the one that is to read; what it does instead is the cause. */
function unreadPipe(writer: WaitStory, next: WaitStory): Cause {
  if (next.action === 'read' || next.action === 'end') return oneAtATime(writer, next);
  return next.action === 'write' ? BOTH_WRITE : unreadOutput(writer, next);
}

function unreadOutput(writer: WaitStory, next: WaitStory): Cause {
  const { process } = writer;
  const { fd } = knownAs(writer);
  const its = writer.awaited.find((one) => one.process.pid === next.process.pid)?.fds[0];
  const place = fd > 2 && its !== undefined ? `its ${stream(its)}` : stream(fd);
  const limit = `${whatItHolds(writer)}; ${who(process)} has more to say.`;
  return {
    why: `the parent waits for the exit before it reads ${place}. ${limit}`,
    fix: `read ${place.replace('its ', '')} while waiting, or send it to a file.`,
  };
}

/** Sizes as in pipe(7) and socket(7); `capacity` is known for pipes only. */
export function whatItHolds({ on, capacity = 65536 }: WaitStory): string {
  const kibibytes = Math.round(capacity / 1024);
  switch (medium(on)) {
    case 'pipe':
      return kibibytes === 64 ? 'A pipe holds 64 KiB' : `This pipe holds ${kibibytes} KiB`;
    case 'socket':
      return 'A socket holds some hundred KiB';
    case 'terminal':
      return 'A terminal holds a few KiB';
  }
}

function oneAtATime(writer: WaitStory, reader: WaitStory): Cause {
  const full = writer.awaited.find(({ process }) => process.pid === reader.process.pid)?.fds ?? [];
  const place = full.length > 0 ? ` (its fd ${full.join(', ')})` : '';
  const { fd, process } = knownAs(writer);
  const other = `${stream(fd)} of ${who(process)}${place}`;
  const fds = new Set(reader.awaited.flatMap((one) => one.fds));
  const [first] = fds;
  const read = fds.size === 1 && (first === 1 || first === 2) && first !== fd ? stream(first) : 'one stream';
  return {
    why: `${who(reader.process)} reads ${read} to its end before it reads ${other}, which is full.`,
    fix: 'read both streams at the same time (threads, poll), send one to a file, or merge them (2>&1).',
  };
}

/** The full stream by the name that its reader has for it: that of the child that the reader started. */
function knownAs({ via, fd = 2, process }: WaitStory) {
  return via ? { fd: via.fds[0] ?? fd, process: via.process } : { fd, process };
}

const BOTH_WRITE: Cause = {
  why: 'both write at the same time, and neither reads what the other has written.',
  fix: 'read while writing: from another thread, or with poll and non-blocking descriptors.',
};

function unclosedInput({ fd = 0, process, awaited }: WaitStory): Cause {
  const open = list(awaited.map(({ process: one, fds }) => `${who(one)} fd ${fds.join(', ')}`));
  const end = `the write end (fd ${awaited[0]?.fds.join(', ') ?? '?'})`;
  const other = fd === 0 ? 'give the child /dev/null as its stdin' : 'send what the child waits for';
  return {
    why: `${who(process)} reads ${stream(fd)} until every write end is closed. Still open: ${open}.`,
    fix: `close ${end} before waiting, or ${other}.`,
  };
}

const BOTH_READ: Cause = {
  why: 'each waits for the other to write first. What one has written may still be in its own buffer.',
  fix: 'flush after every message (python -u, stdbuf -oL, fflush), and decide which side starts.',
};
