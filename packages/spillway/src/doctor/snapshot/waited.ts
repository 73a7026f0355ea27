/** The descriptors that the threads of a process wait on. */
import type { BlockedCall, DescriptorRecord, ProcessRecord, WatchRecord } from './snapshot.js';

const READS = new Set(['read', 'readv', 'pread64', 'preadv', 'preadv2', 'recvfrom', 'recvmsg', 'recvmmsg']);
const WRITES = new Set([
  'write',
  'writev',
  'pwrite64',
  'pwritev',
  'pwritev2',
  'sendto',
  'sendmsg',
  'sendmmsg',
  'vmsplice',
]);

/** The descriptors that a blocked call waits on; undefined for other calls. */
export function watchesOf(call: BlockedCall, record: ProcessRecord): readonly WatchRecord[] | undefined {
  const fd = (index: number) => Number(BigInt.asIntN(32, BigInt(call.args[index] ?? -1)));
  if (READS.has(call.name)) return [{ fd: fd(0), for: 'reading' }];
  if (WRITES.has(call.name)) return [{ fd: fd(0), for: 'writing' }];
  if (call.name === 'sendfile')
    return [
      { fd: fd(0), for: 'writing' },
      { fd: fd(1), for: 'reading' },
    ];
  if (call.name === 'splice')
    return [
      { fd: fd(0), for: 'reading' },
      { fd: fd(2), for: 'writing' },
    ];
  if (call.name === 'tee')
    return [
      { fd: fd(0), for: 'reading' },
      { fd: fd(1), for: 'writing' },
    ];
  if (call.name.startsWith('epoll')) return epollWatches(fd(0), record);
  return call.watches;
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
