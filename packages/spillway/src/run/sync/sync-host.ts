/**
 * The host of one synchronous call. It waits in one loop of poll(2), and closes all it has opened with the
 * call.
 */
import { installed, searchedPlaces, warnOnce } from '../../base/index.js';
import type * as Doctor from '../../doctor/index.js';
import { interrupts, type JobControl, polledReaper, startPolled, watchExit } from '../../process/index.js';
import {
  type Capture,
  DescriptorSink,
  type FedSource,
  feedPolled,
  type InputData,
  NamedPipeSink,
  type NamedPipeSource,
  type OpenReader,
  PolledReader,
  type Sink,
  type StdinEnd,
  type StdinPipe,
  SyncCapture,
  SyncFunctionSink,
} from '../../stream/index.js';
import { type openPidfd, PollLoop, signals } from '../../system/index.js';
import type { End } from '../end.js';
import type { Execution } from '../execution.js';
import type { CommandHost } from '../host.js';
import type { StreamName } from '../options/index.js';
import type { Plan } from '../plan.js';
import { TerminalJob } from './terminal-job.js';

export class SyncHost implements CommandHost {
  readonly timers = new PollLoop();
  readonly start = startPolled;
  readonly #job: TerminalJob | undefined;
  readonly openReader: OpenReader = (fd, mayEnlarge, hooks) =>
    this.#kept(new PolledReader(this.timers, fd, mayEnlarge, hooks));
  readonly #openPidfd: typeof openPidfd | undefined;
  readonly #open: { close(): void }[] = [];

  /** `open`: replaces pidfd_open(2) in tests. */
  constructor(plan: Plan, open?: typeof openPidfd) {
    this.#job = TerminalJob.open(plan, this.timers, () => polledReaper.look());
    this.#openPidfd = open;
  }

  /** Blocks until the command that `begin` starts is over. Throws what `begin` throws. */
  run(begin: () => Execution): End {
    const resume = interrupts.suspend();
    try {
      return this.#await(begin());
    } finally {
      resume();
      for (const one of this.#open) one.close();
      this.#job?.close();
    }
  }

  over(_command: unknown, give: () => void): void {
    give();
  }

  jobOf(): JobControl | undefined {
    return this.#job;
  }

  feedStdin(end: StdinEnd, source: FedSource, failed: (error: unknown) => void): StdinPipe {
    // The options of a synchronous call let no asynchronous source through, and no terminal.
    return this.#kept(feedPolled(this.timers, end as number, source as InputData | NamedPipeSource, failed));
  }

  capture(memory: number, directory: string | undefined): Capture {
    return new SyncCapture(memory, directory);
  }

  standardSink(name: StreamName): Sink {
    return this.descriptorSink(name === 'stdout' ? 1 : 2);
  }

  descriptorSink(fd: number): Sink {
    return this.#sink(new DescriptorSink(this.timers, fd, false));
  }

  fileSink(fd: number): Sink {
    return this.#sink(new DescriptorSink(this.timers, fd, true));
  }

  namedPipeSink(open: () => number | undefined): Sink {
    return this.#sink(new NamedPipeSink(this.timers, open));
  }

  functionSink(take: (chunk: Buffer) => unknown, end?: () => void | Promise<void>): Sink {
    return new SyncFunctionSink(take, end);
  }

  loadDoctor(use: (doctor: typeof Doctor | undefined) => void): void {
    this.timers.soon(() => {
      let doctor: typeof Doctor | undefined;
      try {
        doctor = installed('spillway/doctor')?.load() as typeof Doctor | undefined;
      } catch {
        // A diagnosis that cannot be had is no reason to fail.
      }
      if (!doctor) warnOfDoctor();
      use(doctor);
    });
  }

  #await(execution: Execution): End {
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
    return execution.outcome as End;
  }

  /** Released with the call, also where the command does not come to its end. */
  #sink<T extends { release(): void }>(sink: T): T {
    this.#open.push({ close: () => sink.release() });
    return sink;
  }

  #kept<T extends { close(): void }>(one: T): T {
    this.#open.push(one);
    return one;
  }
}

/** A call that cannot wait for an import finds the doctor as a file, and so not in a bundle. */
function warnOfDoctor(): void {
  const places = searchedPlaces().join(' nor ');
  warnOnce(
    'doctor',
    `a timeout of runSync comes without a diagnosis: spillway/doctor is not found from ${places}. ` +
      'Keep node_modules/spillway beside a bundled program, or set diagnose: false',
  );
}
