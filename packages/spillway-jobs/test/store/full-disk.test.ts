/** The embedded database on a disk that becomes full. */
import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { scratch } from '../helpers/scratch.js';

const program = fileURLToPath(new URL('../children/full-disk.js', import.meta.url));
const MOUNT = ['--mount', 'sh', '-c', 'mount -t tmpfs -o size=120m tmpfs "$1" && exec node "$2" "$1"', 'sh'];

const canMount =
  spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' }).status ===
  0;

describe(canMount ? 'A full disk' : 'A full disk (skipped: cannot mount a file system)', () => {
  it.skipIf(!canMount)('is told, loses nothing that was there, and is over when there is room', async () => {
    const { stdout } = await promisify(execFile)('unshare', [...MOUNT, scratch(), program]);
    const seen = JSON.parse(stdout);
    const refusal = {
      code: 'ERR_JOBS_DISK_FULL',
      message: expect.stringMatching(/is full.*make room there/),
    };
    expect(seen).toMatchObject({ first: 1, refusal, again: refusal });
    expect(seen.added).toBeGreaterThan(1);
    expect(seen.listed).toBe(seen.added);
    expect(seen.after).toBe(seen.added + 1);
  });
});
