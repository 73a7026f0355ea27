/** `spillway every`: a command at its times, in the foreground, never twice at once. */
import { constants } from 'node:os';
import {
  dateNow,
  errorText,
  formatDuration,
  monotonicMs,
  ownProperties,
  shellWord,
} from '../../base/index.js';
import { mayStartByPosix } from '../../process/index.js';
import { adoptOrphans, type Child, type Result, start } from '../../run/index.js';
import { exitLeavingTerminal, ignoreWithChildren } from '../../system/index.js';
import { OWN_ERROR } from '../exit-status.js';
import { passSignalsTo } from '../forward-signals.js';
import { signalBit, takeInherited } from '../inherited.js';
import { say } from '../messages.js';
import { UsageError } from '../usage-error.js';
import { Clock } from './clock.js';
import { type EverySettings, everySettings, type RawEveryOptions } from './settings.js';
import { type LastRun, type Status, StatusFile } from './status-file.js';

const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/** Ends this process, when a signal asks for it. */
export async function everyCommand(
  schedule: string,
  command: readonly string[],
  raw: RawEveryOptions,
): Promise<never> {
  exitLeavingTerminal(await statusOf(schedule, command, ownProperties(raw)));
}

async function statusOf(schedule: string, command: readonly string[], raw: RawEveryOptions): Promise<number> {
  try {
    const settings = everySettings(schedule, raw);
    if (command.length === 0) throw new UsageError('it needs a command');
    const { ignored } = takeInherited();
    if (mayStartByPosix()) {
      // What nohup ignores stays ignored; TERM and CHLD are needed.
      const { SIGTERM, SIGCHLD } = constants.signals;
      ignoreWithChildren(ignored & ~signalBit(SIGTERM) & ~signalBit(SIGCHLD));
      adoptOrphansIfPossible();
    }
    return await new Repetition(command, settings).run();
  } catch (error) {
    if (error instanceof UsageError) say(`every: ${error.message}`);
    else say(`internal error: ${error instanceof Error ? error.stack : String(error)}`);
    return OWN_ERROR;
  }
}

/** As process 1 of a container they are its children anyway. */
function adoptOrphansIfPossible(): void {
  try {
    adoptOrphans();
  } catch {
    // Not on this system.
  }
}

class Repetition {
  readonly #command: readonly string[];
  readonly #settings: EverySettings;
  readonly #file: StatusFile;
  readonly #status: Status;
  #clock: Clock;
  #child: Child | undefined;
  #signal: NodeJS.Signals | undefined;

  constructor(command: readonly string[], settings: EverySettings) {
    this.#command = command;
    this.#settings = settings;
    this.#file = new StatusFile(settings.statusPath);
    this.#clock = new Clock(settings.schedule);
    this.#status = {
      version: 1,
      pid: process.pid,
      command,
      schedule: settings.schedule.text,
      state: 'waiting',
      startedAt: dateNow().toISOString(),
      next: null,
      runs: 0,
      failures: 0,
      failuresInARow: 0,
      skipped: 0,
      last: null,
    };
  }

  /** The exit status: 128+n after signal n; 0 when the schedule has no further time. */
  async run(): Promise<number> {
    passSignalsTo((signal) => this.#signalled(signal));
    while (this.#signal === undefined) {
      const next = this.#clock.next(Math.random() * this.#settings.jitterMs);
      this.#tell({ state: 'waiting', next: next?.toISOString() ?? null });
      if (!next || !(await this.#clock.due())) break;
      await this.#once();
    }
    this.#tell({ state: 'stopped', next: null });
    passSignalsTo(undefined);
    if (this.#signal !== undefined) return 128 + constants.signals[this.#signal];
    say('every: the schedule has no further time');
    return 0;
  }

  async #once(): Promise<void> {
    this.#tell({ state: 'running', next: null, runs: this.#status.runs + 1 });
    const watch = new Clock(this.#settings.schedule);
    const skipping = this.#tellSkipped(watch);
    const last = await this.#runCommand();
    watch.end();
    await skipping;
    const isFailure = last.error !== null || last.exitCode !== 0;
    const failures = this.#status.failures + (isFailure ? 1 : 0);
    this.#tell({ last, failures, failuresInARow: isFailure ? this.#status.failuresInARow + 1 : 0 });
    if (isFailure && this.#signal === undefined) say(`every: ${this.#shown} ${whatHappened(last)}`);
  }

  /** What is due while the command still runs is left out, and told. */
  async #tellSkipped(watch: Clock): Promise<void> {
    const beganMs = monotonicMs();
    while (watch.next() && (await watch.due())) {
      this.#tell({ skipped: this.#status.skipped + 1 });
      const since = formatDuration(monotonicMs() - beganMs);
      const who = this.#child ? `process ${this.#child.pid}` : 'the last one';
      say(
        `every: a run is skipped: ${who} still runs, for ${since} (${this.#status.skipped} skipped so far)`,
      );
    }
  }

  /** Never rejects: a command that cannot be started may be there the next time. */
  async #runCommand(): Promise<LastRun> {
    const startedAt = dateNow().toISOString();
    const beganMs = monotonicMs();
    let result: Result | undefined;
    let problem: string | null = null;
    try {
      const [file = '', ...args] = this.#command;
      this.#child = start(file, args, {
        stdout: this.#settings.isQuiet ? 'ignore' : 'inherit',
        stderr: 'inherit',
        check: false,
        terminate: { grace: this.#settings.graceMs },
      }) as Child;
      result = (await this.#child.result) as Result;
    } catch (error) {
      problem = errorText(error);
    }
    this.#child = undefined;
    return {
      startedAt,
      endedAt: dateNow().toISOString(),
      durationMs: Math.round(monotonicMs() - beganMs),
      exitCode: result?.exitCode ?? null,
      signal: result?.signal ?? null,
      error: problem,
    };
  }

  /** The first ends all in order: TERM, grace, KILL. The second at once. */
  #signalled(signal: NodeJS.Signals): void {
    if (!ENDING.includes(signal)) return;
    if (this.#signal !== undefined) {
      this.#child?.kill('SIGKILL');
      return;
    }
    this.#signal = signal;
    this.#clock.end();
    if (this.#child) void this.#child.terminate().catch(() => {});
  }

  #tell(changes: Partial<Status>): void {
    Object.assign(this.#status, changes);
    this.#file.write(this.#status);
  }

  get #shown(): string {
    return this.#command.map(shellWord).join(' ');
  }
}

function whatHappened({ error, exitCode, signal, durationMs }: LastRun): string {
  const after = `after ${formatDuration(durationMs)}`;
  if (error !== null) return `failed: ${error}`;
  return signal === null ? `exited with code ${exitCode} ${after}` : `was killed by ${signal} ${after}`;
}
