/** Judging is a pure function of snapshots: recorded ones, and parts of it by themselves. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { components } from '../../src/doctor/graph/components.js';
import { terminalIndex } from '../../src/doctor/graph/index.js';
import {
  describe as inWords,
  judge,
  parseSnapshots,
  type Snapshot,
  serializeSnapshots,
} from '../../src/doctor/index.js';
import { blockedCall } from '../../src/doctor/snapshot/blocked-call.js';
import { internetTable } from '../../src/doctor/snapshot/connections.js';
import { guessed } from '../../src/doctor/snapshot/sockets.js';
import { processRef } from '../../src/doctor/verdict/index.js';
import type { ProcFiles } from '../../src/system/index.js';

function recording(name: string): Snapshot[] {
  return parseSnapshots(readFileSync(new URL(`../recordings/${name}.json`, import.meta.url), 'utf8'));
}

/** The last scan as the processes would be if one of them had gone to sleep once more. */
function stirred(snapshots: readonly Snapshot[], pid: number): Snapshot[] {
  const last = snapshots.at(-1) as Snapshot;
  const processes = last.processes.map((one) =>
    one.pid !== pid
      ? one
      : { ...one, threads: one.threads.map((t) => ({ ...t, voluntarySwitches: t.voluntarySwitches + 1 })) },
  );
  return [...snapshots.slice(0, -1), { ...last, processes }];
}

describe('The recorded tree', () => {
  it.each([
    ['unread-output', 'hung', ['deadlock certain']],
    ['unread-output-node', 'hung', ['deadlock likely']],
    ['one-stream-at-a-time', 'hung', ['deadlock certain']],
    ['held-open', 'hung', ['held-open certain']],
    ['locks', 'hung', ['deadlock certain']],
    ['slow-reader', 'healthy', ['back-pressure certain']],
    ['idle-workers', 'healthy', []],
  ])('%s is %s', (name, state, expected) => {
    const diagnosis = judge(recording(name));
    expect(diagnosis.findings.map(({ kind, confidence }) => `${kind} ${confidence}`)).toEqual(expected);
    expect(diagnosis.state).toBe(state);
  });

  it('unread-output is judged the same after a round trip through JSON', () => {
    const snapshots = recording('unread-output');
    expect(judge(parseSnapshots(serializeSnapshots(snapshots)))).toEqual(judge(snapshots));
  });

  it.each(['unread-output', 'one-stream-at-a-time', 'held-open', 'locks'])(
    '%s is only a possible hang when it was scanned once',
    (name) => {
      const { state, findings } = judge(recording(name).slice(-1));
      expect(state).toBe('unclear');
      expect(findings[0]?.confidence).toBe('possible');
      expect(inWords(judge(recording(name).slice(-1)))).toContain('a single scan');
    },
  );

  it.each(['unread-output', 'one-stream-at-a-time', 'locks'])(
    '%s is no deadlock when one of its processes moves',
    (name) => {
      const snapshots = recording(name);
      for (const { process } of judge(snapshots).findings[0]?.waits ?? [])
        expect(
          judge(stirred(snapshots, process.pid)).findings.filter(({ kind }) => kind === 'deadlock'),
        ).toEqual([]);
    },
  );

  it('unread-output is no deadlock by two scans that are too close to each other', () => {
    const [first, last] = recording('unread-output') as [Snapshot, Snapshot];
    expect(judge([first, { ...last, monotonicMs: first.monotonicMs + 100 }]).findings).toEqual([]);
  });

  it('unread-output is only likely when a relative may not be read, or a signal could wake it', () => {
    const changed = (change: object) =>
      recording('unread-output').map((one) => ({
        ...one,
        processes: one.processes.map((process) => (process.isInTree ? { ...process, ...change } : process)),
      }));
    expect(judge(changed({ caughtSignals: [10] })).findings).toMatchObject([{ confidence: 'likely' }]);
    expect(judge(changed({ caughtSignals: [14] })).findings.filter(({ isHang }) => isHang)).toEqual([]);
    expect(judge(changed({ unreadable: [{ what: 'calls', reason: 'EPERM' }] })).findings).toMatchObject([
      { confidence: 'possible' },
    ]);
  });

  it('needs at least one scan to be judged', () => {
    expect(() => judge([])).toThrow(RangeError);
  });
});

describe('A blocked call', () => {
  const nothing = { bytes: () => undefined } as unknown as ProcFiles;
  const STACK = '0x7ffc00000000 0x7f0000000000';
  const read = (line: string, architecture: string, channel?: string, proc = nothing) =>
    blockedCall(line, 1, proc, architecture, () => channel);

  it.each([
    ['0 0x3 0x7f0000001000 0x64 0x0 0x0 0x0', 'x64', 'read'],
    ['63 0x3 0x7f0000001000 0x64 0x0 0x0 0x0', 'arm64', 'read'],
    ['61 0xffffffff 0x0 0x0 0x0 0x0 0x0', 'x64', 'wait4'],
    ['260 0xffffffff 0x0 0x0 0x0 0x0 0x0', 'arm64', 'wait4'],
    ['281 0x5 0x0 0x400 0xffffffff 0x0 0x8', 'x64', 'epoll_pwait'],
    ['22 0x5 0x0 0x400 0xffffffff 0x0 0x8', 'arm64', 'epoll_pwait'],
    ['441 0x5 0x0 0x400 0x0 0x0 0x8', 'arm64', 'epoll_pwait2'],
    ['9999 0x0 0x0 0x0 0x0 0x0 0x0', 'x64', 'unknown'],
  ])('%s on %s is %s', (line, architecture, name) => {
    expect(read(`${line} ${STACK}\n`, architecture)).toMatchObject({ name });
  });

  it('has no meaning on another architecture, or in a 32-bit program', () => {
    expect(read(`0 0x3 0x0 0x0 0x0 0x0 0x0 ${STACK}`, 'riscv64')).toBeUndefined();
    expect(read('3 0x3 0x0 0x0 0x0 0x0 0x0 0xffffd000 0xf7fd0000', 'x64')).toMatchObject({ name: 'unknown' });
  });

  it('has no meaning for a zombie, and a running process has none', () => {
    expect(read('-1 0x0 0x0\n', 'x64')).toBeUndefined();
    expect(read('running\n', 'x64')).toMatchObject({ name: 'running' });
  });

  it('that was restarted after a stop is the poll that it was', () => {
    const set = Buffer.alloc(8);
    set.writeInt32LE(7, 0);
    set.writeInt16LE(1, 4);
    const proc = { bytes: () => set } as unknown as ProcFiles;
    const line = `219 0x7ffc00001000 0x1 0xffffffff 0x0 0x0 0x0 ${STACK}`;
    expect(read(line, 'x64', 'poll_schedule_timeout.constprop.0', proc)).toMatchObject({
      name: 'poll',
      watches: [{ fd: 7, for: 'reading' }],
      hasTimeout: false,
    });
    expect(read(line, 'x64', 'hrtimer_nanosleep', proc)).toMatchObject({ hasTimeout: true });
  });

  it('whose set of descriptors may not be read may return at any time', () => {
    expect(read(`7 0x7ffc00001000 0x1 0xffffffff 0x0 0x0 0x0 ${STACK}`, 'x64')).toMatchObject({
      hasTimeout: true,
    });
  });
});

describe('The ends of a socket pair', () => {
  const table = (...inodes: (number | string)[]) =>
    [
      'Num RefCount Protocol Flags Type St Inode Path',
      ...inodes.map((inode) => `0: 3 0 00000000 0001 03 ${inode}`),
    ].join('\n');

  it('have inode numbers next to each other', () => {
    expect(guessed(table(10, 11, 20, 21)).map(({ peer }) => peer)).toEqual([11, 10, 21, 20]);
  });

  it('follow each other in a longer row', () => {
    expect(guessed(table(10, 11, 12, 13)).map(({ peer }) => peer)).toEqual([11, 10, 13, 12]);
  });

  it('are not guessed in a row that has lost one, or for sockets with a name', () => {
    expect(guessed(table(10, 11, 12)).map(({ peer }) => peer)).toEqual([undefined, undefined, undefined]);
    expect(guessed(table('10 /run/x', 11)).map(({ peer }) => peer)).toEqual([undefined, undefined]);
  });
});

describe('The tables of the kernel have', () => {
  const line = (local: string, remote: string, state: string) =>
    `head\n   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  1000        0 77 1`;

  it.each([
    ['tcp', '0100007F:1F90', '0200007F:0016', '01', 'connected', '127.0.0.1:8080', '127.0.0.2:22'],
    ['tcp', '00000000:1F90', '00000000:0000', '0A', 'listening', '0.0.0.0:8080', undefined],
    ['tcp', '0100007F:1F90', '0200007F:0016', '02', 'connecting', '127.0.0.1:8080', '127.0.0.2:22'],
    ['udp', '0100007F:0035', '00000000:0000', '07', 'open', '127.0.0.1:53', undefined],
    [
      'tcp6',
      '00000000000000000000000001000000:1F90',
      'B80D0120000000000000000001000000:0016',
      '01',
      'connected',
      '[::1]:8080',
      '[2001:db8::1]:22',
    ],
    [
      'tcp6',
      '0000000000000000FFFF00000100007F:1F90',
      '0000000000000000FFFF00000200007F:0016',
      '01',
      'connected',
      '127.0.0.1:8080',
      '127.0.0.2:22',
    ],
  ] as const)('%s %s to %s', (name, local, remote, code, state, here, there) => {
    const [found] = internetTable(line(local, remote, code), name);
    expect(found).toEqual({
      inode: 77,
      protocol: name.slice(0, 3),
      state,
      local: here,
      ...(there !== undefined && { remote: there }),
    });
  });
});

describe('components()', () => {
  const of = (edges: Record<number, number[]>) =>
    components(Object.keys(edges).map(Number), (node) => edges[node] ?? []).map((one) =>
      one.sort((a, b) => a - b),
    );

  it('returns the nodes that reach each other', () => {
    expect(of({ 1: [2], 2: [3], 3: [1], 4: [1], 5: [] })).toEqual([[1, 2, 3]]);
    expect(of({ 1: [2], 2: [1], 3: [4], 4: [3, 1] })).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('returns a node that reaches itself', () => {
    expect(of({ 1: [1], 2: [] })).toEqual([[1]]);
  });

  it('returns chains that would overflow the stack of a recursion', () => {
    const ring = Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [at, [(at + 1) % 50_000]]));
    expect(of(ring)[0]).toHaveLength(50_000);
  });
});

it('The number of a terminal is read from both sides of its major number', () => {
  expect(terminalIndex(136 << 8)).toBe(0);
  expect(terminalIndex((136 << 8) | 7)).toBe(7);
  expect(terminalIndex((136 << 8) | 0x2c | (1 << 20))).toBe(300);
  expect(terminalIndex((4 << 8) | 1)).toBeUndefined();
});

describe('The name of a process', () => {
  it.each([
    ['python3', ['/usr/bin/python3', 'build.py'], 'python3'],
    ['renamed', ['/usr/bin/python3', 'build.py'], 'renamed'],
    ['MainThread', ['/opt/node/bin/node', 'server.js'], 'node'],
    ['node-MainThread', ['node'], 'node'],
    ['MainThread', [], 'MainThread'],
  ])('is what it calls itself, and not what Node calls its main thread: %s of %j', (name, command, shown) => {
    const [record] = (recording('held-open')[0] as Snapshot).processes;
    expect(processRef({ ...(record as Snapshot['processes'][number]), name, command }).name).toBe(shown);
  });
});
