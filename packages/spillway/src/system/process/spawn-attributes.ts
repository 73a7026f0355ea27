/** The group or session that a child leads, and its signals. */
import { requirePlatform, sizes } from '../libc/index.js';
import { ignoreSignal } from './disposition.js';
import {
  attributesDefaults,
  attributesFlags,
  attributesGroup,
  attributesInit,
  attributesMask,
} from './posix-spawn.js';
import { signalSet } from './signal-mask.js';
import type { SpawnRequest } from './spawn-request.js';

type Memory = Uint8Array;

/** Signals that this process ignores, and every child as well: bit n-1 for signal n. */
let ignored = 0n;

/**
 * From now on this process and each child that is started here ignore these signals, bit n-1 for signal n.
 * SIGCHLD must not be among them.
 */
export function ignoreWithChildren(set: bigint): void {
  ignored = set;
  for (let signal = 1; signal <= 64; signal++) if (set & (1n << BigInt(signal - 1))) ignoreSignal(signal);
  attributeCache.clear();
}

const attributeCache = new Map<SpawnRequest['leads'], Memory>();

/** Each of the three kinds of attributes is built once and kept. */
export function attributesFor(leads: SpawnRequest['leads']): Memory {
  const cached = attributeCache.get(leads);
  if (cached) return cached;
  const p = requirePlatform();
  const attributes = new Uint8Array(sizes.spawnAttributes);
  let flags = p.POSIX_SPAWN_SETSIGDEF | p.POSIX_SPAWN_SETSIGMASK | (p.POSIX_SPAWN_CLOEXEC_DEFAULT ?? 0);
  if (leads === 'group') flags |= p.POSIX_SPAWN_SETPGROUP;
  if (leads === 'session') flags |= p.POSIX_SPAWN_SETSID;
  attributesInit(attributes);
  attributesFlags(attributes, flags);
  if (leads === 'group') attributesGroup(attributes, 0);
  attributesMask(attributes, signalSet(0n));
  // All bits, not sigfillset(3): glibc's leaves out its own two signals (32 and 33), and posix_spawn then
  // ignores them in the child.
  attributesDefaults(attributes, signalSet(~ignored));
  attributeCache.set(leads, attributes);
  return attributes;
}
