/** The descriptors that the threads of a process wait on. */
import type { BlockedCall, DescriptorRecord, ProcessRecord, WatchRecord } from './snapshot.js';

const READS = new Set([
  'read',
  'readv',
  'pread64',
  'preadv',
  'preadv2',
  'recvfrom',
  'recvmsg',
  'recvmmsg',
  'accept',
  'accept4',
]);
const WRITES = new Set([
  'write',
  'writev',
  'pwrite64',
  'pwritev',
  'pwritev2',
  'sendto',
  'sendmsg',
  'sendmmsg',
  'connect',
]);
/** Calls that copy from one descriptor to another. Positions of the two among their arguments (splice(2)). */
const COPIES: Readonly<Record<string, { readonly from: number; readonly to: number }>> = {
  sendfile: { from: 1, to: 0 },
  splice: { from: 0, to: 2 },
  tee: { from: 0, to: 1 },
};

/** The descriptors that a blocked call waits on; undefined for other calls. */
export function watchesOf(call: BlockedCall, record: ProcessRecord): readonly WatchRecord[] | undefined {
  const fd = (index: number) => Number(BigInt.asIntN(32, BigInt(call.args[index] ?? -1)));
  if (READS.has(call.name)) return [{ fd: fd(0), for: 'reading' }];
  if (WRITES.has(call.name)) return [{ fd: fd(0), for: 'writing' }];
  const copy = COPIES[call.name];
  if (copy)
    return copyWatches(
      { fd: fd(copy.from), for: 'reading' },
      { fd: fd(copy.to), for: 'writing' },
      call,
      record,
    );
  if (call.name === 'vmsplice') return [{ fd: fd(0), for: call.side ?? directionOf(fd(0), record) }];
  if (call.name.startsWith('epoll')) return epollWatches(fd(0), record);
  return call.watches;
}

/** The side that the kernel sleeps on; without that, the sides that a thread can sleep on at all. */
function copyWatches(
  from: WatchRecord,
  to: WatchRecord,
  { side }: BlockedCall,
  { descriptors }: ProcessRecord,
): readonly WatchRecord[] {
  if (side) return side === 'reading' ? [from] : [to];
  const isFile = ({ fd }: WatchRecord) => {
    const found = descriptors?.find((one) => one.fd === fd);
    return found?.target.startsWith('/') && !found.isFifo && !found.target.startsWith('/dev/');
  };
  // A file never keeps a thread in an interruptible sleep.
  const found = [from, to].filter((one) => !isFile(one));
  return found.length === 0 ? [from, to] : found;
}

/** vmsplice(2) writes to the write end of a pipe, and reads from its read end. */
function directionOf(fd: number, { descriptors }: ProcessRecord): 'reading' | 'writing' {
  return descriptors?.find((one) => one.fd === fd)?.access === 'read' ? 'reading' : 'writing';
}

/** An epoll set may contain other sets. */
function epollWatches(fd: number, record: ProcessRecord): readonly WatchRecord[] | undefined {
  const byNumber = new Map(record.descriptors?.map((one) => [one.fd, one]));
  const found: WatchRecord[] = [];
  const seen = new Set<number>();
  const add = (set: number): boolean => {
    if (seen.has(set)) return true;
    seen.add(set);
    const watches = byNumber.get(set)?.watches;
    if (!watches) return false;
    return watches.every((watch) => {
      if (byNumber.get(watch.fd)?.watches) return add(watch.fd);
      found.push(watch);
      return true;
    });
  };
  return add(fd) ? found : undefined;
}

/** The descriptors that any thread waits on; all descriptors if the calls cannot be read. */
export function waitedDescriptors(record: ProcessRecord): DescriptorRecord[] {
  const { descriptors = [], threads, unreadable } = record;
  if (unreadable.some(({ what }) => what === 'calls')) return [...descriptors];
  const numbers = new Set<number>();
  for (const { call } of threads) {
    const watches = call && watchesOf(call, record);
    for (const { fd } of watches ?? []) numbers.add(fd);
  }
  return numbers.size === 0 ? [] : descriptors.filter(({ fd }) => numbers.has(fd));
}
