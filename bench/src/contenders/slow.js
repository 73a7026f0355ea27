import { setTimeout as sleep } from 'node:timers/promises';
import { contend, unknownContender } from './support.js';

/**
 * An endless child whose lines are read one by one.
 *
 * @typedef {object} Endless
 * @property {number} pid
 * @property {AsyncIterable<string>} lines
 * @property {() => void} [kill] where `break` leaves the child alive
 */

const settledMs = 2_000;
const sampleMs = 250;
const patienceMs = 2_000;

/**
 * Growth of memory in MB, after the first two seconds, while a consumer takes 1 ms for each line of `yes`;
 * and the milliseconds that the child lives after `break`.
 */
await contend(async (contender, /** @type {{ seconds: number }} */ { seconds }) => {
  const { pid, lines, kill } = await endless(contender);
  const start = performance.now();
  /** @type {number[]} */
  const resident = [];
  const sampling = setInterval(() => {
    if (performance.now() - start >= settledMs) resident.push(process.memoryUsage.rss());
  }, sampleMs);

  let broken = start;
  try {
    for await (const _line of lines) {
      await sleep(1);
      broken = performance.now();
      if (broken - start >= seconds * 1000) break;
    }
  } catch (error) {
    // execa rejects the loop, because SIGPIPE has ended `yes`.
    if (contender !== 'execa') throw error;
  }
  kill?.();
  const goneMs = await untilGone(pid, broken);
  clearInterval(sampling);
  const [first = Number.NaN] = resident;
  return { growthMB: (Math.max(...resident) - first) / 1e6, goneMs };
});

/**
 * Gone from the process table: a signal to a zombie still succeeds.
 *
 * @param {number} pid
 * @param {number} since
 */
async function untilGone(pid, since) {
  for (;;) {
    const elapsed = performance.now() - since;
    try {
      process.kill(pid, 0);
    } catch {
      return elapsed;
    }
    if (elapsed > patienceMs) {
      process.kill(pid, 'SIGKILL');
      throw new Error(`the child was alive ${patienceMs} ms after the loop had ended`);
    }
    await new Promise(setImmediate);
  }
}

/**
 * @param {string} contender
 * @returns {Promise<Endless>}
 */
async function endless(contender) {
  switch (contender) {
    case 'spillway': {
      const { start } = await import('spillway');
      const child = start('yes', [], { stdout: 'stream' });
      return { pid: child.pid, lines: child.stdout.lines() };
    }
    case 'child_process': {
      const { spawn } = await import('node:child_process');
      const { createInterface } = await import('node:readline');
      const child = spawn('yes', { stdio: ['ignore', 'pipe', 'inherit'] });
      return {
        pid: known(child.pid),
        lines: createInterface({ input: child.stdout }),
        kill: () => child.kill(),
      };
    }
    case 'execa': {
      const { execa } = await import('execa');
      const child = execa('yes', { stdin: 'ignore', stderr: 'inherit', buffer: false });
      return { pid: known(child.pid), lines: child };
    }
    case 'tinyexec': {
      const { x } = await import('tinyexec');
      const child = x('yes', [], { nodeOptions: { stdio: ['ignore', 'pipe', 'inherit'] } });
      return { pid: known(child.pid), lines: child, kill: () => child.kill() };
    }
    default:
      return unknownContender(contender);
  }
}

/** @param {number | undefined} pid */
function known(pid) {
  if (pid === undefined) throw new Error('yes did not start');
  return pid;
}
