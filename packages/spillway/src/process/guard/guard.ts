/**
 * What outlives this process long enough to end its children, however it dies: by SIGKILL, for want of
 * memory, by a fault.
 *
 * One small shell a program, started with the first guarded child and ended some time after the last. It
 * holds a pipe from here, and a file in memory in which the runs under way stand. A child costs two writes
 * into that file.
 */
import { closeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import {
  createMemoryFile,
  kill,
  libcProblem,
  peekChild,
  poll,
  reap,
  SystemError,
  signals,
  writeAt,
} from '../../system/index.js';
import type { Termination } from '../policy.js';
import { type GuardProcess, startGuard } from './guard-process.js';

/** One run that is guarded. */
export interface Guarded {
  /** The group that gets the first signal when this program exits in an orderly way. */
  started(group: number): void;
  /** It is over: what is left of it was left on purpose. */
  release(): void;
}

interface Run {
  readonly slot: number;
  readonly record: string;
  readonly signal: number;
  group: number | undefined;
}

const RECORD_BYTES = 64;
const EMPTY_RECORD = '';
const NEWLINE = 0x0a;
/**
 * So long it waits for the next child: starting it anew for each of many short commands would cost more than
 * it does.
 */
const LINGER_MS = 5000;
/** How long a thread that ends waits for the end of its guard. */
const END_PATIENCE_MS = 500;
/** What a shell can count. */
const LONGEST_GRACE = 1e9;

export class Guard {
  readonly #runs = new Map<string, Run>();
  readonly #line = Buffer.alloc(RECORD_BYTES);
  readonly #freeSlots: number[] = [];
  #records: number | undefined;
  #process: GuardProcess | undefined;
  #linger: NodeJS.Timeout | undefined;
  #idleSince = 0;
  #isListening = false;
  #hasWarned = false;

  /** The guard's process, while there is one. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** What it holds open here. */
  get descriptors(): number[] {
    return [this.#records, this.#process?.lifeline].filter((fd) => fd !== undefined);
  }

  /** To be called before the start of the child, which is not to run unguarded for a moment. */
  enlist(mark: string, { signal, grace }: Termination): Guarded {
    const hundredths = Math.min(Math.ceil(grace / 10), LONGEST_GRACE);
    const record = `${mark} ${signal} ${hundredths} `;
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
    if (this.#runs.size > 0) return;
    this.#idleSince = performance.now();
    if (this.#linger === undefined) this.#dismissAfter(LINGER_MS);
  }

  /** One timer for many idle moments, since each may last no longer than the next call takes to come. */
  #dismissAfter(ms: number): void {
    this.#linger = setTimeout(() => {
      this.#linger = undefined;
      if (this.#runs.size > 0) return;
      const left = this.#idleSince + LINGER_MS - performance.now();
      if (left > 0) this.#dismissAfter(Math.ceil(left));
      else this.#dismiss();
    }, ms);
    this.#linger.unref();
  }

  #write(slot: number, record: string): void {
    if (this.#records === undefined) return;
    // Newlines are nothing to the shell, wherever they stand.
    this.#line.fill(NEWLINE);
    this.#line.write(record, 'latin1');
    writeAt(this.#records, this.#line, slot * RECORD_BYTES);
  }

  /** Where there can be no guard, children run all the same. */
  #ensure(): void {
    // Without /proc it would find nobody.
    if (this.#process || process.platform !== 'linux') return;
    this.#listen();
    try {
      if (this.#records === undefined) {
        this.#records = createMemoryFile('spillway-guard');
        for (const { slot, record } of this.#runs.values()) this.#write(slot, record);
      }
      this.#process = startGuard(this.#records, (pid) => this.#ended(pid));
    } catch (error) {
      this.#dismiss();
      if (!(error instanceof SystemError)) throw error;
      this.#warn(error);
    }
  }

  /** Somebody has killed it, or it was dismissed. */
  #ended(pid: number): void {
    if (pid !== this.pid) return;
    this.#closeLifeline();
    if (this.#runs.size > 0) this.#ensure();
  }

  /** At the end of the pipe it finds no run, and ends. */
  #dismiss(): void {
    this.#closeLifeline();
    if (this.#records !== undefined) closeSync(this.#records);
    this.#records = undefined;
    if (this.#runs.size === 0) this.#freeSlots.length = 0;
  }

  /**
   * A zombie would stay for the rest of the program, since nobody waits for the children of a thread that is
   * gone.
   */
  #endWithThread(): void {
    const { pid } = this;
    this.#dismiss();
    if (pid === undefined || libcProblem()) return;
    const end = performance.now() + END_PATIENCE_MS;
    while (!reap(pid) && peekChild(pid) !== 'lost' && performance.now() < end) poll([], 1);
  }

  #closeLifeline(): void {
    this.#process?.close();
    this.#process = undefined;
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
      if (!isMainThread && this.#runs.size === 0) this.#endWithThread();
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
export const guard = new Guard();
