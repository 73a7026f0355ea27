/** Text for processes, descriptors and system calls. */
import { clipped, safe, safeName } from '../../base/index.js';
import type { BlockedCall } from '../snapshot/index.js';
import type { HolderRef, ProcessRef } from '../verdict/index.js';

const LONGEST_COMMAND = 60;
const LONGEST_WORDS = 30;

/** `python3[4711]`; for the observer itself `this program, node[4712]`. */
export function who({ name, pid, isObserver }: ProcessRef): string {
  return `${isObserver ? 'this program, ' : ''}${safeName(name)}[${pid}]`;
}

/**
 * `python3[4711] build.py`: with the first argument, such as the script; `java[4712] -cp . Main`: with the
 * first words, for only the program knows which of its options have a value. Code is left out.
 */
export function whoInFull(process: ProcessRef): string {
  const words = process.command.slice(1).filter((word) => word.trim() !== '');
  const [first] = words;
  const isCode = words.some((one) => /^-(?:c|e|-eval)$/.test(one));
  if (first === undefined || isCode) return who(process);
  const shown = first.startsWith('-') ? words.map(withoutDirectory).join(' ') : withoutDirectory(first);
  return `${who(process)} ${clipped(safe(shown), LONGEST_WORDS)}`;
}

/** Only of a path: of other text with a slash, such as a script, that would be the last words. */
function withoutDirectory(word: string): string {
  return /\s|:\/\//.test(word) ? word : word.slice(word.lastIndexOf('/') + 1) || word;
}

/** `sleep 1000`, in backquotes; empty without a command line. */
export function commandLine({ command }: ProcessRef): string {
  if (command.length === 0) return '';
  return `\`${clipped(safe(command.join(' ')), LONGEST_COMMAND)}\``;
}

/** `its stdout`, `its fd 4`. */
export function ofItself(fd: number | undefined): string {
  if (fd === undefined) return 'a descriptor';
  return `its ${['stdin', 'stdout', 'stderr'][fd] ?? `fd ${fd}`}`;
}

/** `stdout`, `fd 4`. */
export function stream(fd: number): string {
  return ['stdin', 'stdout', 'stderr'][fd] ?? `fd ${fd}`;
}

/** `python3[4711] fd 3`. */
export function holder({ process, fds }: HolderRef): string {
  return fds.length === 0 ? who(process) : `${who(process)} fd ${fds.join(', ')}`;
}

export function list(words: readonly string[], most = 4): string {
  const shown = words.slice(0, most);
  const rest = words.length - shown.length;
  if (rest > 0) return `${shown.join(', ')} and ${rest} more`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

/** `1 process`, `12 processes`. */
export function processes(count: number): string {
  return count === 1 ? '1 process' : `${count} processes`;
}

/** The kind of thing a wait's key names; a named pipe counts as a pipe. */
export function medium(on: string | undefined): 'pipe' | 'socket' | 'terminal' {
  if (on?.startsWith('socket:')) return 'socket';
  return on?.startsWith('terminal:') || on?.startsWith('/dev/') ? 'terminal' : 'pipe';
}

/** The terminal's path from its key. */
export function terminalPath(on: string): string {
  return on.startsWith('terminal:') ? `/dev/pts/${on.slice('terminal:'.length)}` : safe(on);
}

/** A set may have a descriptor twice, for reading and for writing. */
function watchedBy({ watches = [] }: BlockedCall): string[] {
  return [...new Set(watches.map(({ fd }) => String(fd)))];
}

/** `write(1, …, 200000)`: decimal numbers, no addresses. */
export function callText(call: BlockedCall | undefined): string {
  if (!call) return '';
  const number = (index: number) => String(BigInt.asIntN(32, BigInt(call.args[index] ?? 0)));
  const size = (index: number) => String(BigInt(call.args[index] ?? 0));
  switch (call.name) {
    case 'wait4':
      return `wait4(${number(0)})`;
    case 'waitid':
      return `waitid(${number(1)})`;
    case 'read':
    case 'write':
    case 'sendto':
    case 'recvfrom':
      return `${call.name}(${number(0)}, …, ${size(2)})`;
    case 'splice':
      return `splice(${number(0)} to ${number(2)}, ${size(4)})`;
    case 'tee':
      return `tee(${number(0)} to ${number(1)}, ${size(2)})`;
    case 'sendfile':
      return `sendfile(${number(1)} to ${number(0)}, ${size(3)})`;
    case 'futex':
    case 'vfork':
    case 'clone':
    case 'clone3':
      return `${call.name}(…)`;
    case 'poll':
    case 'ppoll':
    case 'select':
    case 'pselect6':
      return `${call.name}(${clipped(list(watchedBy(call)), 20)})`;
    case 'open':
    case 'openat':
    case 'openat2':
      return `${call.name}(${call.path === undefined ? '…' : JSON.stringify(clipped(safe(call.path), 40))})`;
    case 'nanosleep':
    case 'clock_nanosleep':
    case 'pause':
    case 'rt_sigsuspend':
      return `${call.name}()`;
    default:
      if (call.name === 'unknown') return `system call ${call.number}`;
      return call.args.length === 0 ? '' : `${call.name}(${number(0)}, …)`;
  }
}
