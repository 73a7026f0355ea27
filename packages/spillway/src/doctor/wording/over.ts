/** The sentence for a hang that is over. */
import type { Finding, FindingKind } from '../verdict/index.js';
import { list, who } from './names.js';

const WAITED_FOR: Readonly<Partial<Record<FindingKind, string>>> = {
  'self-deadlock': 'itself',
  'held-open': 'an end of file',
  'leaked-write-end': 'an end of file',
  'never-drains': 'room in a pipe',
  'back-pressure': 'room in a pipe',
  'fifo-without-partner': 'a partner at the other end of a named pipe',
  'lock-wait': 'a lock',
  'semaphore-wait': 'a semaphore',
  'terminal-input': 'input from the terminal',
};

/** One sentence for an earlier finding, such as `Over: the deadlock of sh[12] and cat[14].` */
export function describeOver({ kind, waits }: Finding): string {
  const names = list([...new Set(waits.map(({ process }) => who(process)))], 4);
  switch (kind) {
    case 'deadlock':
      return `Over: the deadlock of ${names}.`;
    case 'zombie':
      return `Over: ${names} is no longer a zombie.`;
    case 'stopped':
    case 'stopped-on-terminal':
      return `Over: ${names} is no longer stopped.`;
    default:
      return `Over: ${names} no longer waits for ${WAITED_FOR[kind]}.`;
  }
}
