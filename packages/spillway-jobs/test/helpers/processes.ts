/** Looks at processes, and waits for conditions. */
import { readFileSync } from 'node:fs';

/** Whether it exists and is no zombie. */
export function isAlive(pid: number): boolean {
  const state = /^State:\s+(\S)/m.exec(read(`/proc/${pid}/status`))?.[1];
  return state !== undefined && state !== 'Z' && state !== 'X';
}

export function environmentOf(pid: number): string {
  return read(`/proc/${pid}/environ`);
}

/** Resolves when it holds; rejects after 30 s. */
export async function until(condition: () => unknown, what = 'the condition', ms = 30_000): Promise<void> {
  const end = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`${what} did not come within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
