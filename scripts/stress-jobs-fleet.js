/** Workers as processes: killed, stopped, and started again. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../packages/spillway-jobs/test/children/worker.js', import.meta.url));
const NAMESPACE = ['--pid', '--fork', '--mount-proc', '--kill-child'];

export class Member {
  #command;
  #isElsewhere;
  #child;
  #isEnding = false;
  #over;
  /** Of the process that runs jobs, as it sees itself. */
  #pid;
  /** What workers have told, by type. */
  told = new Map();

  /**
   * @param {object} options of `runWorker`, and `supervised`
   * @param {boolean} isElsewhere in a pid namespace of its own, as on another host
   */
  constructor(options, isElsewhere = false) {
    const worker = [process.execPath, PROGRAM, JSON.stringify(options)];
    this.#isElsewhere = isElsewhere;
    // The shell reaps what is orphaned.
    this.#command = isElsewhere
      ? ['unshare', ...NAMESPACE, 'sh', '-c', '"$@"; exit $?', 'sh', ...worker]
      : worker;
    this.#over = this.#live();
  }

  async #live() {
    while (!this.#isEnding) {
      const [file, ...args] = this.#command;
      const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      this.#child = child;
      createInterface({ input: child.stdout }).on('line', (line) => this.#hear(line));
      await once(child, 'exit');
      // Its database may be away.
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  #hear(line) {
    const event = JSON.parse(line);
    if (event.type === 'started') this.#pid = event.pid;
    this.told.set(event.type, (this.told.get(event.type) ?? 0) + 1);
  }

  /** The process that runs jobs; undefined when none does. */
  get pid() {
    if (!this.#isElsewhere) return this.#pid;
    const [shell] = childrenOf(this.#child.pid);
    return shell && childrenOf(shell)[0];
  }

  /** False when it does not run just now. */
  signal(signal) {
    const { pid } = this;
    try {
      return pid !== undefined && process.kill(pid, signal);
    } catch {
      return false;
    }
  }

  /** As a host that fails: with all that it runs. */
  killHost() {
    if (this.#isElsewhere) this.#child.kill('SIGKILL');
    else this.signal('SIGKILL');
  }

  async end() {
    this.#isEnding = true;
    for (let isOver = false; !isOver; ) {
      this.signal('SIGCONT');
      if (this.#isElsewhere) this.signal('SIGTERM');
      else this.#child.kill('SIGTERM');
      isOver = await Promise.race([
        this.#over.then(() => true),
        new Promise((resolve) => setTimeout(resolve, 1000, false)),
      ]);
    }
  }
}

function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
