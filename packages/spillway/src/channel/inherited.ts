/** Channels that the parent process has passed on to this one. */
import { OptionError, requireNames } from '../base/index.js';
import { CHANNELS_VARIABLE, type InheritedEntry, parseChannels, requirePipes } from '../pipe/index.js';
import { accessOf, closeDescriptor, fstatSync, openWriteEndAnew, setCloseOnExec } from '../system/index.js';
import { DuplexEnd } from './duplex.js';
import { ChannelReader, ChannelWriter } from './ends/index.js';
import { ChannelNotInheritedError, type Codec, type CodecName, codecFrom } from './framing/index.js';
import { type EndSettings, endSettings } from './options.js';
import {
  type PendingLimit,
  pendingLimitFrom,
  SHARED_PREFIX,
  SharedReader,
  SharedWriter,
} from './shared/index.js';

/** The kinds of ends. */
export type ChannelEnd = ChannelReader | ChannelWriter | DuplexEnd | SharedReader | SharedWriter;

const taken = new Map<string, ChannelEnd>();

/**
 * The end of a channel that was passed on to this process under this name, by `channels: { name: end }` of
 * `run` or `start`: a ChannelReader, ChannelWriter, DuplexEnd, SharedReader or SharedWriter, as in the
 * parent. It has the codec that it had there; a codec of your own has to be given again. Each call with the
 * same name returns the same end.
 *
 * It is found by the variable SPILLWAY_CHANNELS, which a process inherits together with the descriptors. So a
 * program that a shell starts in the child's place has the channels as well. After this call no child of this
 * process gets the end, unless it is passed on again.
 *
 * Errors: ChannelNotInheritedError when there is none of this name, or when its descriptor is closed or
 * another file in this process; OptionError; PipeUnavailableError.
 *
 * @example
 * const jobs = inherited<ChannelReader<Job>>('jobs');
 * for await (const job of jobs) await carryOut(job);
 */
export function inherited<E extends object = DuplexEnd>(
  name: string,
  options: EndSettings<CodecName | Codec<never, unknown>> & PendingLimit = {},
): E {
  const own = requireNames('options', options, ['codec', 'limit', 'pendingLimit']);
  const known = taken.get(name);
  // The compiler cannot know the kind of an end that another process has made.
  if (known) return known as unknown as E;
  requirePipes();
  const entry = entryOf(name);
  const end = open(entry, own);
  taken.set(name, end);
  return end as unknown as E;
}

function entryOf(name: string): InheritedEntry {
  const value = process.env[CHANNELS_VARIABLE];
  const entries = parseChannels(value ?? '');
  const entry = entries.find((one) => one.name === name);
  if (entry) return entry;
  const names = entries.map((one) => `'${one.name}'`).join(', ');
  const there = value === undefined ? `${CHANNELS_VARIABLE} is not set` : `there are: ${names || 'none'}`;
  throw new ChannelNotInheritedError(
    `no channel '${name}' was passed on to this process (${there}); start it with channels: { ${name}: end }`,
  );
}

function open(
  { name, descriptors, codec: kind, inodes }: InheritedEntry,
  options: EndSettings<unknown> & PendingLimit,
): ChannelEnd {
  const isShared = kind.startsWith(SHARED_PREFIX);
  const word = isShared ? kind.slice(SHARED_PREFIX.length) : kind;
  const pendingLimit = pendingLimitFrom(options);
  if (word === '' && options.codec === undefined) {
    throw new ChannelNotInheritedError(
      `'${name}' is a plain pipe, on descriptor ${descriptors[0]?.fd}; use spillway/pipe, ` +
        'or give the codec of the frames that the other side writes',
    );
  }
  if (word === 'custom' && options.codec === undefined)
    throw new OptionError(
      'codec',
      undefined,
      `that of the other side, { encode, decode }: '${name}' has one of its own`,
    );
  const { codec, limit } = endSettings({ limit: options.limit, codec: options.codec ?? wordFor(name, word) });
  for (const [index, { fd, access }] of descriptors.entries()) requirePipe(name, fd, access, inodes[index]);
  for (const { fd } of descriptors) setCloseOnExec(fd);
  const reads = descriptors.find(({ access }) => access === 'r');
  const writes = descriptors.find(({ access }) => access === 'w');
  if (isShared && reads) return new SharedReader(reads.fd, codec, { limit, pendingLimit });
  if (isShared && writes) return new SharedWriter(ownDescription(writes.fd), codec, limit);
  if (reads && writes) return new DuplexEnd({ reads: reads.fd, writes: writes.fd }, codec, limit);
  if (reads) return new ChannelReader(reads.fd, codec, limit);
  return new ChannelWriter((writes as { fd: number }).fd, codec, limit);
}

function wordFor(name: string, word: string): string {
  try {
    codecFrom(word);
    return word;
  } catch {
    throw new ChannelNotInheritedError(
      `the channel '${name}' has the codec '${word}', which this version does not know; ` +
        'give the option codec',
    );
  }
}

/**
 * Other processes may have inherited the same open file, for example from a shell in between, and may change
 * its flags.
 */
function ownDescription(fd: number): number {
  const own = openWriteEndAnew(fd, 'opening a shared channel');
  closeDescriptor(fd);
  return own;
}

/**
 * A process in between may have closed the descriptor it was passed, and this one may have opened another
 * file under the number.
 */
function requirePipe(name: string, fd: number, access: 'r' | 'w', inode: number | undefined): void {
  const isThere = accessOf(fd) === (access === 'r' ? 'read' : 'write');
  const stat = isThere ? fstatSync(fd) : undefined;
  if (stat?.isFIFO() && (inode === undefined || stat.ino === inode)) return;
  const found = isThere ? 'is something else' : 'is not open';
  throw new ChannelNotInheritedError(
    `the channel '${name}' should be on descriptor ${fd}, which ${found} in this process: ` +
      `its parent has passed on the variable ${CHANNELS_VARIABLE}, but not the descriptor. ` +
      `Start it by spillway with channels: { ${name}: end }, or give it the descriptor`,
  );
}
