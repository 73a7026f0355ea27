/** Whether a writer of a shared pipe still lives, in the unclear cases: an uncertain one counts as alive. */
import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { LIFE_BYTES, SHARED_HEADER_BYTES, SharedFrames } from '../../src/channel/shared/shared-frame.js';
import { hasEnded, type LifeCalls, ownLife } from '../../src/channel/shared/writer-life.js';
import { pipe, type SharedReader, type SharedWriter, sharedPipe } from '../../src/channel.js';
import { type ByteStream, type Child, start } from '../../src/index.js';
import type { Passable } from '../../src/pipe/index.js';
import type { ProcessStat } from '../../src/system/index.js';
import { failureOf, programOf } from '../helpers/channels.js';
import { checkForLeaks, scratchDirectory, until } from '../helpers/leaks.js';
import { stateOf } from '../helpers/processes.js';
import { sideBySide } from '../helpers/side-by-side.js';

checkForLeaks();

const it = sideBySide(3);

const modules = fileURLToPath(new URL('../../../../examples/python', import.meta.url));
const LONG = 100_000;

/** Whether a command can be run, such as one that needs root. */
function can(file: string, ...args: string[]): boolean {
  try {
    execFileSync(file, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** In front of a command: it runs there. */
const NEW_PIDS = ['unshare', '--pid', '--fork'];
const NEW_CLOCK = ['unshare', '--time', '--boottime', '1000000', '--fork'];
const STRANGER = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
const HIDDEN = [
  'unshare',
  '--mount',
  'sh',
  '-c',
  'mount -t proc -o hidepid=2 proc /proc && exec "$@"',
  'sh',
  ...STRANGER,
];
const canDo = (via: readonly string[]) => can(via[0] as string, ...via.slice(1), 'true');

describe('hasEnded()', () => {
  const { namespace } = ownLife();
  const writer = { pid: 4711, namespace, start: 5000 };
  const living = { state: 'S', startTime: '5000' } as ProcessStat;
  /** As it is while the writer lives. */
  const calls: LifeCalls = {
    exists: () => true,
    showsOwnProcesses: () => true,
    stat: () => living,
    threadCount: () => 1,
    namespaceOf: () => 1,
  };
  const zombie = () => ({ ...living, state: 'Z' });
  const reused = () => ({ ...living, startTime: '6000' });

  it.each<[string, boolean, Partial<LifeCalls>]>([
    ['nothing has changed', false, {}],
    ['its number is free', true, { exists: () => false }],
    [
      'its number is free, and /proc shows another namespace',
      true,
      { exists: () => false, showsOwnProcesses: () => false },
    ],
    ['it is a zombie', true, { stat: zombie }],
    ['its first thread alone has ended', false, { stat: zombie, threadCount: () => 2 }],
    ['it is a zombie whose threads may not be seen', false, { stat: zombie, threadCount: () => undefined }],
    ['another process has its number', true, { stat: reused }],
    [
      '2^32 ticks have passed since the boot',
      false,
      { stat: () => ({ ...living, startTime: String(2 ** 32 + 5000) }) },
    ],
    [
      'its start is seen from another time namespace',
      false,
      { stat: reused, namespaceOf: (pid) => (pid === 'self' ? 1 : 2) },
    ],
    [
      'its start is another, and its time namespace hidden',
      false,
      { stat: reused, namespaceOf: (pid) => (pid === 'self' ? 1 : undefined) },
    ],
    [
      'its start is another, and there are no time namespaces',
      true,
      { stat: reused, namespaceOf: () => undefined },
    ],
    ['it may not be read', false, { stat: () => undefined }],
    [
      '/proc shows another namespace, where its number is another’s',
      false,
      { stat: reused, showsOwnProcesses: () => false },
    ],
  ])('when %s, returns %s', (_, expected, changed) => {
    expect(hasEnded(writer, { ...calls, ...changed })).toBe(expected);
  });

  it('returns false for a writer without an identity, or in another pid namespace', () => {
    const gone = { ...calls, exists: () => false };
    expect(hasEnded({ ...writer, pid: 0 }, gone)).toBe(false);
    expect(hasEnded({ ...writer, namespace: 0 }, gone)).toBe(false);
    expect(hasEnded({ ...writer, namespace: namespace + 1 }, gone)).toBe(false);
    expect(hasEnded({ ...writer, start: 0 }, { ...calls, stat: reused })).toBe(false);
  });

  it('returns false for this process', () => {
    expect(ownLife()).toMatchObject({ pid: process.pid, namespace: expect.any(Number) });
    expect(hasEnded(ownLife())).toBe(false);
  });
});

type Command = [string, ...string[]];
type Channels = Readonly<Record<string, Passable>>;

/** Starts a Python program with the module for channels, in another place when `via` is given. */
function startPython(script: string, channels: Channels, via: readonly string[] = []): Child {
  const program = `import os, signal, subprocess, sys, threading\nfrom spillway_channel import *\n${script}`;
  const [file, ...args] = [...via, 'python3', '-B', '-c', program] as unknown as Command;
  return start(file, args, { channels, env: { PYTHONPATH: modules }, check: false }) as Child;
}

/** Ends in the middle of its message. */
const DYING = `
log = inherited('log')
log._frame = lambda *args, frame=log._frame: (frame(*args), os.kill(os.getpid(), signal.SIGKILL))
log.send('x' * ${LONG})
`;

/** Says when it is in the middle of its message, and then waits to be told to go on. */
const PAUSING = `
log, go, ready = inherited('log'), inherited('go'), inherited('ready')
frame, middle = log._frame, threading.Event()
def pausing(kind, *rest):
    frame(kind, *rest)
    if kind == 1:
        ready.send('in the middle')
        middle.set()
        go.receive()
log._frame = pausing
`;

const SEND = `log.send('x' * ${LONG})`;

/** A writer in the middle of its message. */
class Paused {
  readonly child: Child;
  readonly #go = pipe<string>();
  readonly #ready = pipe<string>();

  constructor(writer: SharedWriter, via: readonly string[] = [], script = SEND, more: Channels = {}) {
    const channels = { log: writer.share(), go: this.#go.reader, ready: this.#ready.writer, ...more };
    this.child = startPython(PAUSING + script, channels, via);
  }

  async untilInTheMiddle(): Promise<void> {
    expect(await this.#ready.reader.receive()).toBe('in the middle');
  }

  async goOn(): Promise<void> {
    await this.#go.writer.send('go on');
    expect(await this.child.result).toMatchObject({ ok: true, stderr: '' });
    this.close();
  }

  close(): void {
    this.#go.writer.close();
    this.#ready.reader.close();
  }
}

/** Waits until the reader has looked at all writers: one that it finds dead began after them. */
async function untilLookedAt(reader: SharedReader, writer: SharedWriter): Promise<void> {
  const { pid, result } = startPython(DYING, { log: writer.share() });
  expect(await failureOf(reader.receive())).toMatchObject({ reason: 'writer died', pid });
  await result;
}

/** The message of a paused writer comes whole, though the reader has looked meanwhile. */
async function expectWhole(
  via: readonly string[],
  script?: string,
  meanwhile?: (child: Child) => Promise<void>,
) {
  const { reader, writer } = sharedPipe<string>();
  const paused = new Paused(writer, via, script);
  await paused.untilInTheMiddle();
  await meanwhile?.(paused.child);
  await untilLookedAt(reader, writer);
  await paused.goOn();
  expect(await reader.receive()).toHaveLength(LONG);
  writer.close();
  reader.close();
}

describe('A message is read whole when its writer', () => {
  it('is slow', async () => {
    await expectWhole([]);
  });

  it.skipIf(!canDo(NEW_PIDS))('is in another pid namespace', async () => {
    await expectWhole(NEW_PIDS);
  });

  it.skipIf(!canDo(NEW_CLOCK))('is in another time namespace', async () => {
    await expectWhole(NEW_CLOCK);
  });

  it('goes on in a second thread after its first has ended', async () => {
    const script = `
import ctypes
threading.Thread(target=log.send, args=('x' * ${LONG},)).start()
ctypes.CDLL(None).pthread_exit(None)
`;
    await expectWhole([], script, ({ pid }) => until(() => stateOf(pid as number) === 'Z'));
  });
});

describe.skipIf(!canDo(NEW_PIDS))(
  'A writer in another pid namespace that dies in the middle of a message',
  () => {
    it('is reported at the end of the pipe', async () => {
      const { reader, writer } = sharedPipe<string>();
      const paused = new Paused(writer, NEW_PIDS);
      await paused.untilInTheMiddle();
      paused.child.kill('SIGKILL');
      await paused.child.result;
      paused.close();
      await untilLookedAt(reader, writer);
      writer.close();
      expect(await failureOf(reader.receive())).toMatchObject({ reason: 'channel ended', pid: 1 });
    });
  },
);

describe('A message whose writer has ended', () => {
  it('is dropped when another process has taken its pid', async () => {
    const { reader, writer } = sharedPipe<string>();
    const stranger = start('sleep', ['1000'], { check: false });
    // As that which had the number before would have sent it.
    const { frame } = new SharedFrames().part(Buffer.alloc(LONG), 0);
    const { namespace, start: ticks } = ownLife();
    const life = Buffer.alloc(LIFE_BYTES);
    for (const [index, value] of [stranger.pid as number, namespace, ticks - 1].entries())
      life.writeUInt32BE(value, 4 * index);
    life.copy(frame, SHARED_HEADER_BYTES);
    const sent = start('sh', ['-c', 'cat >&3'], { channels: { log: writer.share() }, input: frame });
    expect(await failureOf(reader.receive())).toMatchObject({ reason: 'writer died', pid: stranger.pid });
    await sent.result;
    await stranger.terminate();
    writer.close();
    reader.close();
  });
});

/** A program that tells what is lost, and then the length of the first message. */
const READING = `
  const jobs = inherited('jobs');
  for (let length; length === undefined; ) {
    try {
      length = (await jobs.receive()).length;
      console.log(length);
    } catch (error) {
      console.log(error.reason ?? error.name);
    }
  }
  jobs.close();
`;

describe('A reader', () => {
  it.skipIf(!canDo(HIDDEN))(
    'takes an existing writer for alive when /proc hides the processes of other users',
    async () => {
      const { reader, writer } = sharedPipe<string>();
      const paused = new Paused(writer);
      await paused.untilInTheMiddle();
      // Its user is to read the program.
      chmodSync(scratchDirectory(), 0o755);
      const [file, ...args] = [...HIDDEN, process.execPath, programOf(READING)] as unknown as Command;
      const child = start(file, args, { channels: { jobs: reader }, check: false });
      const lines = child.stdout.lines();
      const { result } = startPython(DYING, { log: writer.share() });
      expect(await lines.next()).toMatchObject({ value: 'writer died' });
      await result;
      await paused.goOn();
      expect(await lines.next()).toMatchObject({ value: String(LONG) });
      writer.close();
      expect(await child.result).toMatchObject({ ok: true, stderr: '' });
    },
  );

  it.skipIf(!canDo(NEW_PIDS))(
    'ignores the pids of a /proc that belongs to another pid namespace',
    async () => {
      const { reader, writer } = sharedPipe<string>();
      const beside = ['sh', '-c', '"$0" "$1" & shift; "$@"; wait', process.execPath, programOf(READING)];
      // One that dies has to be in their namespace, too.
      const script = `
threading.Thread(target=log.send, args=('x' * ${LONG},)).start()
middle.wait()
dying = 'import os, signal; from spillway_channel import *' + ${JSON.stringify(DYING)}
subprocess.run([sys.executable, '-B', '-c', dying], pass_fds=[log.fd])
`;
      const paused = new Paused(writer, [...NEW_PIDS, ...beside], script, { jobs: reader });
      writer.close();
      const lines = (paused.child.stdout as ByteStream).lines();
      await paused.untilInTheMiddle();
      expect(await lines.next()).toMatchObject({ value: 'writer died' });
      await paused.goOn();
      expect(await lines.next()).toMatchObject({ value: String(LONG) });
    },
  );
});
