/** Hangs at both ends of a pipe in one process, at copies by the kernel, in shared memory; connections. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { describeFinding, describeWaits, diagnose } from '../../src/doctor/index.js';
import { childrenOf, endHanging, foundIn, python, startHanging, steps } from '../helpers/hanging.js';
import { checkForLeaks, scratchDirectory, until } from '../helpers/leaks.js';
import { childProgram } from '../helpers/programs.js';
import { sideBySide } from '../helpers/side-by-side.js';

checkForLeaks();
endHanging();

const it = sideBySide(20);

describe('The doctor finds a deadlock', () => {
  it.each([
    [
      'receives',
      'joins_receiver',
      ['python3 exit', 'python3 read 3'],
      /reads fd 3 until every write end is closed/,
    ],
    [
      'receives from a socket',
      'joins_receiver_of_socket',
      ['python3 exit', 'python3 read 3'],
      /reads fd 3 until/,
    ],
    [
      'sends',
      'joins_sender',
      ['python3 exit', 'python3 write 4'],
      /waits for the exit before it reads its fd 3/,
    ],
    [
      'puts into a queue',
      'joins_filler_of_queue',
      ['python3 exit', 'python3 write 4'],
      /waits for the exit before it reads its fd 3/,
    ],
  ])('of two that hold both ends of a pipe, where the child %s', async (_, name, expected, why) => {
    const { pid } = python(name);
    const finding = await foundIn(pid, 'deadlock');
    expect(steps(finding).sort()).toEqual(expected);
    expect(finding).toMatchObject({ isHang: true, confidence: 'certain', stuck: [] });
    expect(describeFinding(finding)).toMatch(why);
    expect((await diagnose({ pids: [pid] })).findings.filter(({ isHang }) => isHang)).toHaveLength(1);
  });

  it('of two that hold both ends of two pipes, and both receive', async () => {
    const finding = await foundIn(python('both_receive').pid, 'deadlock');
    expect(steps(finding).sort()).toEqual(['python3 read 3', 'python3 read 5']);
  });

  it('of a shell whose command fills stderr while its stdout is read', async () => {
    const finding = await foundIn(python('read_of_shell').pid, 'deadlock');
    expect(steps(finding)).toEqual(['sh exit', 'head write 1', 'python3 read 3']);
    expect(finding.stuck.map(({ process }) => process.name)).toEqual(['yes']);
    expect(describeFinding(finding)).toMatch(
      /Why: python3\[\d+\] reads stdout to its end before it reads stderr of sh\[\d+\] \(its fd 5\)/,
    );
  });

  it('of a shell that is waited for while its command fills stdout', async () => {
    const finding = await foundIn(python('wait_for_shell').pid, 'deadlock');
    expect(describeFinding(finding)).toMatch(/Why: the parent waits for the exit before it reads stdout\./);
  });

  it('of copies between a pipe and another descriptor, on the side that waits', async () => {
    const program = join(scratchDirectory(), 'splice');
    execFileSync('gcc', ['-w', '-o', program, childProgram('splice.c')]);
    const expected = {
      'splice-in': 'read 5',
      'splice-between': 'read 5',
      'splice-full': 'write 8',
      'splice-out': 'write 8',
      sendfile: 'write 8',
      tee: 'read 5',
      'vmsplice-in': 'read 5',
      'vmsplice-out': 'write 8',
    };
    const found = Object.keys(expected).map(async (way) => {
      const finding = await foundIn(startHanging(program, [way]).pid, 'deadlock');
      expect(finding).toMatchObject({ isHang: true, confidence: 'certain' });
      expect(steps(finding)[0]).toBe('splice exit');
      expect(finding.waits[1]?.call?.name).toBe(way.split('-')[0]);
      return [way, steps(finding)[1]?.replace('splice ', '')];
    });
    expect(Object.fromEntries(await Promise.all(found))).toEqual(expected);
  });
});

describe('The doctor finds', () => {
  it.each([
    ['semaphore_of_dead', 1, /no other visible process can release it/],
    ['many_wait_for_dead', 3, /no other visible process can release it/],
    ['mutex_of_dead', 1, /and process \d+, which used it last, has ended/],
  ])('a semaphore or lock whose user has ended: %s', async (name, waiters, words) => {
    const { pid } = python(name);
    const finding = await foundIn(pid, 'semaphore-wait');
    expect(finding).toMatchObject({ isHang: true, confidence: 'possible' });
    expect(steps(finding)).toEqual(['python3 semaphore']);
    expect(describeFinding(finding)).toMatch(words);
    // Also from one of several waiters.
    await foundIn(childrenOf(pid)[0] ?? pid, 'semaphore-wait');
    await until(async () => {
      const { state, findings } = await diagnose({ pids: [pid] });
      expect(state).toBe('unclear');
      return findings.filter(({ kind }) => kind === 'semaphore-wait').length === waiters;
    });
  });

  it('a System V semaphore whose user has ended', async () => {
    const finding = await foundIn(python('semop_of_dead').pid, 'semaphore-wait');
    const [, set, index] = finding.waits[0]?.on?.split(':') ?? [];
    execFileSync('ipcrm', ['-s', set as string]);
    expect(finding).toMatchObject({ isHang: true, confidence: 'possible' });
    expect(index).toBe('0');
    expect(describeFinding(finding)).toMatch(/and process \d+, which used it last, has ended/);
  });

  it('a child that waits for a lock whose user has ended, and a parent that joins it', async () => {
    const finding = await foundIn(python('joins_waiter_for_dead').pid, 'deadlock');
    expect(steps(finding)).toEqual(['python3 exit', 'python3 semaphore']);
    expect(finding).toMatchObject({ isHang: true, confidence: 'possible' });
  });
});

describe('The doctor says where a connection leads to', () => {
  const waits = async (name: string, wanted: RegExp) => {
    const { pid } = python(name);
    let text = '';
    await until(
      async () => {
        text = describeWaits(await diagnose({ pids: [pid] }));
        return wanted.test(text);
      },
      () => text,
      30_000,
    );
  };

  it.each([
    ['like_ssh', /waits for its connection to 127\.0\.0\.1:\d+ \(fd 4\) +poll\(4\)$/],
    ['accepts', /waits for connections at 127\.0\.0\.1:\d+ \(fd 3\) +accept4\(3/],
    ['awaits_datagrams', /waits for datagrams at 127\.0\.0\.1:\d+ \(fd 3\)/],
    [
      'sends_to_deaf',
      /cannot send on its connection to 127\.0\.0\.1:\d+ \(fd 4\): the other side does not read/,
    ],
    ['awaits_server_of_path', /waits for something to read on its fd 4: the socket \/\S+\/file is empty/],
  ])('of %s', async (name, wanted) => {
    await waits(name, wanted);
  });
});
