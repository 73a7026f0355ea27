/** The command line under test, as a process. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const MAIN = fileURLToPath(new URL('../../dist/cjs/cli/main.cjs', import.meta.url));

/** What npm links: a shell script that becomes Node. */
export const PROGRAM = fileURLToPath(new URL('../../bin/spillway.cjs', import.meta.url));

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts `spillway` with these arguments. */
export function startSpillway(args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], options);
}

/** Runs it to its end; stdin is empty unless given. */
export async function spillway(args: readonly string[], options: SpawnOptions & { input?: string } = {}) {
  const child = startSpillway(args, options);
  child.stdin?.end(options.input ?? '');
  return endOf(child);
}

/** The end of a started one. */
export function endOf(child: ChildProcess): Promise<Ended> {
  const chunks: { stdout: Buffer[]; stderr: Buffer[] } = { stdout: [], stderr: [] };
  child.stdout?.on('data', (chunk) => chunks.stdout.push(chunk));
  child.stderr?.on('data', (chunk) => chunks.stderr.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => {
      const text = (name: 'stdout' | 'stderr') => Buffer.concat(chunks[name]).toString();
      resolve({ status, signal, stdout: text('stdout'), stderr: text('stderr') });
    });
  });
}
