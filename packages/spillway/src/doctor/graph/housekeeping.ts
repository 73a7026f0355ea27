/**
 * Threads of a language's runtime that wake by themselves, for garbage collection or statistics. They run no
 * code of the program, so their timeouts are no way out of a hang.
 */
import type { BlockedCall, ProcessRecord, ThreadRecord } from '../snapshot/index.js';

/** From this many on: a runtime such as Go's, which handles every signal, so a handler tells nothing. */
export const HANDLERS_OF_A_RUNTIME = 40;

/** Every Java virtual machine (HotSpot) has this thread. The kernel cuts names to 15 bytes. */
const OF_JAVA = 'VM Thread';
const JAVA_SERVICES = new RegExp(
  `^(?:${[
    ...[
      'VM ',
      'G1 ',
      'GC Thread#',
      'ParGC',
      'StringDedup',
      'Shenandoah',
      '[XZ](?:Direct|Driver|Stat|Work|Unmap)',
    ],
    ...['C[12] Compiler', 'JVMCI', 'Sweeper thread', 'Monitor Deflati', 'Service Thread', 'JFR '],
    ...['Signal Dispatch', 'Reference Handl', 'Finalizer', 'Common-Cleaner', 'Cleaner-', 'Notification Th'],
    ...['Attach Listener', 'process reaper', 'Keep-Alive-Time', 'VirtualThread-u'],
  ].join('|')})`,
);
/** Those of .NET, of Node and of the allocator jemalloc have names that nothing else has. */
const OTHER_SERVICES = /^(?:\.NET (?:Tiered|Finalizer|EventPipe|TP Gate)|DelayedTaskSche|jemalloc_bg_thd)/;
/** Wakes up to twenty times a second, whatever the program does. */
const TICKER = 'VM Periodic Tas';

const known = new WeakMap<ProcessRecord, ReadonlySet<number>>();
const NONE: ReadonlySet<number> = new Set();

/** The thread ids of the process's housekeeping threads. */
export function housekeepers(record: ProcessRecord): ReadonlySet<number> {
  if (record.threads.length < 2) return NONE;
  let found = known.get(record);
  if (!found) {
    found = findHousekeepers(record);
    known.set(record, found);
  }
  return found;
}

function findHousekeepers({ threads, caughtSignals }: ProcessRecord): ReadonlySet<number> {
  const isJava = threads.some(({ name }) => name === OF_JAVA);
  const handlesAll = caughtSignals.length >= HANDLERS_OF_A_RUNTIME;
  const isService = ({ name, call }: ThreadRecord) =>
    (isJava && JAVA_SERVICES.test(name)) ||
    OTHER_SERVICES.test(name) ||
    // Go's sysmon. Go's own timers are timeouts of epoll_wait.
    (handlesAll && isTimedFutex(call));
  const found = threads.filter(isService).map(({ tid }) => tid);
  return found.length === 0 ? NONE : new Set(found);
}

function isTimedFutex(call: BlockedCall | undefined): boolean {
  return call?.name === 'futex' && call.hasTimeout === true;
}

/** At work it may be what the other threads wait for, as in a pause for garbage collection. */
export function isOffDuty({ name, state, call }: ThreadRecord): boolean {
  return name === TICKER || (state === 'S' && call !== undefined && call.name !== 'running');
}
