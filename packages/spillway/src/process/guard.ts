/**
 * What outlives this process long enough to end its children, however it dies: by SIGKILL, for want of memory, by a fault.
 *
 * One small shell a program, started with the first guarded child and ended some time after the last. It holds a pipe from here, and
 * a file in memory in which the runs under way stand. A child costs two writes into that file.
 */
import { constants, writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import {
  closeDescriptor,
  createMemoryFile,
  createPipe,
  kill,
  peekChild,
  poll,
  SystemError,
  signals,
  spawn,
} from '../system/index.js';
import { GUARD_SCRIPT } from './guard-script.js';
import type { Termination } from './owned-process.js';
import { type Reaper, reaper } from './reaper.js';

/** One run that is guarded. */
export interface Guarded {
  /** The group that gets the first signal when this program exits in an orderly way. */
  started(group: number): void;
  /** It is over: what is left of it was left on purpose. */
  release(): void;
}

interface Run {
  readonly slot: number;
  readonly record: Buffer;
  readonly signal: number;
  group: number | undefined;
}

const RECORD_BYTES = 64;
const EMPTY_RECORD = Buffer.alloc(RECORD_BYTES, '\n');
/** So long it waits for the next child: starting it anew for each of many short commands would cost more than it does. */
const LINGER_MS = 5000;
/** How long a thread that ends waits for the end of its guard, so that no zombie is left. */
const END_PATIENCE_MS = 500;
/** What a shell can count. */
const LONGEST_GRACE = 1e9;
const SHELL = '/bin/sh';

export class Guard {
  readonly #reaper: Reaper;
  readonly #runs = new Map<string, Run>();
  readonly #freeSlots: number[] = [];
  #records: number | undefined;
  #lifeline: number | undefined;
  #pid: number | undefined;
  #linger: NodeJS.Timeout | undefined;
  #isListening = false;
  #hasWarned = false;

  constructor(owner: Reaper) {
    this.#reaper = owner;
  }

  /** The guard's process, while there is one. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /** What it holds open here. */
  get descriptors(): number[] {
    return [this.#records, this.#lifeline].filter((fd) => fd !== undefined);
  }

  /** To be called before the start of the child, which is not to run unguarded for a moment. */
  enlist(mark: string, { signal, grace }: Termination): Guarded {
    clearTimeout(this.#linger);
    const hundredths = Math.min(Math.ceil(grace / 10), LONGEST_GRACE);
    const record = Buffer.from(`${`${mark} ${signal} ${hundredths}`.padEnd(RECORD_BYTES - 1)}\n`);
    const run: Run = { slot: this.#freeSlots.pop() ?? this.#runs.size, record, signal, group: undefined };
    this.#runs.set(mark, run);
    this.#write(run.slot, record);
    this.#ensure();
    return {
      started: (group) => {
        run.group = group;
      },
      release: () => this.#release(mark),
    };
  }

  #release(mark: string): void {
    const run = this.#runs.get(mark);
    if (!run) return;
    this.#runs.delete(mark);
    this.#freeSlots.push(run.slot);
    this.#write(run.slot, EMPTY_RECORD);
    if (this.#runs.size === 0) {
      this.#linger = setTimeout(() => this.#dismiss(), LINGER_MS);
      this.#linger.unref();
    }
  }

  #write(slot: number, record: Buffer): void {
    if (this.#records !== undefined) writeSync(this.#records, record, 0, RECORD_BYTES, slot * RECORD_BYTES);
  }

  /** Where there can be no guard, children run all the same. */
  #ensure(): void {
    // Without /proc it would find nobody.
    if (this.#pid !== undefined || process.platform !== 'linux') return;
    this.#listen();
    try {
      if (this.#records === undefined) {
        this.#records = createMemoryFile('spillway-guard');
        for (const { slot, record } of this.#runs.values()) this.#write(slot, record);
      }
      this.#start(this.#records);
    } catch (error) {
      this.#dismiss();
      if (!(error instanceof SystemError)) throw error;
      this.#warn(error);
    }
  }

  #start(records: number): void {
    const { read, write } = createPipe('making the pipe of the guard');
    this.#lifeline = write;
    try {
      const nowhere = { kind: 'open', path: '/dev/null', flags: constants.O_RDWR } as const;
      const pid = spawn({
        path: SHELL,
        argv: ['sh', '-c', GUARD_SCRIPT, 'spillway-guard'],
        // Not the mark of the run that this program may itself be part of: nobody's cleaning up is to end it.
        environment: [`PATH=${process.env.PATH ?? ''}:/usr/bin:/bin`, 'LC_ALL=C'],
        cwd: '/',
        descriptors: [{ kind: 'duplicate', of: read }, nowhere, nowhere, { kind: 'duplicate', of: records }],
        leads: 'session',
      });
      this.#pid = pid;
      this.#reaper.addInBackground(pid, () => this.#ended(pid));
    } finally {
      closeDescriptor(read);
    }
  }

  /** For a thread that ends before the program does, and takes nobody with it who would do this. It is no longer needed, or acts at once. */
  #endWithThread(): void {
    const pid = this.#pid;
    this.#dismiss();
    const end = performance.now() + END_PATIENCE_MS;
    while (pid !== undefined && peekChild(pid) !== 'lost' && performance.now() < end) {
      poll([], 1);
      this.#reaper.sweep();
    }
  }

  /** Somebody has killed it, or it was dismissed. */
  #ended(pid: number): void {
    if (pid !== this.#pid) return;
    this.#pid = undefined;
    this.#closeLifeline();
    if (this.#runs.size > 0) this.#ensure();
  }

  /** At the end of the pipe it finds no run, and ends. */
  #dismiss(): void {
    this.#pid = undefined;
    this.#closeLifeline();
    if (this.#records !== undefined) closeDescriptor(this.#records);
    this.#records = undefined;
    if (this.#runs.size === 0) this.#freeSlots.length = 0;
  }

  #closeLifeline(): void {
    if (this.#lifeline !== undefined) closeDescriptor(this.#lifeline);
    this.#lifeline = undefined;
  }

  /** After an orderly exit the guard would do the same, a little later. */
  #listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    process.on('exit', () => {
      for (const { group, signal } of this.#runs.values()) {
        if (group === undefined) continue;
        try {
          kill(-group, signal);
          kill(-group, signals.SIGCONT);
        } catch {
          // Another user's.
        }
      }
      // Neither descriptors nor children end with a thread.
      if (!isMainThread) this.#endWithThread();
    });
  }

  #warn(error: SystemError): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    process.emitWarning(
      `children cannot be guarded, so they live on if this process is killed: ${error.message}. guard: false says that this is known`,
      'SpillwayWarning',
    );
  }
}

/** The one guard of this process. */
export const guard = new Guard(reaper);
