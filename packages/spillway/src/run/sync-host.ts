/** The host of one synchronous call: all that it waits for hangs on one loop of poll(2), and all that it opened is closed with it. */
import { createRequire } from 'node:module';
import type * as Doctor from '../doctor/index.js';
import { polledReaper, startPolled, watchExit } from '../process/index.js';
import {
  DescriptorSink,
  feedPolled,
  type OpenReader,
  PolledReader,
  type StdinEnd,
  type StdinPipe,
  type StdinSource,
  SyncCapture,
  SyncFunctionSink,
} from '../stream/index.js';
import { type openPidfd, PollLoop, signals } from '../system/index.js';
import type { Execution } from './execution.js';
import type { Host } from './host.js';
import type { Settled } from './settled.js';
import type { SinkMaker } from './sink-maker.js';

export class SyncHost implements Host {
  readonly timers = new PollLoop();
  readonly sinks: SinkMaker = {
    capture: (memory, directory) => new SyncCapture(memory, directory),
    standard: (name) => this.#kept(new DescriptorSink(this.timers, name === 'stdout' ? 1 : 2, false)),
    file: (fd) => this.#kept(new DescriptorSink(this.timers, fd, true)),
    call: (take) => new SyncFunctionSink(take),
  };
  readonly openReader: OpenReader = (fd, mayEnlarge, hooks) =>
    this.#kept(new PolledReader(this.timers, fd, mayEnlarge, hooks));
  readonly #openPidfd: typeof openPidfd | undefined;
  readonly #open: { close(): void }[] = [];

  /** Another way to open a descriptor of a process than the kernel's: for tests, of a kernel that has none. */
  constructor(open?: typeof openPidfd) {
    this.#openPidfd = open;
  }

  readonly start = startPolled;

  /** Looks whether a command was stopped. */
  look(): void {
    polledReaper.look();
  }

  feedStdin(end: StdinEnd, source: StdinSource, failed: (error: unknown) => void): StdinPipe {
    // The plan of a synchronous call lets no iterable through, and no terminal.
    return this.#kept(feedPolled(this.timers, end as number, source as string | Uint8Array, failed));
  }

  /** By the name under which it is public: a module that was bundled is not where its source was. */
  loadDoctor(use: (doctor: typeof Doctor | undefined) => void): void {
    this.timers.soon(() => {
      let doctor: typeof Doctor | undefined;
      try {
        doctor = createRequire(import.meta.url)('spillway/doctor');
      } catch {
        // Part of a program in one file, for instance.
      }
      use(doctor);
    });
  }

  /** Blocks until the command is over. */
  await(execution: Execution): Settled {
    const { pid } = execution;
    const close = watchExit(pid, this.timers, () => polledReaper.check(pid), this.#openPidfd);
    this.#open.push({ close });
    try {
      this.timers.runUntil(() => execution.outcome !== undefined);
    } catch (error) {
      // poll(2) itself has failed, so nothing can be waited for any more.
      execution.signal(signals.SIGKILL);
      polledReaper.abandon(pid);
      throw error;
    }
    return execution.outcome as Settled;
  }

  close(): void {
    for (const one of this.#open) one.close();
  }

  #kept<T extends { close(): void }>(one: T): T {
    this.#open.push(one);
    return one;
  }
}
