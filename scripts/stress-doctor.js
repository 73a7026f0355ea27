/**
 * The doctor, repeatedly: it finds every hang each time, and reports none in what works, idles or is slow.
 */
import assert from 'node:assert/strict';
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

/** Programs that hang, by what is to be found in them. */
const hanging = Object.entries({
  deadlock: [
    ...['unread_output', 'read_one_by_one', 'poll_one', 'select_one', 'epoll_one', 'thread_reads_one'].map(
      python,
    ),
    ...['both_write', 'both_read', 'unclosed_input', 'lock_circle'].map(python),
    node('unreadOutput'),
  ],
  'held-open': [python('daemon_holds_output'), node('daemonHoldsOutput')],
  'self-deadlock': [python('own_write_end')],
  'never-drains': [python('polled_exit'), python('polled_exit_of_atoms')],
  'leaked-write-end': [python('leaked_end')],
  zombie: [python('zombie')],
  'stopped-on-terminal': [python('background_reader')],
  'fifo-without-partner': [python('fifo')],
  'lock-wait': [python('lock'), python('record_lock')],
}).flatMap(([kind, commands]) => commands.map((command) => ({ kind, command })));

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
  for (let i = 0; i < times; i++)
    await withPrograms(
      hanging.map(({ command }) => command),
      (pids) => Promise.all(hanging.map(({ kind }, index) => findTwice(pids[index], kind))),
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
async function findTwice(pid, kind) {
  const end = performance.now() + 60_000;
  while (!(await isFound(pid, kind)))
    assert.ok(performance.now() < end, `no ${kind} was found in process ${pid}`);
  assert.ok(await isFound(pid, kind), `the ${kind} of process ${pid} was found once only`);
}

async function isFound(pid, kind) {
  const { findings } = await diagnose({ pids: [pid] });
  return findings.some(
    (finding) => finding.kind === kind && finding.isHang && finding.confidence !== 'possible',
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
