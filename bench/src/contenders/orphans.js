import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { contend } from './support.js';

/** @typedef {{ children: number, graceMs: number }} Options */

/**
 * A parent is killed with SIGKILL: how many of its children are left one second after the grace period, and
 * when was the last one gone?
 */
await contend(async (_contender, /** @type {Options} */ { children, graceMs }) => {
  const parent = fileURLToPath(new URL('orphans-parent.js', import.meta.url));
  const child = spawn(process.execPath, [parent, JSON.stringify({ children, graceMs })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const chunk of child.stdout) {
    text += chunk;
    if (text.endsWith('\n')) break;
  }
  /** @type {number[]} */
  const pids = JSON.parse(text);
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  const killed = performance.now();
  const deadline = killed + graceMs + 1000;
  let alive = pids.filter(isAlive);
  let goneMs = Number.NaN;
  while (performance.now() < deadline) {
    if (alive.length === 0) {
      goneMs = performance.now() - killed;
      break;
    }
    await sleep(10);
    alive = alive.filter(isAlive);
  }
  const left = alive.length;
  for (const pid of alive) process.kill(pid, 'SIGKILL');
  return { started: pids.length, left, goneMs };
});

/** @param {number} pid */
function isAlive(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !'ZX'.includes(stat[stat.lastIndexOf(')') + 2] ?? '');
  } catch {
    return false;
  }
}
