/**
 * The wait of a thread whose system call cannot be read (another user's process, or Yama's ptrace_scope),
 * guessed from the kernel function it sleeps in. The descriptor stays unknown: it may be any that fits.
 */
import type { DescriptorRecord, ProcessRecord, ThreadRecord, WatchRecord } from '../snapshot/index.js';
import { descriptorWait } from './descriptor-wait.js';
import { type Alternative, live, type Reason, type Wait } from './wait.js';
import { isZombie, type World } from './world.js';

/** Names differ between kernels: anon_pipe_write was pipe_write before 6.15. */
export function guessedWait(world: World, record: ProcessRecord, { waitChannel }: ThreadRecord): Wait {
  if (waitChannel === undefined || !record.descriptors) return live('unreadable');
  if (/pipe_write/.test(waitChannel)) return onAny(world, record, 'writing', isPipe);
  if (/pipe_read/.test(waitChannel)) return onAny(world, record, 'reading', isPipe);
  if (/^(?:do_wait|kernel_wait4|kernel_waitid)$/.test(waitChannel)) return forChildren(world, record);
  // For epoll, poll and futexes the function tells neither the target nor a timeout.
  return live('unreadable');
}

function isPipe({ target, isNonBlocking }: DescriptorRecord): boolean {
  return target.startsWith('pipe:') && !isNonBlocking;
}

function onAny(
  world: World,
  record: ProcessRecord,
  purpose: 'reading' | 'writing',
  fits: (descriptor: DescriptorRecord) => boolean,
): Wait {
  const access = purpose === 'reading' ? 'read' : 'write';
  const watches: WatchRecord[] = (record.descriptors ?? [])
    .filter((one) => fits(one) && (one.access === access || one.access === 'both'))
    .map(({ fd }) => ({ fd, for: purpose }));
  return together(watches.map((watch) => descriptorWait(world, record, watch)));
}

function forChildren(world: World, { pid }: ProcessRecord): Wait {
  const children = world.childrenOf(pid);
  if (children.length === 0 || children.some(isZombie)) return live('unreadable');
  return together([{ action: 'exit', targets: children.map((child) => ({ pid: child.pid })) }]);
}

function together(found: readonly (Alternative | Reason)[]): Wait {
  const alternatives = found.filter((one) => typeof one !== 'string');
  if (alternatives.length === 0 || alternatives.length < found.length) return live('unreadable');
  return { kind: 'blocked', alternatives };
}
