/** Programs of Node that make attempts, and that a test stops or kills. They use what was built. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Program {
  readonly process: ChildProcess;
  /** The next line that it writes. Rejects when it ends before. */
  line(): Promise<string>;
  /** Sends the signal, and for SIGKILL resolves when it is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** `attempt`, `Lease` and `say`, which writes a line, are there. */
export function startProgram(script: string, before = ''): Program {
  const imports = `
    ${before}
    const { attempt } = await import('spillway-jobs/attempt');
    const { Lease } = await import('spillway');
    const { writeSync } = await import('node:fs');
    const say = (text) => writeSync(1, text + '\\n');
  `;
  const cwd = new URL('.', import.meta.url);
  const child = spawn(process.execPath, ['--input-type=module', '-e', imports + script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd,
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    process: child,
    async line() {
      const { value, done } = await lines.next();
      if (done) throw new Error('the program has ended');
      return value;
    },
    async kill(signal) {
      const gone = once(child, 'exit');
      child.kill(signal);
      if (signal === 'SIGKILL') await gone;
    },
  };
}
