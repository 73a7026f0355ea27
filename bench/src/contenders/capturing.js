import { unknownContender } from './support.js';

/**
 * Runs a command to its end with stdout and stderr captured through pipes, and nothing on stdin.
 *
 * @typedef {(file: string, args: string[]) => PromiseLike<{ stdout: string }>} Capture
 */

/**
 * How each contender captures a command, in its own plainest way.
 *
 * @param {string} contender
 * @returns {Promise<Capture>}
 */
export async function capturing(contender) {
  switch (contender) {
    case 'spillway': {
      const { run } = await import('spillway');
      return (file, args) => run(file, args);
    }
    case 'child_process':
      return capturingByHand();
    case 'execa': {
      const { execa } = await import('execa');
      return (file, args) => execa(file, args, { stdin: 'ignore' });
    }
    case 'tinyexec': {
      const { x } = await import('tinyexec');
      /** @type {import('node:child_process').SpawnOptions} */
      const nodeOptions = { stdio: ['ignore', 'pipe', 'pipe'] };
      // tinyexec begins to read when its promise is awaited.
      return (file, args) => x(file, args, { nodeOptions }).then((output) => output);
    }
    default:
      return unknownContender(contender);
  }
}

/**
 * A capture as a program writes it by hand with node:child_process.
 *
 * @returns {Promise<Capture>}
 */
async function capturingByHand() {
  const { spawn } = await import('node:child_process');
  return (file, args) =>
    new Promise((resolve, reject) => {
      const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      /** @type {Buffer[]} */
      const stdout = [];
      /** @type {Buffer[]} */
      const stderr = [];
      child.stdout.on('data', (chunk) => stdout.push(chunk));
      child.stderr.on('data', (chunk) => stderr.push(chunk));
      child.on('error', reject);
      child.on('close', (exitCode) => {
        const result = {
          exitCode,
          stdout: Buffer.concat(stdout).toString(),
          stderr: Buffer.concat(stderr).toString(),
        };
        if (exitCode === 0) resolve(result);
        else reject(new Error(`${file} ended with ${exitCode}`));
      });
    });
}
