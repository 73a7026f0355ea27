/**
 * Options for Node's streams. Node reads each by its name from a copy of the object, and what a program has
 * added to Object.prototype counts as given: an `encoding` there makes every new stream throw.
 */
import { ownProperties } from './own-properties.js';

/** What Readable, Writable, Duplex, Socket and the streams of files read, unset. */
const UNSET: object = {
  allowHalfOpen: undefined,
  autoClose: undefined,
  autoDestroy: undefined,
  blockList: undefined,
  captureRejections: undefined,
  construct: undefined,
  decodeStrings: undefined,
  defaultEncoding: undefined,
  destroy: undefined,
  emitClose: undefined,
  encoding: undefined,
  end: undefined,
  fd: undefined,
  final: undefined,
  flags: undefined,
  flush: undefined,
  fs: undefined,
  highWaterMark: undefined,
  keepAlive: undefined,
  keepAliveInitialDelay: undefined,
  mode: undefined,
  noDelay: undefined,
  objectMode: undefined,
  onread: undefined,
  pauseOnCreate: undefined,
  read: undefined,
  readableHighWaterMark: undefined,
  readableObjectMode: undefined,
  signal: undefined,
  start: undefined,
  writableHighWaterMark: undefined,
  writableObjectMode: undefined,
  write: undefined,
  writev: undefined,
};

/** These options and no others. Those that some class of Node's sets itself (`handle`, …) are left to it. */
export function streamOptions<O extends object>(own: O): O {
  return { ...UNSET, ...own };
}

const OF_SPAWN = [
  'argv0',
  'cwd',
  'detached',
  'gid',
  'killSignal',
  'serialization',
  'shell',
  'timeout',
  'uid',
];
const NAMES: readonly string[] = [...Object.keys(UNSET), ...OF_SPAWN];

/**
 * Calls `act`, which makes Node build options that only Node sees, such as those of a child's sockets. What
 * Object.prototype has of these names is taken off for the call, where that is allowed.
 */
export function withoutInherited<T>(act: () => T): T {
  const names = NAMES.filter((name) => Object.hasOwn(Object.prototype, name));
  const taken = ownProperties(Object.fromEntries(names.map((name) => [name, describe(name)])));
  for (const name of names) Reflect.deleteProperty(Object.prototype, name);
  try {
    return act();
  } finally {
    for (const name of names)
      Object.defineProperty(Object.prototype, name, taken[name] as PropertyDescriptor);
  }
}

function describe(name: string): PropertyDescriptor {
  return ownProperties(Object.getOwnPropertyDescriptor(Object.prototype, name));
}
