import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { monotonicMs } from '../../base/index.js';
import { endRaw, exited, need, startRaw } from '../bench/index.js';
import type { Experiment } from '../experiment.js';

const MIB = 1_048_576;
const TIMES = 9;
const STEPS = [0, 64, 256, 512, 1024];

export const startCost: Experiment = {
  name: 'start-cost',
  group: 'cost',
  question: 'Does a start take longer in a process with more memory?',
  steps: [
    'start true by node:child_process, which forks, and by posix_spawn; take the shortest of nine calls',
    'again with 64 MiB to 1 GiB more in memory',
  ],
  expected: 'Of a fork yes, since it copies the page tables; of posix_spawn no.',
  source:
    'fork(2), NOTES: "the time and memory required to duplicate the parent’s page tables"; posix_spawn(3)',
  follows: 'In a large program each start by fork stops the event loop for as long as the copy takes.',
  limitMs: 60_000,
  async perform(notes) {
    need('true');
    // A quarter of what is free: the machine has others.
    const most = Math.min(freemem(), constrained()) / 4 / MIB;
    const steps = STEPS.filter((mib) => mib <= most);
    const ballast: Buffer[] = [];
    let held = 0;
    const forked: number[] = [];
    const spawned: number[] = [];
    for (const mib of steps) {
      // Written to, or it would not be there.
      if (mib > held) ballast.push(Buffer.alloc((mib - held) * MIB, 1));
      held = mib;
      forked.push(await shortest(byFork));
      spawned.push(await shortest(bySpawn));
    }
    const [least = 0, last = 0] = [spawned[0], spawned.at(-1)];
    const isFlat = last <= 5 * least + 5;
    const most5 = 'at most 5 ms and 5 times';
    notes.judge(`posix_spawn, ${held} MiB more`, most5, isFlat ? most5 : `${last.toFixed(1)} ms`, isFlat, {
      isAside: true,
    });
    notes.figure('huge pages (they make a fork cheap)', hugePages());
    notes.figure('MiB more at most', held);
    notes.draw({
      kind: 'curves',
      name: 'start-cost',
      title: 'How long a start holds its caller, by the memory of the process',
      across: { title: 'MiB more in memory', labels: steps.map(String) },
      up: { title: 'ms, the shortest of nine' },
      series: [
        { label: 'node:child_process (fork)', values: forked },
        { label: 'posix_spawn', values: spawned },
      ],
      note: '',
    });
    ballast.length = 0;
  },
};

async function shortest(startOnce: () => Promise<number>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let time = 0; time < TIMES; time++) least = Math.min(least, await startOnce());
  return least;
}

async function byFork(): Promise<number> {
  const began = monotonicMs();
  const child = spawn('true', { stdio: 'ignore' });
  const ms = monotonicMs() - began;
  await new Promise((resolve, reject) => child.on('exit', resolve).on('error', reject));
  return ms;
}

/** By the call itself, whichever backend the library uses. */
async function bySpawn(): Promise<number> {
  const began = monotonicMs();
  const pid = startRaw('nothing', 'true');
  const ms = monotonicMs() - began;
  await exited(pid);
  await endRaw(pid);
  return ms;
}

function constrained(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 ? limit : Number.POSITIVE_INFINITY;
}

function hugePages(): string {
  try {
    const text = readFileSync('/sys/kernel/mm/transparent_hugepage/enabled', 'utf8');
    return /\[(\w+)\]/.exec(text)?.[1] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}
