import { totalOf } from './totals.js';

/**
 * Versions 9 and 10 do this work by the same calls.
 *
 * @param {typeof import('execa').execa} execa
 * @returns {import('./index.js').Runner}
 */
export const runnerOf = (execa) => ({
  capture: (file, args) => execa(file, args, { stdin: 'ignore' }),

  async count(file, args) {
    let bytes = 0;
    const child = execa(file, args, { stdin: 'ignore', stderr: 'inherit', buffer: false });
    child.stdout.on('data', (chunk) => {
      bytes += chunk.length;
    });
    await child;
    return bytes;
  },

  read: (file, args) => totalOf(execa(file, args, { stdin: 'ignore', stderr: 'inherit', buffer: false })),
});
