/** Every way to hang that the doctor knows, on real processes. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { describeFinding, diagnose, describe as inWords } from '../../src/doctor/index.js';
import { childrenOf, endHanging, foundIn, node, python, startHanging, steps } from '../helpers/hanging.js';
import { checkForLeaks, scratchDirectory, until } from '../helpers/leaks.js';
import { childProgram } from '../helpers/programs.js';
import { sideBySide } from '../helpers/side-by-side.js';

checkForLeaks();
endHanging();

/** The programs wait, and the doctor mostly waits between its looks at them. */
const it = sideBySide(20);

/** posix_spawn holds its caller until the child, which opens the named pipe first, has executed. */
const SPAWN_BEHIND_OPEN = `import os, sys
os.posix_spawn('/bin/true', ['true'], os.environ,
  file_actions=[(os.POSIX_SPAWN_OPEN, 0, sys.argv[1], os.O_RDONLY, 0)])`;

describe('The doctor finds a deadlock', () => {
  it.each([
    [
      'a parent that waits for the exit of a child whose output it does not read',
      'unread_output',
      ['python3 exit', 'python3 write 1'],
    ],
    [
      'one stream read to its end while the other is full',
      'read_one_by_one',
      ['python3 read 3', 'python3 write 2'],
    ],
    ['one stream read by poll while the other is full', 'poll_one', ['python3 read 3', 'python3 write 2']],
    [
      'one stream read by select while the other is full',
      'select_one',
      ['python3 read 3', 'python3 write 2'],
    ],
    ['one stream read by epoll while the other is full', 'epoll_one', ['python3 read 3', 'python3 write 2']],
    [
      'one stream read by a thread that is waited for while the other is full',
      'thread_reads_one',
      ['python3 read 3', 'python3 write 2'],
    ],
    ['both sides writing', 'both_write', ['python3 write 1', 'python3 write 4']],
    ['an input that its writer does not close', 'unclosed_input', ['cat read 0', 'python3 exit']],
    ['both sides reading, over a socket', 'both_read', ['python3 read 0', 'python3 read 3']],
    ['locks taken in opposite order', 'lock_circle', ['python3 lock', 'python3 lock']],
  ])('of %s', async (_, name, expected) => {
    const { pid } = python(name);
    const finding = await foundIn(pid, 'deadlock');
    expect(steps(finding).sort()).toEqual(expected);
    expect(finding).toMatchObject({ isHang: true, confidence: 'certain' });
    expect((await diagnose({ pids: [pid] })).state).toBe('hung');
  });

  it('of a Node program that waits for a child whose output it does not read', async () => {
    const finding = await foundIn(node('unreadOutput').pid, 'deadlock');
    expect(steps(finding).sort()).toEqual(['node exit', 'python3 write 1']);
    expect(['certain', 'likely']).toContain(finding.confidence);
  });

  it('of such a program with a long time limit, after which it may read, as possible', async () => {
    const { pid } = node('unreadOutputWithLimit');
    const finding = await foundIn(pid, 'never-drains');
    expect(steps(finding)).toEqual(['python3 write 1']);
    expect(finding).toMatchObject({ isHang: true, confidence: 'possible', isUnheard: true });
    expect(finding.doubts.join()).toMatch(/a time limit of up to (?:29|30) s could make process \d+ read/);
    expect(describeFinding(finding)).toMatch(/sleeps in its event loop, until a time limit .* does not read/);
    expect((await diagnose({ pids: [pid] })).state).toBe('unclear');
  });

  it('from the child, whose parent is outside of its tree', async () => {
    const { pid } = python('unread_output');
    const [, writer] = (await foundIn(pid, 'deadlock')).waits
      .map(({ process }) => process.pid)
      .sort((a, b) => a - b);
    const finding = await foundIn(writer as number, 'deadlock');
    expect(finding.waits.map(({ process }) => process.pid)).toContain(pid);
  });

  it('and names the processes stuck behind it', async () => {
    const shell = startHanging('sh', ['-c', `python3 ${childProgram('hang.py')} unread_output; :`]);
    const finding = await foundIn(shell.pid, 'deadlock');
    expect(finding.stuck.map(({ process }) => process.pid)).toEqual([shell.pid]);
  });

  it('among threads, though the process goes on', async () => {
    const program = join(scratchDirectory(), 'mutexes');
    execFileSync('gcc', ['-pthread', '-o', program, childProgram('mutexes.c')]);
    const finding = await foundIn(startHanging(program, []).pid, 'self-deadlock');
    expect(steps(finding)).toEqual(['mutexes thread', 'mutexes thread']);
    expect(finding.confidence).toBe('likely');
  });

  it('and reports its pipe, its reason and a way out', async () => {
    const { pid } = python('unread_output');
    await foundIn(pid, 'deadlock');
    const text = inWords(await diagnose({ pids: [pid] }));
    expect(text).toMatch(
      /^Found one deadlock: 2 processes wait for each other and cannot continue\. +\[certain/,
    );
    expect(text).toMatch(/^.*\[certain: 2 scans, \d+ ms apart/);
    expect(text).toMatch(/waits for its child \d+ to exit +wait4\(\d+\)/);
    expect(text).toMatch(
      /cannot write its stdout: the pipe is full +write\(1, …, 200000\) +65536 of 65536 bytes/,
    );
    expect(text).toMatch(new RegExp(`only reader: python3\\[${pid}\\] fd 3, which is not reading`));
    expect(text).toMatch(/Why: the parent waits for the exit before it reads stdout/);
    expect(text).toMatch(/Fix: read stdout while waiting, or send it to a file/);
  });
});

describe('The doctor finds', () => {
  it('an end-of-file that a leftover holds back', async () => {
    const finding = await foundIn(python('daemon_holds_output').pid, 'held-open');
    expect(finding).toMatchObject({ isHang: true, confidence: 'certain', ended: { name: 'sh' } });
    expect(finding.others.map(({ process, fds }) => [process.name, fds])).toEqual([['sleep', [1]]]);
  });

  it('an end-of-file that a leftover holds back in Node, where the command is reaped', async () => {
    const finding = await foundIn(node('daemonHoldsOutput').pid, 'held-open');
    expect(finding).toMatchObject({ isHang: true, confidence: 'likely' });
    expect(finding.others.map(({ process }) => process.name)).toEqual(['sleep']);
  });

  it('a program that waits for its own write end', async () => {
    const finding = await foundIn(python('own_write_end').pid, 'self-deadlock');
    expect(steps(finding)).toEqual(['python3 read 3']);
    expect(finding).toMatchObject({ isHang: true, confidence: 'certain' });
  });

  it.each([
    ['polled_exit', 'python3'],
    ['polled_exit_of_atoms', 'seq'],
    ['sleeping_reader', 'yes'],
  ])(
    'a child whose output is not read by a parent that polls for its exit or sleeps: %s',
    async (name, writer) => {
      const finding = await foundIn(python(name).pid, 'never-drains');
      expect(steps(finding)).toEqual([`${writer} write 1`]);
      expect(finding).toMatchObject({ isHang: true, confidence: 'likely' });
    },
  );

  it('a write end that a sibling has inherited', async () => {
    const finding = await foundIn(python('leaked_end').pid, 'leaked-write-end');
    expect(steps(finding)).toEqual(['cat read 0']);
    expect(finding.others.map(({ process }) => process.name)).toEqual(['sleep']);
    expect(finding.confidence).toBe('likely');
  });

  it('a zombie that is older than two seconds', async () => {
    const { pid } = python('zombie');
    const finding = await foundIn(pid, 'zombie');
    expect(finding).toMatchObject({ confidence: 'certain', others: [{ process: { pid } }] });
    expect(steps(finding)).toEqual(['true none']);
  });

  it('a background job that reads its terminal', async () => {
    const finding = await foundIn(python('background_reader').pid, 'stopped-on-terminal');
    expect(finding).toMatchObject({ isHang: true, confidence: 'certain' });
    expect(finding.stuck.map(({ action }) => action)).toEqual(['exit']);
  });

  it('a named pipe whose other end is not open', async () => {
    const finding = await foundIn(python('fifo').pid, 'fifo-without-partner');
    expect(finding).toMatchObject({
      isHang: true,
      confidence: 'likely',
      path: join(scratchDirectory(), 'file'),
    });
  });

  it.each(['lock', 'record_lock'])('a %s whose owner sleeps', async (name) => {
    const finding = await foundIn(python(name).pid, 'lock-wait');
    expect(finding).toMatchObject({
      isHang: true,
      confidence: 'likely',
      path: join(scratchDirectory(), 'file'),
    });
    expect(finding.others).toHaveLength(1);
  });

  it('a stopped child that its parent waits for', async () => {
    const shell = startHanging('sh', ['-c', 'sleep 1000; :']);
    let child: number | undefined;
    await until(() => {
      child = childrenOf(shell.pid)[0];
      return child !== undefined;
    });
    process.kill(child as number, 'SIGSTOP');
    // The shell may not wait yet.
    let finding = await foundIn(shell.pid, 'stopped');
    await until(async () => {
      finding = await foundIn(shell.pid, 'stopped');
      return finding.isHang;
    });
    expect(finding.stuck.map(({ process }) => process.pid)).toEqual([shell.pid]);
  });

  it('a child that is stopped before it has executed its program', async () => {
    const fifo = join(scratchDirectory(), 'fifo');
    execFileSync('mkfifo', [fifo]);
    const parent = startHanging('python3', ['-c', SPAWN_BEHIND_OPEN, fifo]);
    await foundIn(parent.pid, 'fifo-without-partner');
    process.kill(childrenOf(parent.pid)[0] as number, 'SIGSTOP');
    const finding = await foundIn(parent.pid, 'stopped');
    expect(finding.isHang).toBe(true);
    expect(finding.stuck.map(({ process }) => process.pid)).toEqual([parent.pid]);
    expect(describeFinding(finding)).toMatch(/waits for its child \d+ to exit +(?:vfork|clone3?)\(…\)/);
  });
});

describe('The doctor sees no hang in', () => {
  it('a keyboard at which no key is pressed', async () => {
    const finding = await foundIn(python('terminal_input').pid, 'terminal-input');
    expect(finding.isHang).toBe(false);
    expect(steps(finding)).toEqual(['cat read 0']);
  });

  it.each(['slow_reader', 'slow_reader_of_chunks', 'slow_reader_of_atoms', 'slow_filter', 'alarmed'])(
    'back-pressure: %s',
    async (name) => {
      const { pid } = python(name);
      const finding = await foundIn(pid, 'back-pressure');
      expect(finding.isHang).toBe(false);
      expect(finding.isUnheard).toBeUndefined();
      expect((await diagnose({ pids: [pid] })).state).toBe('healthy');
    },
  );

  it('back-pressure of a Node program that has paused its stream', async () => {
    const finding = await foundIn(node('pausedReader').pid, 'back-pressure');
    expect(finding).toMatchObject({ isHang: false, isUnheard: true });
    const [end] = finding.waits[0]?.awaited ?? [];
    expect(describeFinding(finding)).toMatch(
      `The event loop of node[${end?.process.pid}] does not listen to fd ${end?.fds[0]} now`,
    );
  });

  it('a lock whose owner computes', async () => {
    const finding = await foundIn(python('busy_lock').pid, 'lock-wait');
    expect(finding.isHang).toBe(false);
  });
});
