// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a shell's variables
/** What works, idles or is slow is never taken for hanging, however often one looks. */
import { describe, expect } from 'vitest';
import { diagnose } from '../../src/doctor/index.js';
import { endGroup, endHanging, hasJava, java, node, python, startHanging } from '../helpers/hanging.js';
import { checkForLeaks, until } from '../helpers/leaks.js';
import { sideBySide } from '../helpers/side-by-side.js';

checkForLeaks();
endHanging();

/** `npm run stress` looks a thousand times. */
const LOOKS = 8;

/**
 * From its very start on, when much of it is on its way to somewhere else, and for a while after all its
 * processes have been seen. Ends it then, for the busy ones would slow down what comes after them.
 */
async function expectHealthy(pid: number, processes: number): Promise<void> {
  try {
    await expectNoHang(pid, processes);
  } finally {
    endGroup(pid);
  }
}

async function expectNoHang(pid: number, processes: number): Promise<void> {
  let looks = 0;
  let most = 0;
  await until(
    async () => {
      const { findings, state, processCount } = await diagnose({ pids: [pid], longestMs: 500 });
      expect(findings.filter(({ isHang }) => isHang)).toEqual([]);
      expect(state).toBe('healthy');
      most = Math.max(most, processCount);
      if (most >= processes) looks++;
      return looks >= LOOKS;
    },
    () => `after ${looks} looks, ${most} of ${processes} processes were seen at a time`,
    50_000,
  );
}

describe('The doctor sees no hang in a program that waits:', () => {
  // The slowest first: each of their looks takes the longest that it may.
  const it = sideBySide(16);

  it.each([
    ['alarmed', 2],
    ['slow_reader', 2],
    ['slow_reader_of_atoms', 2],
    ['slow_reader_of_chunks', 2],
    ['slow_filter', 3],
    ['pipeline', 3],
    ['idle_pool', 4],
    ['idle_executor', 3],
    ['server', 1],
    ['self_pipe', 1],
    ['tail_grep', 3],
  ])('%s, in Python', async (name, processes) => {
    await expectHealthy(python(name).pid, processes);
  });

  it.each([
    ['pausedReader', 2],
    ['idle', 1],
    ['idleWorkers', 4],
  ])('%s, in Node', async (name, processes) => {
    await expectHealthy(node(name).pid, processes);
  });

  it.each([
    ['a consumer that is slow', 4, 'yes | while read -r line; do sleep 0.01; done'],
    ['xargs -P', 5, 'yes 0.5 | xargs -P 4 -n 1 sleep'],
    ['an idle coprocess', 3, 'coproc cat; sleep 1000; :'],
    ['a process substitution', 2, 'while read -r line; do :; done < <(tail -f /dev/null)'],
    ['a reader of a named substitution', 2, 'grep x <(tail -f /dev/null)'],
    ['a shell that waits for jobs', 3, 'sleep 1000 & sleep 1000 & wait'],
    ['an output that goes on into a substitution', 3, 'exec 5> >(cat >/dev/null); sleep 1000; :'],
    ['a build', 3, 'printf "all: a b\\na b:\\n\\tsleep 1000\\n" | make -j2 -f -'],
  ])('%s, in bash', async (_, processes, script) => {
    await expectHealthy(startHanging('bash', ['-c', script]).pid, processes);
  });

  it('a pipeline whose shell has ended', async () => {
    const { pid } = startHanging('sh', ['-c', '(tail -f /dev/null | grep x &); exec sleep 1000']);
    await expectHealthy(pid, 1);
  });
});

describe('The doctor sees no hang where a thread waits for the exit of a writer, and another', () => {
  const it = sideBySide(16);

  it.each([
    ['sleeps and then reads', 'main_reads_later'],
    ['sleeps and then reads, while the main thread polls', 'thread_reads_later'],
    ['reads at a signal', 'main_reads_on_signal'],
    ['waits for the network', 'main_awaits_network'],
  ])('%s', async (_, name) => {
    await expectHealthy(python(name).pid, 2);
  });

  it.skipIf(!hasJava).each(['waitsWithLimit', 'slowReader'])('%s, in Java', async (name) => {
    await expectHealthy(java(name).pid, 2);
  });
});

describe('The doctor sees no hang at a semaphore', () => {
  const it = sideBySide(16);

  it.each([
    ['that a living process has taken', 'semaphore_of_living', 2],
    ['that a thread of the same process releases', 'semaphore_of_own_thread', 1],
    ['that idle workers take in turn', 'idle_queue', 3],
  ] as const)('%s', async (_, name, processes) => {
    await expectHealthy(python(name).pid, processes);
  });
});

describe('The doctor sees no hang in a program that computes:', () => {
  const it = sideBySide(2);

  it.each(['busy_lock', 'main_computes'])('%s, in Python', async (name) => {
    await expectHealthy(python(name).pid, 2);
  });

  it('busy, in Node', async () => {
    await expectHealthy(node('busy').pid, 2);
  });

  it.each([
    ['a producer and a consumer', 3, 'yes | cat >/dev/null'],
    [
      'a coprocess at work',
      2,
      'coproc cat; while :; do echo x >&"${COPROC[1]}"; read -r line <&"${COPROC[0]}"; done',
    ],
    ['many short commands', 2, 'while :; do echo x | grep -q x; done'],
  ])('%s, in bash', async (_, processes, script) => {
    await expectHealthy(startHanging('bash', ['-c', script]).pid, processes);
  });
});
