/** Snapshots as text, for saving and sending. */
import { DoctorError } from './error.js';
import {
  arrayOf,
  boolean,
  type Check,
  hexadecimal,
  integer,
  number,
  object,
  oneOf,
  optional,
  string,
} from './shape.js';
import { FORMAT, type Snapshot, VERSION } from './snapshot.js';

/** One JSON object without a final newline. */
export function serializeSnapshots(snapshots: readonly Snapshot[]): string {
  return JSON.stringify({ format: FORMAT, version: VERSION, snapshots });
}

/**
 * The snapshots in such a text. Throws DoctorError `ERR_DOCTOR_BAD_SNAPSHOT` with the problem: not JSON, cut
 * off, not a snapshot, another version, or an invalid value.
 */
export function parseSnapshots(text: string): Snapshot[] {
  const found = parse(text);
  if (typeof found !== 'object' || found === null || (found as Recording).format !== FORMAT)
    throw bad(`it is not a snapshot: "format" is not "${FORMAT}"`);
  const { version, snapshots } = found as Recording;
  if (version !== VERSION)
    throw bad(
      `it has version ${JSON.stringify(version)} of the format; this spillway reads version ${VERSION}`,
    );
  const problem = arrayOf(snapshot)(snapshots, 'snapshots');
  if (problem) throw bad(problem);
  if ((snapshots as unknown[]).length === 0) throw bad('it holds no snapshot');
  return snapshots as Snapshot[];
}

interface Recording {
  readonly format?: unknown;
  readonly version?: unknown;
  readonly snapshots?: unknown;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw bad(text.trim() === '' ? 'it is empty' : 'it is not JSON, or cut off', error);
  }
}

function bad(problem: string, cause?: unknown): DoctorError {
  return new DoctorError('ERR_DOCTOR_BAD_SNAPSHOT', problem, cause === undefined ? {} : { cause });
}

const watch = object({ fd: integer, for: oneOf('reading', 'writing', 'both', 'end') });

const call = object({
  name: string,
  number: integer,
  args: arrayOf(hexadecimal),
  watches: optional(arrayOf(watch)),
  hasTimeout: optional(boolean),
  isEndless: optional(boolean),
  signals: optional(arrayOf(integer)),
  owner: optional(integer),
  isShared: optional(boolean),
  side: optional(oneOf('reading', 'writing')),
  path: optional(string),
});

const thread = object({
  tid: integer,
  innerTid: optional(integer),
  name: string,
  state: string,
  voluntarySwitches: number,
  call: optional(call),
  waitChannel: optional(string),
});

const descriptor = object({
  fd: integer,
  target: string,
  access: optional(oneOf('read', 'write', 'both')),
  isNonBlocking: optional(boolean),
  isFifo: optional(boolean),
  masterOf: optional(integer),
  eventId: optional(integer),
  watches: optional(arrayOf(watch)),
  processOf: optional(integer),
  signals: optional(arrayOf(integer)),
});

const processRecord = object({
  pid: integer,
  innerPid: optional(integer),
  name: string,
  command: arrayOf(string),
  uid: integer,
  state: string,
  parent: integer,
  group: integer,
  session: integer,
  terminal: integer,
  foregroundGroup: integer,
  startTime: string,
  isKernelThread: optional(boolean),
  caughtSignals: arrayOf(integer),
  writtenBytes: optional(number),
  isInTree: boolean,
  threads: arrayOf(thread),
  descriptors: optional(arrayOf(descriptor)),
  unreadable: arrayOf(object({ what: string, reason: string })),
});

const snapshot: Check = object({
  monotonicMs: number,
  takenAt: string,
  durationMs: number,
  host: object({
    kernel: string,
    architecture: string,
    observer: object({ pid: integer, uid: integer }),
    ptraceScope: optional(number),
    processCount: integer,
  }),
  roots: optional(arrayOf(integer)),
  processes: arrayOf(processRecord),
  pipes: arrayOf(object({ inode: integer, bytes: number, capacity: optional(number) })),
  sockets: arrayOf(
    object({
      inode: integer,
      peer: optional(integer),
      isListening: optional(boolean),
      unreadBytes: optional(number),
    }),
  ),
  locks: arrayOf(
    object({ kind: string, waiter: integer, owners: arrayOf(integer), file: string, path: optional(string) }),
  ),
  connections: optional(
    arrayOf(
      object({
        inode: integer,
        protocol: oneOf('tcp', 'udp', 'unix'),
        state: oneOf('connected', 'connecting', 'listening', 'open'),
        local: optional(string),
        remote: optional(string),
      }),
    ),
  ),
  semaphores: optional(
    arrayOf(
      object({
        waiter: integer,
        tid: integer,
        key: string,
        path: optional(string),
        users: arrayOf(integer),
        endedUser: optional(integer),
      }),
    ),
  ),
});
