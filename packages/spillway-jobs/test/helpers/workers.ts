/** Workers for tests: in this process, and as processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { runWorker, type WorkerEvent, type WorkerOptions } from '../../src/worker/index.js';
import { environmentOf, until } from './processes.js';

/** Processes of jobs have it, as their jobs ask for it: they can be told from those of other tests. */
export const RUN = 'SPILLWAY_TEST_RUN';
process.env[RUN] = `run-${process.pid}-${Date.now()}`;

const PROGRAM = fileURLToPath(new URL('../children/worker.js', import.meta.url));
const BUILT = fileURLToPath(new URL('../../dist/worker/index.js', import.meta.url));

/** For the name of a suite that is skipped. */
export const workerObstacle = existsSync(BUILT) ? undefined : 'spillway-jobs is not built';

type Settings = Partial<Omit<WorkerOptions, 'log' | 'signal'>>;

export interface InProcess extends AsyncDisposable {
  readonly events: WorkerEvent[];
  readonly name: string;
  end(): Promise<void>;
}

/** Resolves when it takes jobs. */
export async function openWorker(url: string, settings: Settings = {}): Promise<InProcess> {
  const events: WorkerEvent[] = [];
  const aborter = new AbortController();
  const options = { url, groups: { default: 4 }, leaseMs: 15_000, ...settings };
  const over = runWorker({ ...options, log: (event) => events.push(event), signal: aborter.signal });
  const end = async () => {
    aborter.abort();
    await over;
  };
  await Promise.race([until(() => events.length > 0, 'the worker'), over]);
  const [first] = events;
  const name = first?.type === 'started' ? first.worker : '';
  return { events, name, end, [Symbol.asyncDispose]: end };
}

/** What a worker process tells, with its own pid. */
export type Told = (WorkerEvent | { readonly type: 'supervisor'; readonly text: string }) & {
  readonly pid: number;
};

export class WorkerProcess implements AsyncDisposable {
  readonly told: Told[] = [];
  readonly #child: ChildProcess;

  private constructor(url: string, settings: Settings & { readonly supervised?: boolean }) {
    const options = { url, groups: { default: 4 }, leaseMs: 5000, ...settings };
    this.#child = spawn(process.execPath, [PROGRAM, JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on('line', (line) =>
      this.told.push(JSON.parse(line)),
    );
  }

  /** Resolves when it takes jobs. */
  static async start(
    url: string,
    settings: Settings & { readonly supervised?: boolean } = {},
  ): Promise<WorkerProcess> {
    const worker = new WorkerProcess(url, settings);
    await until(() => worker.pid !== undefined, 'the worker process');
    return worker;
  }

  /** Of the process that runs jobs, the last one of a supervisor's. */
  get pid(): number | undefined {
    return this.told.filter(({ type }) => type === 'started').at(-1)?.pid;
  }

  /** To the worker; `'supervisor'` for the process above it. */
  kill(signal: NodeJS.Signals, which: 'worker' | 'supervisor' = 'worker'): void {
    process.kill(which === 'worker' ? (this.pid as number) : (this.#child.pid as number), signal);
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  async ended(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGCONT');
    this.#child.kill('SIGTERM');
    await this.ended();
  }
}

/** Processes of jobs of this test run. */
export function jobProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => {
      const environment = environmentOf(pid);
      return environment.includes(`${RUN}=${process.env[RUN]}`) && environment.includes('SPILLWAY_ATTEMPT=');
    });
}

/** To be called at the end of each test. */
export async function noneLeft(): Promise<void> {
  await until(() => jobProcesses().length === 0, 'the end of all processes of jobs');
}
