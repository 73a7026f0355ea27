/**
 * Waits for descriptors beside the event loop of a runtime that cannot watch them itself: all of them are in
 * one epoll(7) set, and one thread of the runtime's pool sleeps in epoll_wait(2) while something is awaited.
 *
 * That call holds the event loop. What must not hold it (a watch that is unreferenced) is looked at from time
 * to time instead, unless a referenced one is there. Linux.
 */
import { clearInterval, clearTimeout, inContext, setInterval, setTimeout } from '../../base/index.js';
import {
  bind,
  bindAsync,
  bindOptional,
  check,
  required,
  requirePlatform,
  SystemError,
} from '../libc/index.js';
import { closeDescriptor } from './open-close.js';
import { readSome, writeSome } from './transfer.js';

export const epollCreate = bindOptional<(flags: number) => number>('int epoll_create1(int flags)');
export const epollControl = bindOptional<
  (set: number, operation: number, fd: number, event: Uint8Array) => number
>('int epoll_ctl(int set, int operation, int fd, void *event)');
const EPOLL_WAIT = 'int epoll_wait(int set, void *events, int most, int timeout)';
type WaitCall = [set: number, events: Uint8Array, most: number, timeout: number];
export const epollWait = bindOptional<(...args: WaitCall) => number>(EPOLL_WAIT);
const epollWaitLater = bindAsync<WaitCall, number>(EPOLL_WAIT);
const eventfd = bind<(count: number, flags: number) => number>('int eventfd(unsigned int count, int flags)');

export const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EVENTS = { reading: 1, writing: 4 } as const;
/** struct epoll_event is packed on x86-64 only (include/uapi/linux/eventpoll.h). */
export const EPOLL_DATA_AT = process.arch === 'x64' ? 4 : 8;
export const EPOLL_EVENT_BYTES = EPOLL_DATA_AT + 8;
const MOST_AT_ONCE = 64;
const LONGEST_PAUSE_MS = 25;

/** A descriptor that is waited for. */
export interface DescriptorWatch {
  /** Call it before the descriptor is closed. */
  stop(): void;
  ref(): void;
  unref(): void;
}

interface Entry {
  readonly ready: () => void;
  isReferenced: boolean;
}

/** One thread's watches. */
class Watching {
  readonly #entries = new Map<number, Entry>();
  readonly #events = new Uint8Array(new ArrayBuffer(MOST_AT_ONCE * EPOLL_EVENT_BYTES));
  #referenced = 0;
  /** Open while something is watched. */
  #set: { readonly epoll: number; readonly wake: number } | undefined;
  /** A thread of the pool sleeps. */
  #isAsleep = false;
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = 1;

  /** Errors: SystemError EMFILE, ENFILE, ENOSPC; EPERM for a file that is always ready. */
  add(fd: number, events: number, entry: Entry): void {
    this.#set ??= newSet();
    try {
      control(this.#set.epoll, EPOLL_CTL_ADD, fd, events);
    } catch (error) {
      this.#changed();
      throw error;
    }
    this.#entries.set(fd, entry);
    if (entry.isReferenced) this.#referenced++;
    this.#pauseMs = 1;
    this.#changed();
  }

  remove(fd: number, entry: Entry): void {
    if (this.#entries.get(fd) !== entry || !this.#set) return;
    this.#entries.delete(fd);
    if (entry.isReferenced) this.#referenced--;
    control(this.#set.epoll, EPOLL_CTL_DEL, fd, 0);
    this.#changed();
  }

  hold(fd: number, entry: Entry, isReferenced: boolean): void {
    if (entry.isReferenced === isReferenced) return;
    entry.isReferenced = isReferenced;
    if (this.#entries.get(fd) !== entry) return;
    this.#referenced += isReferenced ? 1 : -1;
    this.#changed();
  }

  /** Sleeps, looks later, or ends, as the watches ask for it now. */
  #changed(): void {
    if (this.#isAsleep) {
      if (this.#referenced === 0) this.#wakeUp();
      return;
    }
    if (this.#referenced > 0) this.#sleep();
    else if (this.#entries.size > 0) this.#timer ??= this.#lookLater();
    else this.#end();
  }

  #sleep(): void {
    this.#stopTimer();
    this.#isAsleep = true;
    epollWaitLater([this.#epoll, this.#events, MOST_AT_ONCE, -1], (count) => {
      this.#isAsleep = false;
      this.#tell(count);
    });
  }

  #lookLater(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#timer = undefined;
      const count = required(epollWait)(this.#epoll, this.#events, MOST_AT_ONCE, 0);
      this.#pauseMs = count > 0 ? 1 : Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
      this.#tell(count);
    }, this.#pauseMs).unref();
  }

  /** `count` events have come; -1 after a signal. */
  #tell(count: number): void {
    try {
      // A callback may sleep again, which fills the same memory.
      for (const fd of this.#ready(count)) this.#entries.get(fd)?.ready();
    } finally {
      this.#changed();
    }
  }

  #ready(count: number): number[] {
    const view = new DataView(this.#events.buffer);
    const fds: number[] = [];
    for (let i = 0; i < count; i++) fds.push(view.getInt32(i * EPOLL_EVENT_BYTES + EPOLL_DATA_AT, true));
    const wake = this.#set?.wake;
    if (wake !== undefined && fds.includes(wake)) readSome(wake, word, word.length);
    return fds;
  }

  /** A number that is not zero, which the sleeping thread reads from it. */
  #wakeUp(): void {
    word.fill(1);
    writeSome((this.#set as { wake: number }).wake, word, word.length);
  }

  get #epoll(): number {
    return (this.#set as { epoll: number }).epoll;
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #end(): void {
    this.#stopTimer();
    if (!this.#set) return;
    closeDescriptor(this.#set.wake);
    closeDescriptor(this.#set.epoll);
    this.#set = undefined;
  }
}

const watching = new Watching();
const word = new Uint8Array(new ArrayBuffer(8));

/** Calls `ready` whenever a read or write would not block, until it is stopped. One for each descriptor. */
export function watchDescriptor(
  fd: number,
  purpose: keyof typeof EVENTS,
  ready: () => void,
  isReferenced: boolean,
): DescriptorWatch {
  const entry: Entry = { ready: inContext(ready), isReferenced };
  try {
    watching.add(fd, EVENTS[purpose], entry);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return lookAtTimes(entry);
  }
  return {
    stop: () => watching.remove(fd, entry),
    ref: () => watching.hold(fd, entry, true),
    unref: () => watching.hold(fd, entry, false),
  };
}

/** Without a free descriptor for the set, or for a file that epoll(7) does not take. */
function lookAtTimes({ ready, isReferenced }: Entry): DescriptorWatch {
  const timer = setInterval(ready, LONGEST_PAUSE_MS);
  if (!isReferenced) timer.unref();
  return { stop: () => clearInterval(timer), ref: () => timer.ref(), unref: () => timer.unref() };
}

function newSet(): { epoll: number; wake: number } {
  const doing = 'making the set of watched descriptors';
  const { O_CLOEXEC, O_NONBLOCK } = requirePlatform();
  const epoll = check(required(epollCreate)(O_CLOEXEC), 'epoll_create1', doing);
  try {
    const wake = check(eventfd(0, O_CLOEXEC | O_NONBLOCK), 'eventfd', doing);
    control(epoll, EPOLL_CTL_ADD, wake, EVENTS.reading);
    return { epoll, wake };
  } catch (error) {
    closeDescriptor(epoll);
    throw error;
  }
}

function control(epoll: number, operation: number, fd: number, events: number): void {
  const event = new DataView(new ArrayBuffer(EPOLL_EVENT_BYTES));
  event.setUint32(0, events, true);
  event.setInt32(EPOLL_DATA_AT, fd, true);
  const result = required(epollControl)(epoll, operation, fd, new Uint8Array(event.buffer));
  check(result, 'epoll_ctl', `watching descriptor ${fd}`);
}
