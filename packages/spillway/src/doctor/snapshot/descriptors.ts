/** The descriptors of a process: their targets, and /proc/PID/fdinfo for those that a thread can wait on. */
import { statSync } from 'node:fs';
import type { ProcFiles } from '../../system/index.js';
import { purpose } from './memory.js';
import { signalsOf } from './signal-set.js';
import type { DescriptorRecord, ProcessRecord, WatchRecord } from './snapshot.js';

const O_NONBLOCK = 0o4000;
const ACCESS = ['read', 'write', 'both', 'both'] as const;
/** For other targets, such as files, the open mode does not matter. */
const WORTH_ASKING = /^(?:anon_inode:\[?(?:eventfd|eventpoll|pidfd|signalfd)|pidfd:|\/dev\/)/;
/** Devices without a process behind them. */
const PLAIN_DEVICES = /^\/dev\/(?:null|zero|u?random|full)$/;

/** Undefined if they cannot be read (`proc.failure` has the reason) or the process has ended. */
export function descriptorsOf(proc: ProcFiles, pid: number): DescriptorRecord[] | undefined {
  return proc.links(`${pid}/fd`)?.map(([name, target]) => ({ fd: Number(name), target }));
}

/** Adds fdinfo for descriptors a thread can wait on, except pipes (`withDirections`). */
export function withDetails(
  proc: ProcFiles,
  pid: number,
  all: readonly DescriptorRecord[],
): DescriptorRecord[] {
  return all.map((one) => {
    if (!WORTH_ASKING.test(one.target) || PLAIN_DEVICES.test(one.target)) return one;
    return withInfo(proc, pid, one);
  });
}

/**
 * Adds the access mode to the record's descriptors for these pipes. Reading it for every pipe takes a tenth
 * of a scan, and threads wait on few pipes, so this comes last. By then the number may refer to another file:
 * such a descriptor keeps no access mode.
 */
export function withDirections(
  proc: ProcFiles,
  record: ProcessRecord,
  pipes: ReadonlySet<string>,
): ProcessRecord {
  const { pid, descriptors } = record;
  if (!descriptors?.some(({ target }) => pipes.has(target))) return record;
  const directed = descriptors.map((one) => {
    if (!pipes.has(one.target)) return one;
    // The permission bits of the link show the mode (proc_pid_fd(5)): cheaper than reading fdinfo.
    const access = proc.access(`${pid}/fd/${one.fd}`);
    const asked = access === undefined ? withInfo(proc, pid, one) : { ...one, access };
    return proc.link(`${pid}/fd/${one.fd}`) === one.target ? asked : one;
  });
  return { ...record, descriptors: directed };
}

function withInfo(proc: ProcFiles, pid: number, one: DescriptorRecord): DescriptorRecord {
  const info = proc.text(`${pid}/fdinfo/${one.fd}`);
  return info === undefined ? one : { ...one, ...parseInfo(info, one.target) };
}

/** Marks a named pipe: the path alone does not identify it. */
export function withFifo(pid: number, one: DescriptorRecord): DescriptorRecord {
  if (!one.target.startsWith('/') || one.target.startsWith('/dev/') || one.isFifo) return one;
  try {
    return statSync(`/proc/${pid}/fd/${one.fd}`).isFIFO() ? { ...one, isFifo: true } : one;
  } catch {
    return one;
  }
}

function parseInfo(info: string, target: string): Partial<DescriptorRecord> {
  const flags = Number.parseInt(field(info, 'flags') ?? '0', 8);
  const masterOf = number(field(info, 'tty-index'));
  const eventId = number(field(info, 'eventfd-id'));
  const processOf = number(field(info, 'Pid'));
  const signals = field(info, 'sigmask');
  return {
    access: ACCESS[flags & 3] as 'read' | 'write' | 'both',
    ...((flags & O_NONBLOCK) !== 0 && { isNonBlocking: true }),
    ...(masterOf !== undefined && { masterOf }),
    ...(eventId !== undefined && { eventId }),
    ...(processOf !== undefined && { processOf }),
    ...(signals !== undefined && { signals: signalsOf(signals) }),
    ...(target.includes('eventpoll') && { watches: epollWatches(info) }),
  };
}

/** From lines such as `tfd:       15 events:       19 data: …`. */
function epollWatches(info: string): WatchRecord[] {
  return [...info.matchAll(/^tfd:\s*(\d+) events:\s*([0-9a-f]+)/gm)].map(([, fd, events]) => ({
    fd: Number(fd),
    for: purpose(Number.parseInt(events as string, 16)),
  }));
}

/** The value after `name:` at the start of a line. */
export function field(text: string, name: string): string | undefined {
  const label = `${name}:`;
  const at = text.startsWith(label) ? 0 : text.indexOf(`\n${label}`) + 1;
  if (at === 0 && !text.startsWith(label)) return undefined;
  const end = text.indexOf('\n', at);
  return text.slice(at + label.length, end < 0 ? undefined : end).trim();
}

function number(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
