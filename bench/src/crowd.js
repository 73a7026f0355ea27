import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Skipped } from './figure.js';

/**
 * Runs `measure` beside a number of idle processes. Throws Skipped where a limit forbids as many.
 *
 * @template T
 * @param {string} program bench/c/crowd.c
 * @param {number} count
 * @param {() => Promise<T>} measure
 */
export async function besideCrowd(program, count, measure) {
  const crowd = spawn(program, [String(count)], { stdio: ['pipe', 'pipe', 'pipe'] });
  const gone = once(crowd, 'close');
  let problem = '';
  crowd.stderr.on('data', (text) => {
    problem += text;
  });
  try {
    const isThere = await Promise.race([once(crowd.stdout, 'data'), gone.then(() => undefined)]);
    if (!isThere) throw new Skipped(`needs ${count} processes: ${problem.trim().replaceAll('\n', '; ')}`);
    return await measure();
  } finally {
    // The program ends all of them, each by its pid.
    crowd.stdin.end();
    await gone;
  }
}
