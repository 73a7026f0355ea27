/**
 * The doctor, repeatedly: it finds every hang each time, and reports none in what works, idles or is slow.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { start } from 'spillway';
import { diagnose } from 'spillway/doctor';

const child = (name) => fileURLToPath(new URL(`../packages/spillway/test/children/${name}`, import.meta.url));
const python = (name) => ['python3', child('hang.py'), name];
const node = (name) => [process.execPath, child('hang.mjs'), name];
const bash = (script) => ['bash', '-c', script];
const hasJava = spawnSync('java', ['-version']).status === 0;
/** Without the file for other programs that look at it, which one that is killed leaves behind. */
const java = (name) => (hasJava ? [['java', '-XX:-UsePerfData', child('Hang.java'), name]] : []);
/** Compiled where the program's own files are. */
const splice = (way) => bash(`gcc -w -o "$0.splice" ${child('splice.c')} && exec "$0.splice" ${way}`);

/** Programs that hang, by what is to be found in them. */
const hanging = Object.entries({
  deadlock: [
    ...['unread_output', 'read_one_by_one', 'poll_one', 'select_one', 'epoll_one', 'thread_reads_one'].map(
      python,
    ),
    ...['both_write', 'both_read', 'unclosed_input', 'lock_circle', 'read_of_shell', 'wait_for_shell'].map(
      python,
    ),
    ...['main_joins', 'main_awaits_event', 'main_pauses', 'main_awaits_signal'].map(python),
    ...['main_sleeps_for_ever', 'like_go', 'like_dotnet'].map(python),
    ...['joins_receiver', 'joins_receiver_of_socket', 'joins_sender'].map(python),
    ...['both_receive', 'joins_filler_of_queue'].map(python),
    ...['splice-in', 'splice-between', 'splice-full', 'splice-out'].map(splice),
    ...['sendfile', 'tee', 'vmsplice-in', 'vmsplice-out'].map(splice),
    ...['unreadOutput', 'readOneByOne', 'unclosedInput'].flatMap(java),
    node('unreadOutput'),
  ],
  'held-open': [python('daemon_holds_output'), node('daemonHoldsOutput')],
  'self-deadlock': [python('own_write_end')],
  'never-drains': ['polled_exit', 'polled_exit_of_atoms', 'sleeping_reader'].map(python),
  'leaked-write-end': [python('leaked_end')],
  zombie: [python('zombie')],
  'stopped-on-terminal': [python('background_reader')],
  'fifo-without-partner': [python('fifo')],
  'lock-wait': [python('lock'), python('record_lock')],
}).flatMap(([kind, commands]) => commands.map((command) => ({ kind, command })));

/** What the kernel does not tell, found as possible. */
const possible = Object.entries({
  'semaphore-wait': ['semaphore_of_dead', 'many_wait_for_dead', 'mutex_of_dead'],
  deadlock: ['joins_waiter_for_dead'],
}).flatMap(([kind, names]) => names.map((name) => ({ kind, command: python(name), isPossible: true })));

/** Programs that only look as if. */
const healthy = [
  ...[
    'pipeline',
    'slow_reader',
    'slow_reader_of_chunks',
    'slow_reader_of_atoms',
    'slow_filter',
    'idle_pool',
  ].map(python),
  ...['idle_executor', 'server', 'self_pipe', 'tail_grep', 'busy_lock', 'alarmed'].map(python),
  ...['semaphore_of_living', 'semaphore_of_own_thread', 'idle_queue'].map(python),
  ...['main_reads_later', 'thread_reads_later', 'main_reads_on_signal', 'main_computes'].map(python),
  ...['main_awaits_network', 'like_ssh', 'accepts', 'awaits_datagrams', 'sends_to_deaf'].map(python),
  ...['waitsWithLimit', 'slowReader'].flatMap(java),
  ...['idle', 'idleWorkers', 'busy', 'pausedReader'].map(node),
  bash('yes | cat >/dev/null'),
  bash('yes | while read -r line; do sleep 0.01; done'),
  bash('coproc cat; sleep 1000; :'),
  bash('coproc cat; while :; do echo x >&"$' + '{COPROC[1]}"; read -r line <&"$' + '{COPROC[0]}"; done'),
  bash('yes 0.5 | xargs -P 4 -n 1 sleep'),
  bash('sleep 1000 & sleep 1000 & wait'),
  bash('while :; do echo x | grep -q x; done'),
  // A build: with -pipe the compiler and the assembler run at the same time.
  bash('while :; do echo "int main(void) { return 0; }" | gcc -pipe -x c -c -o "$0.o" -; done'),
  bash('exec 5> >(cat >/dev/null); sleep 1000; :'),
];

/** Starts each program as often, all of them at a time. */
export async function hangsAreFound(times) {
  const all = [...hanging, ...possible];
  for (let i = 0; i < times; i++)
    await withPrograms(
      all.map(({ command }) => command),
      (pids) => Promise.all(all.map((one, index) => findTwice(pids[index], one))),
    );
}

/**
 * Looks at all of them at once so often, from their start on. A look mostly waits, so several run at a time.
 */
export async function healthyIsLeftAlone(looks) {
  await withPrograms(healthy, async (pids) => {
    let left = looks;
    const look = async () => {
      while (left-- > 0) {
        const { findings } = await diagnose({ pids, longestMs: 500 });
        const hangs = findings.filter(({ isHang }) => isHang);
        assert.deepEqual(hangs, []);
      }
    };
    await Promise.all(Array.from({ length: 4 }, look));
  });
}

/** It has to come to its hang; from then on each look finds it. */
async function findTwice(pid, wanted) {
  const { kind, command } = wanted;
  const end = performance.now() + 120_000;
  while (!(await isFound(pid, wanted)))
    assert.ok(performance.now() < end, `no ${kind} was found in process ${pid}, ${command.join(' ')}`);
  assert.ok(
    await isFound(pid, wanted),
    `the ${kind} of process ${pid}, ${command.join(' ')}, was found once only`,
  );
}

async function isFound(pid, { kind, isPossible = false }) {
  const { findings } = await diagnose({ pids: [pid] });
  return findings.some(
    (finding) =>
      finding.kind === kind && finding.isHang && (finding.confidence === 'possible') === isPossible,
  );
}

/** Starts the programs, and ends them with all that they have started. */
async function withPrograms(commands, act) {
  const directory = mkdtempSync(join(tmpdir(), 'spillway-stress-'));
  const children = commands.map(([file, ...args], index) =>
    start(file, [...args, join(directory, String(index))], {
      stdout: 'ignore',
      stderr: 'ignore',
      check: false,
      leftovers: 'kill-all',
      terminate: { signal: 'SIGKILL' },
    }),
  );
  try {
    await act(children.map(({ pid }) => pid));
  } finally {
    await Promise.all(children.map((one) => one.terminate()));
    rmSync(directory, { recursive: true });
  }
}
