/**
 * Programs that tests start: small children from test/children, and Node processes that use the built
 * library.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scratchDirectory } from './leaks.js';

/** The path of a program in test/children. */
export function childProgram(name: string): string {
  return fileURLToPath(new URL(`../children/${name}`, import.meta.url));
}

const NAMES = '$, Lease, mapLimit, pipeline, retry, run, runSync, start, startPipeline, which';
const library = new URL('../../dist/index.js', import.meta.url).href;

export interface Finished {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface NodeOptions {
  /** Words put before `node script.mjs`, as in `['sh', '-c', 'exec "$@" <&-', 'sh']`. */
  readonly via?: readonly string[];
  readonly args?: readonly string[];
  /** After this it is killed, and `signal` says so: for scripts that must not hang. */
  readonly timeoutMs?: number;
}

/**
 * Runs a script in a Node process of its own, with the functions of the built library. For what cannot be
 * tried in the test runner's own process: closed descriptors, lowered limits, the program's own exit.
 */
export function runNode(script: string, options: NodeOptions = {}): Promise<Finished> {
  const { via = [], args = [], timeoutMs = 30_000 } = options;
  const path = unusedPath();
  writeFileSync(path, `import { ${NAMES} } from ${JSON.stringify(library)};\n${script}\n`);
  const [file = process.execPath, ...words] = [...via, process.execPath, path, ...args];
  return new Promise((resolve) => {
    execFile(file, words, { timeout: timeoutMs, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      const { code = 0, signal = null } = (error ?? {}) as { code?: number | null; signal?: string | null };
      resolve({ code, signal, stdout, stderr });
    });
  });
}

/** For the script: a test may run several at a time. */
function unusedPath(): string {
  let path = join(scratchDirectory(), 'script.mjs');
  for (let count = 2; existsSync(path); count++) path = join(scratchDirectory(), `script-${count}.mjs`);
  return path;
}

/** Holds the event loop for so long, as a program that computes does. */
export function blockEventLoop(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Why tests that need root are not run, or undefined for root. */
export const notRoot = process.getuid?.() === 0 ? undefined : 'needs root';

/** Whether another user may execute this Node: it may lie in root's own directory. */
export function othersMayRunNode(): boolean {
  for (let path = process.execPath; path !== '/'; path = dirname(path)) {
    if ((statSync(path).mode & 0o001) === 0) return false;
  }
  return true;
}

/** Holds the event loop until the child has exited, and for longer than its time limit. */
export function blockBeyondEnd(pid: number, timeoutMs: number): void {
  blockEventLoop(timeoutMs + 300);
  const isZombie = () => /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  while (existsSync(`/proc/${pid}/status`) && !isZombie()) blockEventLoop(10);
}
