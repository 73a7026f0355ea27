/**
 * Reads arguments passed by address from /proc/PID/mem: poll sets, mutexes, paths. Reading changes nothing
 * there.
 */
import type { ProcFiles } from '../../system/index.js';
import { signalsOf } from './signal-set.js';
import type { WatchRecord } from './snapshot.js';

const POLLFD_BYTES = 8;
/** No program watches more in one call; a corrupt count must not allocate memory. */
const MOST_WATCHES = 65_536;
const POLLIN_OR_SUCH = 0x1 | 0x2 | 0x40 | 0x80 | 0x2000;
const POLLOUT_OR_SUCH = 0x4 | 0x100 | 0x200;

export class ProcessMemory {
  readonly #proc: ProcFiles;
  readonly #path: string;

  constructor(proc: ProcFiles, pid: number) {
    this.#proc = proc;
    this.#path = `${pid}/mem`;
  }

  /** The entries of a poll(2) set without disabled (negative) ones. */
  pollSet(address: bigint, count: bigint): WatchRecord[] | undefined {
    if (count > MOST_WATCHES) return undefined;
    const bytes = this.#whole(address, Number(count) * POLLFD_BYTES);
    if (!bytes) return undefined;
    const found: WatchRecord[] = [];
    for (let at = 0; at < bytes.length; at += POLLFD_BYTES) {
      const fd = bytes.readInt32LE(at);
      if (fd >= 0) found.push({ fd, for: purpose(bytes.readUInt16LE(at + 4)) });
    }
    return found;
  }

  /** The members of the sets of select(2). Exceptional conditions, the third set, count as reading. */
  selectSets(count: bigint, read: bigint, write: bigint, except: bigint): WatchRecord[] | undefined {
    if (count > MOST_WATCHES) return undefined;
    const found: WatchRecord[] = [];
    for (const [address, use] of [
      [read, 'reading'],
      [write, 'writing'],
      [except, 'reading'],
    ] as const) {
      if (address === 0n) continue;
      // An fd_set is an array of longs.
      const bytes = this.#whole(address, 8 * Math.ceil(Number(count) / 64));
      if (!bytes) return undefined;
      for (let fd = 0; fd < count; fd++)
        if (((bytes[fd >> 3] as number) >> (fd & 7)) & 1) found.push({ fd, for: use });
    }
    return found;
  }

  /** The futex word, and the owner that glibc keeps two words after it (struct __pthread_mutex_s). */
  futex(address: bigint): { readonly value: number; readonly owner: number } | undefined {
    const bytes = this.#whole(address, 12);
    return bytes && { value: bytes.readUInt32LE(0), owner: bytes.readInt32LE(8) };
  }

  /** The seconds of a struct timespec; 0 if it cannot be read. */
  seconds(address: bigint): number {
    return Number(this.#whole(address, 8)?.readBigInt64LE(0) ?? 0);
  }

  /** The signals of a sigset_t; undefined if it cannot be read. */
  signalSet(address: bigint): readonly number[] | undefined {
    const bits = this.#whole(address, 8)?.readBigUInt64LE(0);
    return bits === undefined ? undefined : signalsOf(bits.toString(16));
  }

  path(address: bigint): string | undefined {
    const bytes = this.#proc.bytes(this.#path, address, 4096);
    const end = bytes?.indexOf(0) ?? -1;
    return bytes && end >= 0 ? bytes.toString('utf8', 0, end) : undefined;
  }

  #whole(address: bigint, length: number): Buffer | undefined {
    if (length === 0) return Buffer.alloc(0);
    const bytes = this.#proc.bytes(this.#path, address, length);
    return bytes?.length === length ? bytes : undefined;
  }
}

/** For events of poll(2) and epoll(7), which have the same numbers. */
export function purpose(events: number): WatchRecord['for'] {
  const reads = (events & POLLIN_OR_SUCH) !== 0;
  const writes = (events & POLLOUT_OR_SUCH) !== 0;
  if (reads && writes) return 'both';
  return reads ? 'reading' : writes ? 'writing' : 'end';
}
